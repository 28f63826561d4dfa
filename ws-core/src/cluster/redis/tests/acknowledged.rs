//! What Redis has acknowledged, and does not have any more: whoever was not given it is told.

use redis_server::RedisServer;

use super::failover::given_from;
use super::{RETENTION, event, follow, open, pair, publish, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::options::RedisOptions;
use crate::cluster::{Backend, Message};
use crate::protocol::Position;

/// A log to which a node has appended `both`, and then `lost`, which Redis does not have any more, and nobody was given.
struct Case {
    server: RedisServer,
    here: RedisBackend,
    there: RedisBackend,
    /// The position of `both`.
    both: Position,
}

impl Case {
    async fn begin() -> Self {
        let server = RedisServer::start().unwrap();
        let [here, there] = pair(&server).await;
        let keys = here.node().keys.channel("room");
        let appended = keys.appended(here.node().name().id);
        publish(&here, RETENTION, event("before")).await;
        publish(&here, RETENTION, event("both")).await;
        let both = server.ask(&["GET", &appended]).unwrap();
        publish(&here, RETENTION, event("lost")).await;
        let lost = server.ask(&["GET", &appended]).unwrap();
        let id = |appended: &str| appended.trim().split(' ').nth(1).unwrap().to_owned();
        server.ask(&["XDEL", &keys.log, &id(&lost)]).unwrap();
        server.ask(&["XSETID", &keys.log, &id(&both)]).unwrap();
        let (seq, mark) = id(&both).split_once('-').map(numbers).unwrap();
        server.ask(&["SET", &keys.seq, &seq.to_string()]).unwrap();
        server.ask(&["SET", &appended, both.trim()]).unwrap();
        let both = Position { seq, mark };
        Self {
            server,
            here,
            there,
            both,
        }
    }
}

fn numbers((seq, mark): (&str, &str)) -> (u64, u64) {
    (seq.parse().unwrap(), mark.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_given_what_redis_has_lost_is_told_before_what_the_same_node_sends_next() {
    let case = Case::begin().await;
    let given = follow(&case.there, RETENTION).await;
    publish(&case.here, RETENTION, event("new")).await;
    assert_eq!(given.are(2).await, ["gap", "new"]);
    publish(&case.here, RETENTION, event("next")).await;
    assert_eq!(
        given.are(3).await,
        ["gap", "new", "next"],
        "it is told once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_has_lost_is_told_at_a_new_connection_where_nothing_more_is_sent() {
    let case = Case::begin().await;
    let given = follow(&case.there, RETENTION).await;
    case.server
        .ask(&["CLIENT", "KILL", "TYPE", "normal"])
        .unwrap();
    assert_eq!(given.are(1).await, ["gap"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_what_redis_has_lost_at_its_place_by_whatever_node() {
    let case = Case::begin().await;
    publish(&case.here, RETENTION, event("new")).await;
    // A node that does not follow the channel, one that has been told, and one that follows it since.
    let expected = ["gap", "new"];
    assert_eq!(given_from(&case.there, case.both).await, expected);
    let given = follow(&case.there, RETENTION).await;
    publish(&case.here, RETENTION, event("next")).await;
    given.are(1).await;
    let before = Position {
        seq: case.both.seq - 1,
        mark: case.both.mark,
    };
    let expected = ["gap", "new", "next"];
    assert_eq!(given_from(&case.there, case.both).await, expected);
    assert_eq!(
        given_from(&case.there, before).await,
        ["gap up to the head"],
        "nobody was given that"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_that_stand_side_by_side_in_the_log_are_told_one_by_one() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&here, RETENTION).await;
    publish(&here, RETENTION, event("before")).await;
    given.are(1).await;
    let before = here.node().feeds.get("room").unwrap().at().unwrap();
    for _ in 0..3 {
        publish(&here, RETENTION, Message::Gap).await;
    }
    publish(&here, RETENTION, event("after")).await;
    let after = given.are(3).await;
    assert_eq!(
        after,
        ["before", "gap", "after"],
        "they are one to who is there"
    );
    for node in [&here, &there] {
        let given = given_from(node, before).await;
        assert_eq!(given.first().unwrap(), "gap");
        assert_eq!(given.last().unwrap(), "after");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_is_told_once_although_the_log_says_it_too() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = [
        follow(&here, RETENTION).await,
        follow(&there, RETENTION).await,
    ];
    publish(&here, RETENTION, event("before")).await;
    for given in &given {
        given.are(1).await;
    }
    server.ask(&["FLUSHALL"]).unwrap();
    publish(&here, RETENTION, event("after")).await;
    for given in &given {
        assert_eq!(given.are(3).await, ["before", "gap", "after"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_published_in_many_channels_looks_in_all_of_them() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let channels: Vec<String> = (0..600).map(|number| format!("room-{number}")).collect();
    for channel in &channels {
        let messages = vec![event("lost")];
        here.publish(channel, RETENTION, messages).await.unwrap();
    }
    server.ask(&["FLUSHALL"]).unwrap();
    let last = open(&there, channels.last().unwrap(), RETENTION).await;
    let first = open(&there, &channels[0], RETENTION).await;
    server.ask(&["CLIENT", "KILL", "TYPE", "normal"]).unwrap();
    for given in [first, last] {
        assert_eq!(given.are(1).await, ["gap"]);
    }
    let entries = async || server.ask(&["KEYS", "*s:room-*"]).unwrap().lines().count();
    until("all are told", async || entries().await == channels.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_nothing_was_lost_of_tells_no_gap_at_a_new_connection() {
    let server = RedisServer::start().unwrap();
    let here = RedisBackend::connect(RedisOptions::new(server.url())).await;
    let here = here.unwrap();
    let given = follow(&here, RETENTION).await;
    publish(&here, RETENTION, event("one")).await;
    let connections = here.node().publications().connections();
    for round in 1..=3 {
        let before = *connections.borrow();
        server.ask(&["CLIENT", "KILL", "TYPE", "normal"]).unwrap();
        until("it is connected again", async || {
            *connections.borrow() > before
        })
        .await;
        publish(&here, RETENTION, event(round)).await;
    }
    assert_eq!(given.are(4).await, ["one", "1", "2", "3"]);
    let keys = here.node().keys.channel("room");
    let entries = server.ask(&["XLEN", &keys.log]).unwrap();
    assert_eq!(entries.trim(), "5", "the beginning, and these");
}
