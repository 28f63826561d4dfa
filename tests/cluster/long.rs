//! The faults that take long: `cargo test -p tests --test cluster-long`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise: a panic is their report"
)]
#![expect(
    dead_code,
    reason = "the faults that take seconds need more of the stage"
)]

use std::time::{Duration, Instant};

use redis_server::RedisServer;

use crate::stage::{Setup, Stage};
use crate::storm::storm;

mod process;
mod stage;
mod storm;

/// Redis is away for this long, with or without its data afterwards; what is sent on a node reaches that node meanwhile.
async fn away(time: Duration, arguments: &[&str]) -> stage::Report {
    let mut server = RedisServer::with(arguments).unwrap();
    let mut setup = Setup::of(&server);
    setup.pace = Duration::from_millis(20);
    let stage = Stage::set(setup).await;
    server.kill();
    let begun = Instant::now();
    while begun.elapsed() < time {
        stage.flows_locally().await;
        stage.lasts(Duration::from_secs(1)).await;
    }
    server.restart().unwrap();
    stage.flows().await;
    stage.ends().await
}

const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "everysec"];

#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_without_redis_loses_nothing_or_says_so() {
    away(Duration::from_secs(30), DURABLE).await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_without_redis_and_its_data_is_told() {
    away(Duration::from_secs(30), &[]).await.is_told();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes five minutes: run it by hand with --ignored"]
async fn five_minutes_without_redis_lose_nothing_or_say_so() {
    away(Duration::from_secs(300), DURABLE).await.is_honest();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_pauses_longer_than_any_lease_loses_nothing() {
    let server = RedisServer::start().unwrap();
    let stage = Stage::set(Setup::of(&server)).await;
    server.signal("STOP").unwrap();
    stage.lasts(Duration::from_secs(15)).await;
    server.signal("CONT").unwrap();
    stage.flows().await;
    stage.ends().await.is_whole();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_come_back_at_once_miss_nothing_and_cost_redis_two_readings_a_node() {
    storm(10_000).await;
}
