//! What Redis has acknowledged, and does not have any more: whoever was not given it is told.

use std::time::{Duration, Instant};

use redis_server::{RedisCluster, RedisServer};

use super::failover::given_from;
use super::{RETENTION, Takeover, event, follow, open, pair, publish, until};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::keys::{PARTITIONS, Partition};
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
        let nodes = pair(&server).await;
        Self::of(server, nodes).await
    }

    async fn of(server: RedisServer, [here, there]: [RedisBackend; 2]) -> Self {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_told_once_however_often_replicas_are_missing_then() {
    let server = RedisServer::start().unwrap();
    let replica = server.replica().unwrap();
    let connect = async || {
        let options = RedisOptions::new(server.url()).with_min_replicas(1);
        RedisBackend::connect(options).await.unwrap()
    };
    let nodes = [connect().await, connect().await];
    let case = Case::of(server, nodes).await;
    let given = follow(&case.there, RETENTION).await;
    drop(replica);
    publish(&case.here, RETENTION, event("new")).await;
    assert_eq!(given.are(2).await, ["gap", "new"]);
    let keys = case.here.node().keys.channel("room");
    let length = || case.server.ask(&["XLEN", &keys.log]).unwrap();
    let attempts = || case.server.calls("evalsha").unwrap();
    let (before, begun) = (length(), attempts());
    until("it is tried again", async || attempts() > begun + 10).await;
    assert_eq!(length(), before);
    assert_eq!(given.so_far(), ["gap", "new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_old_master_has_taken_is_sent_to_the_new_one_again() {
    let scene = Takeover::begin().await;
    let [old, new] = &scene.servers;
    let node = scene.behind.node();
    old.signal("STOP").unwrap();
    // It is kept after a while, and an attempt is on its way all the time.
    publish(&scene.behind, RETENTION, event("late")).await;
    let owner = scene.ahead.node().topology.owner(Partition::FIRST);
    let owners = [const { None }; PARTITIONS];
    node.topology.set(owners.map(|_: Option<()>| owner.clone()));
    old.signal("CONT").unwrap();
    until("nothing waits", async || !node.outbox.has("room")).await;
    let keys = node.keys.channel("room");
    let range = ["XRANGE", &keys.log, "-", "+"];
    let log = new.ask(&range).unwrap();
    assert!(log.contains("late"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_only_sends_finds_that_another_server_has_taken_over() {
    let mut cluster = RedisCluster::start().unwrap();
    let backend = RedisBackend::connect(RedisOptions::new(cluster.url())).await;
    let backend = backend.unwrap();
    let topology = &backend.node().topology;
    let owner = |channel: &str| topology.owner(Partition::of(channel)).unwrap();
    let leases = topology.owner(Partition::FIRST).unwrap();
    let mut channels = (0..).map(|number| format!("room-{number}"));
    let channel = channels.find(|channel| owner(channel) != leases).unwrap();
    let messages = vec![event("hello")];
    backend
        .publish(&channel, RETENTION, messages)
        .await
        .unwrap();
    let old = owner(&channel);
    let mut servers = cluster.servers.iter_mut();
    let master = servers.find(|server| server.port() == old.port).unwrap();
    master.kill();
    until("it has found the other one", async || {
        owner(&channel) != old
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_to_serve_for_now_is_not_connected_to_again_and_again() {
    let server = RedisServer::start().unwrap();
    let [here, _] = pair(&server).await;
    for number in 0..100 {
        let (channel, messages) = (format!("room-{number}"), vec![event("hello")]);
        here.publish(&channel, RETENTION, messages).await.unwrap();
    }
    let connections = here.node().commands.connections();
    // As while it loads its data, or in a cluster that fails.
    server
        .ask(&["CONFIG", "SET", "replica-serve-stale-data", "no"])
        .unwrap();
    server.ask(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    let (begun, before) = (Instant::now(), *connections.borrow());
    until("there are many", async || {
        *connections.borrow() > before + 30
    })
    .await;
    assert!(
        begun.elapsed() > Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}
