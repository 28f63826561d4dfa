//! Faults that no server has: a subscription that is deaf although its connection is healthy, and pushes that are lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use redis_server::RedisServer;
use tokio::time::timeout;

use super::{Given, RETENTION, event, follow, pair, publish};
use crate::cluster::{Backend, ClusterStatus, Retention, Sink};

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_deaf_is_noticed_within_a_second_and_a_half() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    publish(&here, RETENTION, event("before")).await;
    given.are(1).await;
    there.node().faults.lost.store(1, Ordering::Relaxed);
    let begun = Instant::now();
    publish(&here, RETENTION, event("unheard")).await;
    assert_eq!(given.are(2).await, ["before", "unheard"]);
    let took = begun.elapsed();
    assert!(took <= Duration::from_millis(1500), "after {took:?}");
    // With an idle channel, too: the connection itself has to prove that it hears.
    let mut status = there.status();
    let degraded = status.wait_for(|status| *status != crate::ClusterStatus::Up);
    timeout(Duration::from_millis(1500), degraded)
        .await
        .unwrap()
        .unwrap();
    there.node().faults.lost.store(0, Ordering::Relaxed);
    publish(&here, RETENTION, event("heard again")).await;
    assert_eq!(given.are(3).await, ["before", "unheard", "heard again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_that_are_lost_one_by_one_are_read_from_the_log() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    there.node().faults.lost.store(50, Ordering::Relaxed);
    // Some of them are so long that they come in two pushes.
    let text = |number: usize| {
        let rest = "x".repeat(if number.is_multiple_of(3) { 3000 } else { 0 });
        format!("{number} {rest}")
    };
    for number in 0..2000 {
        publish(&here, RETENTION, event(text(number))).await;
    }
    let expected: Vec<String> = (0..2000).map(text).collect();
    assert_eq!(given.are(2000).await, expected);
    assert!(there.node().faults.losses.load(Ordering::Relaxed) >= 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_could_not_be_opened_is_no_trouble_once_it_is_left() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let log = node.node().keys.channel("room").log;
    server.ask(&["SET", &log, "no log"]).unwrap();
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    let attached = node.attach("room", RETENTION, sink).await;
    assert!(attached.is_err());
    let mut status = node.status();
    let is_up = status.wait_for(|status| *status == ClusterStatus::Up);
    let is_up = timeout(Duration::from_secs(10), is_up).await;
    assert!(is_up.is_ok(), "{:?}", node.node().status.why());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_attaches_again_after_giving_up_is_given_everything_once() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::<Given>::clone(&given);
    let sink = Arc::downgrade(&sink);
    let attached = node.attach("room", Retention::none(), sink.clone());
    assert!(attached.now_or_never().is_none(), "it waits for Redis");
    node.attach("room", Retention::none(), sink).await.unwrap();
    publish(&node, Retention::none(), event("one")).await;
    publish(&node, Retention::none(), event("two")).await;
    assert_eq!(given.are(2).await, ["one", "two"]);
}
