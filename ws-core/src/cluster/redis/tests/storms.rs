//! Many clients that come back at once, and what they cost Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis_server::RedisServer;

use super::{Given, RETENTION, event, follow, member, pair, publish, users};
use crate::cluster::redis::RedisBackend;
use crate::cluster::redis::enrol::CROWD;
use crate::cluster::redis::reply;
use crate::cluster::{Backend, Enrolment, GapReason, Recovery};
use crate::error::ClusterError;
use crate::protocol::Position;

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_back_at_once_cost_redis_nothing() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&there, RETENTION).await;
    for number in 0..100 {
        publish(&here, RETENTION, event(number)).await;
    }
    given.are(100).await;
    let at = there.node().feeds.get("room").unwrap().at().unwrap();
    let from = Position {
        seq: at.seq - 50,
        mark: nonce_at(&there, at.seq - 50).await,
    };
    let before = reads(&server);
    for _ in 0..10_000 {
        assert!(matches!(
            there.recover("room", from).await,
            Ok(Recovery::Exact { .. })
        ));
    }
    assert_eq!(reads(&server), before, "everything was at hand");
}

/// A small hash is a list to Redis, and each field that is set costs a look at all of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_crowd_are_a_table_to_redis_and_those_of_a_few_are_not() {
    for (count, encoding) in [(CROWD - 1, "listpack"), (CROWD, "hashtable")] {
        let server = RedisServer::start().unwrap();
        let [here, there] = pair(&server).await;
        let names: Vec<String> = (0..count)
            .map(|number| format!("user {number:03}"))
            .collect();
        let joins = names.iter().map(|name| Enrolment::Join(member(name)));
        here.update("room", joins.collect()).await.unwrap();
        let hash = here.node().keys.channel("room");
        let hash = hash.members(&here.node().presence.me().to_string());
        let found = server.ask(&["OBJECT", "ENCODING", &hash]).unwrap();
        assert_eq!(found.trim(), encoding, "{count} members");
        let mut listed = users(&there, "room").await;
        listed.sort();
        assert_eq!(listed, names);
    }
}

/// How often a log was read: a page of it, by a script that is the only one that writes nothing, or where it ends.
fn reads(server: &RedisServer) -> u64 {
    let calls = |command| server.calls(command).unwrap();
    calls("evalsha_ro") + calls("xrevrange")
}

/// A node that has sent so many messages, and one that has just attached and so has none of them at hand.
async fn with_newcomer(
    server: &RedisServer,
    count: u64,
) -> (RedisBackend, Arc<RedisBackend>, [Arc<Given>; 2]) {
    let [here, there] = pair(server).await;
    let given = follow(&here, RETENTION).await;
    for number in 0..count {
        publish(&here, RETENTION, event(number)).await;
    }
    let newcomer = follow(&there, RETENTION).await;
    (here, Arc::new(there), [given, newcomer])
}

