//! Sentinels know which server is the master.

use redis_server::{RedisSentinel, RedisServer};
use ws_core::RedisOptions;

use crate::stage::{Report, Setup, Stage, eventually, keeps_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_dies_is_replaced_by_the_one_that_sentinels_choose() {
    of_a_crash(0).await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_dies_takes_nothing_along_where_its_replica_must_have_it() {
    of_a_crash(1).await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_cut_off_from_its_sentinels_is_left_although_it_still_answers() {
    let old = RedisServer::start().unwrap();
    let new = old.replica().unwrap();
    let sentinel = RedisSentinel::start(&old, 0).unwrap();
    let stage = Stage::set(Setup::with(&by(&sentinel))).await;
    new.ask(&["REPLICAOF", "NO", "ONE"]).unwrap();
    // From now on, what the old one takes is lost.
    stage.flows().await;
    sentinel.watch(&new).unwrap();
    eventually("nobody is subscribed at the old one", || {
        let listeners = old.ask(&["CLIENT", "LIST", "TYPE", "pubsub"]).unwrap();
        listeners.trim().is_empty()
    })
    .await;
    stage.flows().await;
    stage.ends().await.is_told();
}

/// The options of a node that asks this Sentinel.
fn by(sentinel: &RedisSentinel) -> RedisOptions {
    RedisOptions::new("redis://not-used:1")
        .with_sentinels(RedisSentinel::MASTER, [sentinel.address()])
}

/// What comes of a master that dies, and comes back as a replica.
async fn of_a_crash(min_replicas: usize) -> Report {
    let mut master = RedisServer::start().unwrap();
    let replica = master.replica().unwrap();
    let sentinel = RedisSentinel::start(&master, 0).unwrap();
    eventually("the Sentinel knows the replica", || {
        let info = master.ask(&["INFO", "clients"]).unwrap_or_default();
        !info.is_empty()
            && replica
                .ask(&["CLIENT", "LIST"])
                .is_ok_and(|list| list.contains("sentinel"))
    })
    .await;
    let options = by(&sentinel).with_min_replicas(min_replicas);
    let stage = Stage::set(Setup::with(&options)).await;
    if min_replicas == 0 {
        keeps_up(&replica, &master).await;
    }
    master.kill();
    eventually("the replica takes over", || {
        let info = replica.ask(&["INFO", "replication"]).unwrap_or_default();
        info.contains("role:master") && sentinel.names(&replica)
    })
    .await;
    stage.flows_locally().await;
    master.restart().unwrap();
    stage.flows().await;
    // As its Sentinel will do: until then, it may take messages, which are lost now.
    let port = replica.port().to_string();
    master.ask(&["REPLICAOF", "127.0.0.1", &port]).unwrap();
    for kind in ["normal", "pubsub"] {
        master.ask(&["CLIENT", "KILL", "TYPE", kind]).unwrap();
    }
    stage.flows().await;
    stage.ends().await
}
