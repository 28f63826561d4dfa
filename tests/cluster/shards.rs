//! A Redis Cluster: three masters, and a replica each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use redis_server::{RedisCluster, RedisServer};

use ws_core::RedisOptions;

use crate::stage::{Report, Setup, Stage, eventually, keeps_up, slot};

#[tokio::test(flavor = "multi_thread")]
async fn failovers_lose_at_most_what_was_not_replicated_yet() {
    // What the master has acknowledged and its replica did not have yet is lost: Redis replicates behind its answers.
    of_failovers(0, Setup::of_cluster).await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn failovers_lose_nothing_silently_where_a_replica_must_have_it() {
    let three_nodes = |cluster: &RedisCluster| {
        let options = RedisOptions::new(cluster.url()).with_min_replicas(1);
        let mut setup = Setup::with(&options);
        setup.options.push(setup.options[0].clone());
        setup
    };
    let report = of_failovers(1, three_nodes).await;
    report.is_honest();
}

/// What comes of a failover by order, one by force, and one by a crash.
async fn of_failovers(min_replicas: usize, setup: impl FnOnce(&RedisCluster) -> Setup) -> Report {
    let mut cluster = RedisCluster::start().unwrap();
    let stage = Stage::set(setup(&cluster)).await;
    // Whoever makes sure of its replica does not depend on how far that is behind.
    let keeps_up = async |replica: &RedisServer, master: &RedisServer| {
        if min_replicas == 0 {
            keeps_up(replica, master).await;
        }
    };

    // Graceful: nothing is lost.
    let owner = cluster.owner(slot()).unwrap();
    let replica = (owner + RedisCluster::MASTERS) % (2 * RedisCluster::MASTERS);
    fails_over(&cluster, replica, &["CLUSTER", "FAILOVER"]).await;
    stage.flows().await;

    // Forced, while the master lives.
    cluster.wait_until_served().unwrap();
    let (owner, replica) = (replica, owner);
    keeps_up(&cluster.servers[replica], &cluster.servers[owner]).await;
    fails_over(&cluster, replica, &["CLUSTER", "FAILOVER", "TAKEOVER"]).await;
    stage.flows().await;

    // A crash.
    cluster.wait_until_served().unwrap();
    keeps_up(&cluster.servers[owner], &cluster.servers[replica]).await;
    cluster.servers[replica].kill();
    eventually("another takes over", || {
        cluster.owner(slot()).is_ok_and(|now| now == owner)
    })
    .await;
    // The one that has taken over is given a replica of another shard.
    let id = cluster.servers[owner].ask(&["CLUSTER", "MYID"]).unwrap();
    eventually("a replica follows it", || {
        let mut servers = cluster.servers.iter();
        servers.any(|server| server.ask(&["CLUSTER", "REPLICATE", &id]).is_ok())
    })
    .await;
    stage.flows().await;
    stage.ends().await
}

/// Has a replica take over. What does not come about within five seconds is given up by Redis, and ordered again.
async fn fails_over(cluster: &RedisCluster, replica: usize, order: &[&str]) {
    let begun = Cell::new(None::<Instant>);
    eventually("the replica takes over", || {
        if begun
            .get()
            .is_none_or(|begun| begun.elapsed() > Duration::from_secs(6))
        {
            // A master refuses: the one before has come about.
            drop(cluster.servers[replica].ask(order));
            begun.set(Some(Instant::now()));
        }
        cluster.owner(slot()).is_ok_and(|now| now == replica)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_moves_loses_nothing() {
    let cluster = RedisCluster::start().unwrap();
    let stage = Stage::set(Setup::of_cluster(&cluster)).await;
    let from = cluster.owner(slot()).unwrap();
    let to = (from + 1) % RedisCluster::MASTERS;
    migrate(&cluster, from, to);
    stage.flows().await;
    migrate(&cluster, to, from);
    stage.flows().await;
    stage.ends().await.is_whole();
}

fn migrate(cluster: &RedisCluster, from: usize, to: usize) {
    let (source, target) = (&cluster.servers[from], &cluster.servers[to]);
    let slot = slot().to_string();
    let source_id = source.ask(&["CLUSTER", "MYID"]).unwrap();
    let target_id = target.ask(&["CLUSTER", "MYID"]).unwrap();
    target
        .ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id])
        .unwrap();
    source
        .ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id])
        .unwrap();
    let port = target.port().to_string();
    loop {
        let keys = source
            .ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"])
            .unwrap();
        let keys: Vec<&str> = keys.lines().filter(|key| !key.is_empty()).collect();
        if keys.is_empty() {
            break;
        }
        let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
        migrate.extend(&keys);
        // A key may have expired, or come anew.
        drop(source.ask(&migrate));
    }
    for server in [target, source] {
        server
            .ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id])
            .unwrap();
    }
    for server in &cluster.servers {
        if server.port() != source.port() && server.port() != target.port() {
            // Replicas refuse, and hear it from their masters.
            drop(server.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_shards_go_on_while_one_is_down() {
    let mut cluster = RedisCluster::start().unwrap();
    let stage = Stage::set(Setup::of_cluster(&cluster)).await;
    let owner = cluster.owner(slot()).unwrap();
    let down = (owner + 1) % RedisCluster::MASTERS;
    cluster.servers[down].kill();
    cluster.servers[down + RedisCluster::MASTERS].kill();
    stage.lasts(Duration::from_secs(4)).await;
    stage.flows().await;
    stage.ends().await.is_whole();
}
