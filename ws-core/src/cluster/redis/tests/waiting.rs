//! What waits for Redis, and what becomes of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use redis_server::RedisServer;
use tokio::time::timeout;

use super::{Given, RETENTION, event, follow, pair, publish};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::log;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Arrival, Backend, Frame, Retention, Sink};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_the_outbox_was_full_is_given_here_all_the_same() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox_bytes(10_000);
    let node = RedisBackend::connect(options).await.unwrap();
    let given = follow(&node, RETENTION).await;
    server.kill();
    let texts = ["one", "two"].map(|text| format!("{text} {}", "x".repeat(20_000)));
    for text in &texts {
        let published = publish(&node, RETENTION, event(text));
        timeout(Duration::from_secs(10), published).await.unwrap();
    }
    assert!(!node.has_room());
    assert_eq!(given.are(2).await, texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_the_outbox_while_redis_is_away_is_told() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox_bytes(10_000);
    let node = RedisBackend::connect(options).await.unwrap();
    let given = follow(&node, RETENTION).await;
    server.kill();
    let text = "x".repeat(1000);
    let mut sent = 0;
    while node.has_room() {
        publish(&node, RETENTION, event(&text)).await;
        sent += 1;
    }
    assert!((9..20).contains(&sent), "{sent}");
    given.are(sent).await;
    server.restart().unwrap();
    timeout(Duration::from_secs(10), node.node().outbox.drained())
        .await
        .unwrap();
    assert!(node.has_room());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_others_is_not_looked_for_in_the_log_before_it_is_appended() {
    let mut server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    let _own = follow(&here, RETENTION).await;
    server.kill();
    let texts: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    for text in &texts {
        publish(&here, RETENTION, event(text)).await;
    }
    server.restart().unwrap();
    let drained = here.node().outbox.drained();
    timeout(Duration::from_secs(10), drained).await.unwrap();
    // The log begins anew, which the other node is told.
    let mut expected = vec!["gap".to_owned()];
    expected.extend(texts);
    // Whoever comes first begins the log: who waits, or who looks, with a message that says nothing.
    let come = given.are(expected.len()).await;
    let blanks = come.iter().filter(|text| *text == "blank").count();
    let mut given = given.are(expected.len() + blanks).await;
    given.retain(|text| text != "blank");
    assert_eq!(given, expected);
    let statistics = server.ask(&["INFO", "commandstats"]).unwrap();
    let looked = statistics
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_xrevrange:calls="))
        .and_then(|figures| figures.split(',').next()?.parse::<u64>().ok());
    // For the newest entry, and for the one that may have been there.
    assert!(looked.is_none_or(|looked| looked < 10), "{looked:?}");
}

/// Neither the length of a search nor that of the log may decide.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_nobody_answered_comes_once_however_much_others_have_sent_since() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let retention = Retention::new(10, Duration::from_secs(60));
    let post = |node, number| {
        let mark = log::random_mark();
        log::Post::new(mark, vec![0; 100], 1, retention).numbered(node, number)
    };
    let append = async |post: &log::Post, again| {
        let appended = log::append(&node.commands, &keys, "SPUBLISH", post, again);
        appended.await.unwrap().at
    };
    let (earlier, mine) = (post(1, 1), post(1, 2));
    append(&earlier, None).await;
    let at = append(&mine, None).await;
    for number in 1..=1_500 {
        append(&post(2, number), None).await;
    }
    let seq = server.ask(&["GET", &keys.seq]).unwrap();
    assert_eq!(append(&mine, Some(1)).await, at);
    // Nor does one that a connection has held up, behind the next one.
    append(&earlier, None).await;
    assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), seq);
    assert!(append(&post(1, 3), Some(1)).await.seq > at.seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_nothing_while_redis_is_away_sends_while_it_is_there() {
    let mut server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_outbox_bytes(0);
    let node = RedisBackend::connect(options).await.unwrap();
    assert!(node.has_room());
    server.kill();
    publish(&node, RETENTION, event("accepted")).await;
    assert!(!node.has_room());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_replicas_than_anybody_has_are_told_to_be_missing() {
    let server = RedisServer::start().unwrap();
    let options = RedisOptions::new(server.url()).with_min_replicas(usize::MAX);
    let node = RedisBackend::connect(options).await.unwrap();
    let why = node.node().status.why().unwrap();
    assert!(why.contains("0 of "), "{why}");
}

/// Each frame takes an answer of Redis: of more than there are answers, the last would never be handed on.
#[tokio::test(flavor = "multi_thread")]
async fn messages_gather_while_others_wait_for_redis() {
    let mut server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let _own = follow(&node, RETENTION).await;
    server.kill();
    publish(&node, RETENTION, event("waits")).await;
    let few = vec![event("few")];
    let publishing = node.publish("room", RETENTION, few);
    assert!(publishing.now_or_never().is_none());
    // Enough for a frame.
    let many = (0..200).map(|_| event("many")).collect();
    let publishing = node.publish("room", RETENTION, many);
    assert_eq!(publishing.now_or_never(), Some(Ok(())));
    assert_eq!(node.backlog().messages, 202);
}

/// Notes `taken`, too.
struct Notes {
    given: Arc<Given>,
}

impl Sink for Notes {
    fn take(&self, arrival: Arrival) {
        let what = match arrival {
            Arrival::Taken(mark, at) => {
                assert_eq!(mark, at.mark);
                Arrival::Frame(Frame::past_the_log(None, [event("taken")]))
            }
            other => other,
        };
        self.given.take(what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_were_given_something_early_are_told_where_the_log_has_it_before_it_is_brought()
{
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let given = Given::new();
    let sink: Arc<dyn Sink> = Arc::new(Notes {
        given: Arc::clone(&given),
    });
    let weak = Arc::downgrade(&sink);
    node.attach("room", RETENTION, weak).await.unwrap();
    // It is read, and so not before the watchdog has missed it twice.
    node.node().faults.lost.store(1, Ordering::Relaxed);
    server.ask(&["CLIENT", "PAUSE", "60000", "WRITE"]).unwrap();
    publish(&node, RETENTION, event("early")).await;
    assert_eq!(given.are(1).await, ["early"]);
    server.ask(&["CLIENT", "UNPAUSE"]).unwrap();
    assert_eq!(given.are(2).await, ["early", "taken"]);
    node.node().faults.lost.store(0, Ordering::Relaxed);
    assert_eq!(given.are(3).await, ["early", "taken", "early"]);
}
