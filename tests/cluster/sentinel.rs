//! Sentinels know which server is the master.

use std::process::{Child, Command, Stdio};

use redis_server::RedisServer;
use ws_core::RedisOptions;

use crate::stage::{Report, Setup, Stage, eventually, keeps_up};

/// A Sentinel that watches a master, until it is dropped.
struct Sentinel {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sentinel {
    fn watching(master: &RedisServer) -> Self {
        let port = redis_server::free_port().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sentinel.conf");
        let configuration = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor room 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds room 1000\nsentinel failover-timeout room 3000\n",
            master.port()
        );
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new(redis_server::program())
            .arg(&file)
            .arg("--sentinel")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            port,
            _folder: folder,
        }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_dies_is_replaced_by_the_one_that_sentinels_choose() {
    let report = of_a_crash(0).await;
    assert!(report.silent < 50, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_dies_takes_nothing_along_where_its_replica_must_have_it() {
    of_a_crash(1).await.is_honest();
}

/// What comes of a master that dies, and comes back as a replica.
async fn of_a_crash(min_replicas: usize) -> Report {
    let mut master = RedisServer::start().unwrap();
    let replica = master.replica().unwrap();
    let sentinel = Sentinel::watching(&master);
    eventually("the Sentinel knows the replica", || {
        let info = master.ask(&["INFO", "clients"]).unwrap_or_default();
        !info.is_empty()
            && replica
                .ask(&["CLIENT", "LIST"])
                .is_ok_and(|list| list.contains("sentinel"))
    })
    .await;
    let options = RedisOptions::new("redis://not-used:1")
        .with_sentinels("room", [format!("127.0.0.1:{}", sentinel.port)])
        .with_min_replicas(min_replicas);
    let stage = Stage::set(Setup::with(&options)).await;
    if min_replicas == 0 {
        keeps_up(&replica, &master).await;
    }
    master.kill();
    eventually("the replica takes over", || {
        let info = replica.ask(&["INFO", "replication"]).unwrap_or_default();
        info.contains("role:master")
    })
    .await;
    stage.flows_locally().await;
    master.restart().unwrap();
    stage.flows().await;
    stage.ends().await
}
