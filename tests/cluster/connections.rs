//! Connections are lost, and Redis with them.

use std::time::Duration;

use redis_server::RedisServer;

use ws_core::RedisOptions;

use crate::proxy::{Answers, Proxy};
use crate::stage::{Setup, Stage};
use crate::storm::storm;

/// A server that keeps what it is told on disk.
fn durable() -> RedisServer {
    RedisServer::with(&["--appendonly", "yes", "--appendfsync", "everysec"]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_once_and_in_order_to_clients_that_stay_and_clients_that_move() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    stage.flows().await;
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_lose_nothing() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    for _ in 0..3 {
        server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
        server
            .ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
            .unwrap();
        stage.flows().await;
    }
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_pauses_loses_nothing() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.signal("STOP").unwrap();
    stage.lasts(Duration::from_secs(4)).await;
    server.signal("CONT").unwrap();
    stage.flows().await;
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_restarts_with_its_data_loses_nothing_or_says_so() {
    let mut server = durable();
    let stage = Stage::set(Setup::of(&server)).await;
    server.kill();
    stage.lasts(Duration::from_secs(1)).await;
    server.restart().unwrap();
    stage.flows().await;
    stage.ends().await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_restarts_without_its_data_says_so() {
    let mut server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.kill();
    stage.lasts(Duration::from_secs(1)).await;
    server.restart().unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_never_come_lead_to_nothing_twice() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::start(&server).await;
    let stage = Stage::set(Setup::with(&RedisOptions::new(proxy.url()))).await;
    for _ in 0..2 {
        proxy.answers(Answers::Vanish);
        stage.lasts(Duration::from_secs(2)).await;
        proxy.answers(Answers::Pass);
        stage.flows().await;
    }
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_on_a_node_reaches_its_members_while_redis_is_away() {
    let mut server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.kill();
    stage.flows_locally().await;
    server.restart().unwrap();
    stage.flows().await;
    stage.ends().await.is_told();
}

/// Ten thousand do in the long suite.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_who_come_back_at_once_miss_nothing_and_cost_redis_two_readings_a_node() {
    storm(2_000).await;
}
