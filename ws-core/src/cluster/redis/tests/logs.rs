//! What a log takes, how long it is kept, and what it may hold.

use std::time::Duration;

use redis_server::RedisServer;

use super::{RETENTION, event, follow, pair, publish, until};
use crate::cluster::Retention;
use crate::cluster::redis::log;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_could_not_take_is_not_taken_for_what_is_there() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let append = async |number, again| {
        let mark = log::random_mark();
        let post = log::Post::new(mark, vec![0; 100], 1, RETENTION).numbered(1, number);
        log::append(&node.commands, &keys, "SPUBLISH", &post, again).await
    };
    publish(&backend, RETENTION, event("of another number")).await;
    // Nothing was appended by this node before, and then something was.
    for number in [1, 2] {
        server.ask(&["RENAME", &keys.log, "aside"]).unwrap();
        server.ask(&["SET", &keys.log, "no log"]).unwrap();
        let before = server.ask(&["GET", &keys.seq]).unwrap();
        append(number, None).await.unwrap_err();
        assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), before);
        server.ask(&["DEL", &keys.log]).unwrap();
        server.ask(&["RENAME", "aside", &keys.log]).unwrap();
        let at = append(number, Some(1)).await.unwrap().at;
        let log = server.ask(&["XREVRANGE", &keys.log, "+", "-"]).unwrap();
        assert!(log.starts_with(&format!("{}-{}", at.seq, at.mark)), "{log}");
    }
    // Nor where it is the note that could not be taken.
    let noted = keys.appended(1);
    server.ask(&["DEL", &noted]).unwrap();
    server.ask(&["LPUSH", &noted, "no note"]).unwrap();
    let before = server.ask(&["GET", &keys.seq]).unwrap();
    append(3, None).await.unwrap_err();
    assert_eq!(server.ask(&["GET", &keys.seq]).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_small_messages_keeps_little_more_than_asked() {
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let retention = Retention::new(10, Duration::from_secs(60));
    for number in 1..=500 {
        let mark = log::random_mark();
        let post = log::Post::new(mark, vec![0; 10], 1, retention).numbered(1, number);
        log::append(&node.commands, &keys, "SPUBLISH", &post, None)
            .await
            .unwrap();
        let length = server.ask(&["XLEN", &keys.log]).unwrap();
        let length: u64 = length.parse().unwrap();
        // A block of the log has a hundred, and is taken away as a whole, once in 64 messages.
        assert!(length <= 10 + 100 + 64, "{length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_a_later_version_is_no_gap() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    publish(&here, RETENTION, event("one")).await;
    // Three messages of a version that nobody knows yet, written by the same script.
    let keys = here.node().keys.channel("room");
    let post = log::Post::new(7, vec![2, 0, 3, 0, 99, 99], 3, RETENTION);
    log::append(&here.node().commands, &keys, "SPUBLISH", &post, None)
        .await
        .unwrap();
    publish(&here, RETENTION, event("two")).await;
    assert_eq!(
        given.are(5).await,
        ["one", "blank", "blank", "blank", "two"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_may_be_kept_without_an_end() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let forever = Retention::new(usize::MAX, Duration::MAX);
    let given = follow(&there, forever).await;
    publish(&here, forever, event("kept")).await;
    assert_eq!(given.are(1).await, ["kept"]);
    let posted = here.node().outbox.has("room");
    assert!(!posted, "Redis has taken it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_kept_for_no_time_is_there_to_be_read() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    publish(&node, Retention::new(1, Duration::ZERO), event("kept")).await;
    let log = node.node().keys.channel("room").log;
    let left: i64 = server.ask(&["PTTL", &log]).unwrap().parse().unwrap();
    assert!(left > 1500, "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_does_not_expire_while_nothing_is_sent_and_somebody_follows_it() {
    let server = RedisServer::start().unwrap();
    let [node, _] = pair(&server).await;
    let retention = Retention::new(100, Duration::from_secs(1));
    let _sink = follow(&node, retention).await;
    let keys = node.node().keys.channel("room");
    for key in [&keys.log, &keys.seq] {
        // What comes about by itself when nothing is sent for a while.
        server.ask(&["PEXPIRE", key, "5000"]).unwrap();
        until("it lives on", async || {
            let left = server.ask(&["PTTL", key]).unwrap();
            left.parse::<i64>().unwrap() > 5000
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_log_is_bounded_in_messages_and_bytes_but_leads_on() {
    const MOST_BYTES: usize = 1024 * 1024;
    let server = RedisServer::start().unwrap();
    let [backend, _] = pair(&server).await;
    let node = backend.node();
    let keys = node.keys.channel("room");
    let short = [1; 400];
    let long = [200_000; 12];
    let longest = [2 * MOST_BYTES; 3];
    let lengths = [&short[..], &long, &longest, &short, &long].concat();
    let mut positions = Vec::new();
    for length in &lengths {
        let post = log::Post::new(log::random_mark(), vec![0; *length], 1, RETENTION);
        let appended = log::append(&node.commands, &keys, "SPUBLISH", &post, None).await;
        positions.push(appended.unwrap().at);
    }
    let log = log::Log {
        commands: &node.commands,
        keys: &keys,
        server: None,
    };
    let (mut at, mut counts) = (0, Vec::new());
    loop {
        let page = log::behind(log, positions[at]).await.unwrap().unwrap();
        let count = page.frames.len();
        let read: Vec<_> = page
            .frames
            .iter()
            .map(|frame| frame.last.unwrap())
            .collect();
        assert_eq!(read, positions[at..at + count]);
        let bytes: usize = lengths[at..at + count].iter().sum();
        assert!(bytes <= MOST_BYTES || count == 2, "{count}: {bytes}");
        counts.push(count);
        at += count - 1;
        if !page.more {
            break;
        }
    }
    assert_eq!(at, positions.len() - 1, "{counts:?}");
    // Each begins where the one before ends.
    assert_eq!(counts, [256, 150, 5, 4, 2, 2, 2, 2, 256, 150, 5, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_at_a_log_that_went_back_does_not_stand_where_the_first_attempt_may_be_at_the_other_master()
 {
    let server = RedisServer::start().unwrap();
    let [here, _] = pair(&server).await;
    let node = here.node();
    let keys = node.keys.channel("room");
    let append = async |mark, number, again| {
        let post = log::Post::new(mark, vec![0; 10], 1, RETENTION).numbered(1, number);
        let appended = log::append(&node.commands, &keys, "SPUBLISH", &post, again).await;
        appended.unwrap().at.seq
    };
    let last = append(1, 1, None).await;
    // The other one had so many more when it was asked, so that the attempt is somewhere above them.
    let since = last + 100;
    let retry = append(2, 2, Some(since)).await;
    assert!(
        retry <= since,
        "{retry} may be its place there, {since} is not"
    );
}
