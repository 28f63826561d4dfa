//! Redis loses data, or goes back to what it was.

use std::time::Duration;

use redis_server::RedisServer;

use crate::stage::{Setup, Stage, keys};

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_is_told() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.ask(&["FLUSHALL"]).unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_log_is_told_or_has_cost_nothing() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.ask(&["DEL", &keys("s:")]).unwrap();
    stage.flows().await;
    stage.ends().await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_number_begins_a_new_log() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.ask(&["DEL", &keys("q:")]).unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trimmed_log_costs_those_nothing_who_keep_up() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    for _ in 0..3 {
        server.ask(&["XTRIM", &keys("s:"), "MAXLEN", "1"]).unwrap();
        stage.flows().await;
    }
    stage.ends().await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_scripts_are_sent_again() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    for _ in 0..3 {
        server.ask(&["SCRIPT", "FLUSH"]).unwrap();
        stage.flows().await;
    }
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_that_redis_cuts_off_reads_the_log() {
    let server =
        RedisServer::with(&["--client-output-buffer-limit", "pubsub 64kb 32kb 1"]).unwrap();
    let mut setup = Setup::of(&server);
    setup.padding = 40_000;
    setup.pace = Duration::from_millis(25);
    let stage = Stage::set(setup).await;
    // A pause of both nodes' subscriptions fills the buffers of Redis.
    for _ in 0..3 {
        server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
        stage.flows().await;
    }
    stage.ends().await.is_whole();
}

/// Replication is cut, the old master acknowledges more, dies, and its replica grows past the same place.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lagged_and_became_master_is_told() {
    let mut master = RedisServer::start().unwrap();
    let port = master.port().to_string();
    let replica = RedisServer::with(&["--repl-diskless-sync-delay", "0"]).unwrap();
    let stage = Stage::set(Setup::of(&master)).await;
    replica.ask(&["REPLICAOF", "127.0.0.1", &port]).unwrap();
    crate::stage::eventually("the replica follows", || {
        let info = replica.ask(&["INFO", "replication"]).unwrap_or_default();
        info.contains("master_link_status:up")
    })
    .await;
    stage.flows().await;
    replica.ask(&["REPLICAOF", "NO", "ONE"]).unwrap();
    stage.flows().await;
    // The nodes know one address: the replica takes the place of its master.
    let snapshot = replica.folder().join("dump.rdb");
    replica.ask(&["SAVE"]).unwrap();
    let place = master.folder().join("dump.rdb");
    master.kill();
    std::fs::copy(snapshot, place).unwrap();
    master.restart().unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}
