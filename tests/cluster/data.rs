//! Redis loses data, or goes back to what it was.

use redis_server::RedisServer;
use ws_core::RedisOptions;

use crate::proxy::{Answers, Proxy};
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
    let server = RedisServer::with(&["--client-output-buffer-limit", "pubsub 8mb 8mb 60"]).unwrap();
    let proxy = Proxy::start(&server).await;
    let mut setup = Setup::of(&server);
    setup.options[0] = RedisOptions::new(proxy.url());
    let stage = Stage::set(setup).await;
    proxy.answers(Answers::Wait);
    // Fills what is on the way, and then what Redis keeps for it. It is no message to anybody.
    // Larger ones would be shared by all who are given them, and not be counted, by Valkey 9.
    let nonsense = "x".repeat(8 * 1024);
    crate::stage::eventually("Redis cuts it off", || {
        for _ in 0..64 {
            server.ask(&["SPUBLISH", &keys("c:"), &nonsense]).unwrap();
        }
        let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
        log.contains("overcoming of output buffer limits")
    })
    .await;
    proxy.answers(Answers::Pass);
    stage.flows().await;
    stage.ends().await.is_whole();
}

/// Replication is cut, the old master acknowledges more and dies, and its replica, now master, grows past the same place.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lagged_and_became_master_is_told() {
    let mut master = RedisServer::start().unwrap();
    let proxy = Proxy::start(&master).await;
    let stage = Stage::set(Setup::with(&RedisOptions::new(proxy.url()))).await;
    let replica = master.replica().unwrap();
    stage.flows().await;
    replica.ask(&["REPLICAOF", "NO", "ONE"]).unwrap();
    stage.flows().await;
    proxy.lead_to(&replica);
    master.kill();
    stage.flows().await;
    stage.ends().await.is_told();
}