/// A thousand come back at once to a node that has just attached, with these positions. Returns what they were given, and
/// how often the log was read for them.
async fn storm(
    server: &RedisServer,
    node: &Arc<RedisBackend>,
    positions: &[Position],
) -> (Vec<Result<Recovery, ClusterError>>, u64) {
    let before = reads(server);
    let tasks = (0..1_000).map(|index| {
        let (node, from) = (Arc::clone(node), positions[index % positions.len()]);
        tokio::spawn(async move { node.recover("room", from).await })
    });
    let found = futures_util::future::join_all(tasks).await;
    let found = found.into_iter().map(Result::unwrap).collect();
    (found, reads(server) - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_back_to_a_new_node_cost_redis_one_reading() {
    let server = RedisServer::start().unwrap();
    let (here, there, _sinks) = with_newcomer(&server, 100).await;
    let at = there.node().feeds.get("room").unwrap().at().unwrap();
    let mut positions = Vec::new();
    for seq in [at.seq - 50, at.seq - 20] {
        let mark = nonce_at(&here, seq).await;
        positions.push(Position { seq, mark });
    }
    let (found, reads) = storm(&server, &there, &positions).await;
    for (index, recovery) in found.into_iter().enumerate() {
        let Ok(Recovery::Exact { frames, .. }) = recovery else {
            panic!("{recovery:?}");
        };
        assert_eq!(frames.len(), if index % 2 == 0 { 51 } else { 21 });
    }
    // A second one where somebody with the newer position was the first.
    assert!((1..=2).contains(&reads), "{reads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_missed_a_lot_share_the_pages_of_the_log() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&here, RETENTION).await;
    for number in 0..=1_000 {
        publish(&here, RETENTION, event(number)).await;
    }
    given.are(1_001).await;
    let there = Arc::new(there);
    let _there = follow(&there, RETENTION).await;
    let at = there.node().feeds.get("room").unwrap().at().unwrap();
    let seq = at.seq - 1_000;
    let mark = nonce_at(&here, seq).await;
    let before = reads(&server);
    let tasks = (0..100).map(|_| {
        let node = Arc::clone(&there);
        tokio::spawn(async move { read_to_the_end(&node, Position { seq, mark }).await })
    });
    for read in futures_util::future::join_all(tasks).await {
        assert_eq!(read.unwrap(), 1_000);
    }
    // Four pages; and the last one once more for those who asked while it was read, unless it was at hand then.
    let shared = reads(&server) - before;
    assert!((4..=5).contains(&shared), "{shared}");
    // From here on it is at hand.
    there.node().feeds.get("room").unwrap().pages.forget();
    assert_eq!(read_to_the_end(&there, Position { seq, mark }).await, 1_000);
    assert_eq!(reads(&server) - before, shared);
}

/// How many messages follow a position. Whoever reads is not always as fast.
async fn read_to_the_end(node: &RedisBackend, from: Position) -> u64 {
    let (mut count, mut at) = (0, from);
    loop {
        let Ok(Recovery::Exact { frames, more }) = node.recover("room", at).await else {
            panic!("the log has everything");
        };
        let last = frames.last().unwrap().last.unwrap();
        count += last.seq - at.seq;
        if !more {
            return count;
        }
        at = last;
        for _ in 0..rand::random_range(0..8) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_back_from_before_the_log_share_what_is_read() {
    let server = RedisServer::start().unwrap();
    let (_here, there, _sinks) = with_newcomer(&server, 1).await;
    let (found, reads) = storm(&server, &there, &[Position { seq: 7, mark: 7 }]).await;
    for recovery in found {
        assert!(matches!(recovery, Ok(Recovery::Broken { .. })));
    }
    assert!(reads < 100, "{reads}");
}

/// How many bytes Redis has sent.
fn output(server: &RedisServer) -> u64 {
    let stats = server.ask(&["INFO", "stats"]).unwrap();
    let mut fields = stats.lines().filter_map(|line| line.trim().split_once(':'));
    let (_, bytes) = fields
        .find(|(name, _)| *name == "total_net_output_bytes")
        .unwrap();
    bytes.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_up_positions_does_not_have_pages_of_the_log_read() {
    let server = RedisServer::start().unwrap();
    let [here, there] = pair(&server).await;
    let given = follow(&here, RETENTION).await;
    let text = "x".repeat(10_000);
    for _ in 0..50 {
        publish(&here, RETENTION, event(&text)).await;
    }
    given.are(50).await;
    // Nothing of it but the end is at hand at a node that has just attached.
    let there = Arc::new(there);
    let _there = follow(&there, RETENTION).await;
    let at = there.node().feeds.get("room").unwrap().at().unwrap();
    let seq = at.seq - 49;
    let before = output(&server);
    for mark in 1..=20 {
        let why = why_broken(&there, Position { seq, mark }).await;
        assert_eq!(why, GapReason::Forked);
    }
    let sent = output(&server) - before;
    assert!(sent < 100_000, "Redis sent {sent} bytes");
    // Where what is at that place is at hand, it is only asked whether that is the log still, and seldom.
    let (before, begun) = (reads(&server), Instant::now());
    let output_before = output(&server);
    for mark in 1..=20 {
        let why = why_broken(&here, Position { seq, mark }).await;
        assert_eq!(why, GapReason::Forked);
    }
    let asked = u128::from(reads(&server) - before);
    assert!(asked <= 1 + begun.elapsed().as_millis() / 100, "{asked}");
    let sent = output(&server) - output_before;
    assert!(sent < 100_000, "Redis sent {sent} bytes");
    // And who has been there is given everything.
    let mark = nonce_at(&here, seq).await;
    assert_eq!(read_to_the_end(&there, Position { seq, mark }).await, 49);
}

async fn why_broken(node: &RedisBackend, from: Position) -> GapReason {
    match node.recover("room", from).await {
        Ok(Recovery::Broken { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

// On one thread all of them have asked before the first one is answered.
#[tokio::test]
async fn who_comes_back_from_behind_the_end_of_the_log_gives_nobody_else_a_gap() {
    let server = RedisServer::start().unwrap();
    let (here, there, _sinks) = with_newcomer(&server, 100).await;
    let seq = there.node().feeds.get("room").unwrap().at().unwrap().seq - 50;
    let valid = Position {
        seq,
        mark: nonce_at(&here, seq).await,
    };
    let beyond = |mark| Position {
        seq: u64::MAX,
        mark,
    };
    let (found, reads) = storm(&server, &there, &[beyond(7), beyond(8), valid]).await;
    for (index, recovery) in found.into_iter().enumerate() {
        let is_exact = matches!(recovery, Ok(Recovery::Exact { .. }));
        assert_eq!(is_exact, index % 3 == 2, "{index}: {recovery:?}");
    }
    assert!(reads < 100, "{reads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_back_while_redis_is_away_do_not_wait_for_each_other() {
    let mut server = RedisServer::start().unwrap();
    let [_, there] = pair(&server).await;
    let there = Arc::new(there);
    let _there = follow(&there, RETENTION).await;
    server.signal("STOP").unwrap();
    let begun = Instant::now();
    let tasks = (0..1_000).map(|_| {
        let node = Arc::clone(&there);
        tokio::spawn(async move { node.recover("room", Position { seq: 7, mark: 7 }).await })
    });
    for found in futures_util::future::join_all(tasks).await {
        assert!(found.unwrap().is_err());
    }
    // As long as two readings, of which none is answered.
    assert!(begun.elapsed() < Duration::from_secs(10));
    server.signal("CONT").unwrap();
    server.kill();
}

/// The mark of a message, as the log has it.
async fn nonce_at(node: &RedisBackend, seq: u64) -> u64 {
    let keys = node.node().keys.channel("room");
    let mut range = redis::cmd("XRANGE");
    range.arg(&keys.log).arg(seq).arg("+").arg("COUNT").arg(1);
    let answer = node
        .node()
        .commands
        .call(keys.partition, &range)
        .await
        .unwrap();
    let entry = reply::array(answer).unwrap().remove(0);
    let id = reply::array(entry).unwrap().remove(0);
    reply::position(&reply::bytes(id).unwrap()).unwrap().mark
}
