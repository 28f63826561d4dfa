//! What is counted and timed, as the recorder of an application sees it, and what the docs say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use redis_server::RedisServer;
use serde_json::json;
use tests::{DEADLINE, ask, upgrade, within};
use ws_core::{Backlog, Channel, Cluster, Limits};

use crate::contract::{House, Typing, said};
use crate::node::{Node, Note, Setup};

const DOCS: &str = include_str!("../../ws-core/src/docs/metrics.md");

/// A message of which a few are more than the kernel keeps for a socket.
const LENGTH: usize = 32 * 1024;

/// What was recorded so far. A snapshot sets everything back to zero, so that they are added up.
struct Recorded {
    snapshotter: Snapshotter,
    series: BTreeMap<Series, f64>,
    described: BTreeSet<Row>,
}

/// A metric's name, and its labels with their values.
type Series = (String, Vec<(String, String)>);

/// A metric's name, its kind, the names of its labels, and what it says: a row of the docs' table.
type Row = (String, String, Vec<String>, String);

impl Recorded {
    fn by(recorder: &DebuggingRecorder) -> Self {
        Self {
            snapshotter: recorder.snapshotter(),
            series: BTreeMap::new(),
            described: BTreeSet::new(),
        }
    }

    fn look(&mut self) -> &Self {
        for (key, _, description, value) in self.snapshotter.snapshot().into_vec() {
            let (kind, key) = key.into_parts();
            let labels: Vec<_> = key
                .labels()
                .map(|label| (label.key().to_owned(), label.value().to_owned()))
                .collect();
            let name = key.name().to_owned();
            self.described.insert((
                name.clone(),
                format!("{kind:?}").to_lowercase(),
                labels.iter().map(|(label, _)| label.clone()).collect(),
                description.unwrap_or_default().into_owned(),
            ));
            *self.series.entry((name, labels)).or_default() += match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(gauge) => gauge.into_inner(),
                DebugValue::Histogram(samples) => samples.len() as f64,
            };
        }
        self
    }

    /// The sum of a metric where its labels begin with these values, the contract aside.
    fn sum(&self, metric: &str, values: &[&str]) -> f64 {
        let matching = self.series.iter().filter(|((name, labels), _)| {
            let found: Vec<_> = labels[1..].iter().map(|(_, value)| value).collect();
            name == metric
                && found
                    .iter()
                    .zip(values)
                    .all(|(found, value)| found == value)
        });
        let values: Vec<_> = matching.map(|(_, value)| value).collect();
        assert!(!values.is_empty(), "nobody has counted {metric}");
        values.into_iter().sum()
    }
}

/// The rows of the docs' table.
fn documented() -> BTreeSet<Row> {
    let rows = DOCS.lines().filter(|line| line.starts_with("| `ws_"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, says] = cells[..] else {
            panic!("a row has four cells: {row}");
        };
        let labels = labels.replace('`', "");
        (
            name.trim_matches('`').to_owned(),
            kind.to_owned(),
            labels.split(", ").map(str::to_owned).collect(),
            says.to_owned(),
        )
    })
    .collect()
}

#[tokio::test]
async fn the_docs_list_every_metric_in_the_words_that_the_recorder_is_told() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let redis = RedisServer::start().unwrap();
    let node = Node::with(Setup {
        cluster: Cluster::redis(redis.url()).await.unwrap(),
        ..Setup::default()
    })
    .await;
    node.enter("ana").await;
    assert_eq!(Recorded::by(&recorder).look().described, documented());
}

#[tokio::test]
async fn events_are_counted_by_name_and_what_is_sent_together_is_written_together() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    // A ping is a message, too, and would be counted.
    let mut node = Node::with(Setup {
        limits: Limits::default().with_ping_interval(Duration::from_secs(3600)),
        ..Setup::default()
    })
    .await;
    let mut ana = node.enter("ana").await;
    let mut bob = node.enter("bob").await;

    ana.emit("app.count", json!({ "to": 50 })).await;
    for _ in 0..50 {
        ana.next_event("app.counted").await;
    }
    ana.emit("room.say", json!({ "text": "hello" })).await;
    ana.emit("room.tell-others", json!({ "text": "psst" }))
        .await;
    ana.next_event("room.said").await;
    bob.next_event("room.said").await;
    bob.next_event("room.said").await;
    node.room.send("bob", &said("for you")).unwrap();
    bob.next_event("room.said").await;
    node.server.broadcast_local(&said("for all")).unwrap();
    for peer in [&mut ana, &mut bob] {
        peer.next_event("room.said").await;
    }
    ana.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    ana.answer(1).await;
    ana.emit("work.do", json!({ "name": "b" })).await;
    assert_eq!(ana.error().await, "ws.invalid_payload");
    ana.emit("made.up", json!({})).await;
    assert_eq!(ana.error().await, "ws.unknown_event");

    let mut recorded = Recorded::by(&recorder);
    assert_eq!(recorded.look().sum("ws_connections", &[]), 2.0);
    let named = |(_, labels): &Series| labels.iter().any(|(_, value)| value == "made.up");
    let made_up = recorded.series.keys().any(named);
    assert!(!made_up, "clients could fill the memory with names");
    ana.close(1000).await;
    bob.close(4999).await;
    // Both, for a client that is still there when the server goes is told so, by one message more.
    for _ in ["ana", "bob"] {
        while !matches!(node.noted().await, Note::Disconnected(..)) {}
    }
    node.server.shutdown(DEADLINE).await;

    recorded.look();
    for (metric, labels, count) in [
        ("ws_connections", &[][..], 0.0),
        ("ws_connections_closed_total", &["1000"], 1.0),
        ("ws_connections_closed_total", &["other"], 1.0),
        ("ws_connections_closed_total", &[], 2.0),
        ("ws_events_received_total", &["app.count"], 1.0),
        ("ws_events_received_total", &["work.ask"], 1.0),
        ("ws_events_received_total", &["work.do"], 0.0),
        ("ws_events_received_total", &[], 4.0),
        ("ws_handler_duration_seconds", &["room.say"], 1.0),
        ("ws_handler_duration_seconds", &[], 4.0),
        ("ws_errors_total", &["ws.invalid_payload"], 1.0),
        ("ws_errors_total", &["ws.unknown_event"], 1.0),
        ("ws_errors_total", &[], 2.0),
        ("ws_events_sent_total", &["app.ready"], 2.0),
        ("ws_events_sent_total", &["app.counted"], 50.0),
        ("ws_events_sent_total", &["room.said"], 1.0),
        ("ws_broadcasts_total", &["room.said"], 3.0),
        ("ws_broadcasts_total", &[], 3.0),
        ("ws_outbox_bytes", &[], 0.0),
        ("ws_messages_dropped_total", &[], 0.0),
        // Two that say that they are ready, fifty, six that were said, an answer and two errors.
        ("ws_messages_written_total", &[], 61.0),
    ] {
        assert_eq!(recorded.sum(metric, labels), count, "{metric} {labels:?}");
    }
    // Fifty of them were sent at once.
    let writes = recorded.sum("ws_writes_total", &[]);
    assert!((2.0..=20.0).contains(&writes), "{writes} writes");
}

#[tokio::test]
async fn connections_that_are_not_taken_are_counted_by_why() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let full = Limits::default().with_connections(1);
    let crowded = Limits::default().with_connections_per_address(1);
    for (limits, status) in [(full, Some(503)), (crowded, None)] {
        let node = Node::with(Setup {
            limits,
            ..Setup::default()
        })
        .await;
        let ana = node.enter("ana").await;
        match (node.try_enter("bo").await, status) {
            (Err(refused), Some(status)) => assert_eq!(refused, status),
            // The address is that of the socket, which is known behind the upgrade only.
            (Ok(mut bo), None) => assert_eq!(bo.closed().await.0, 1013),
            (entered, _) => panic!("{:?}", entered.err()),
        }
        let headers = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                       Origin: https://evil.example\r\n";
        let answer = ask(node.address(), &upgrade("/ws?user=eve", headers)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        ana.close(1000).await;
        node.server.shutdown(DEADLINE).await;
        assert_eq!(node.try_enter("cy").await.err(), Some(503));
    }
    let mut recorded = Recorded::by(&recorder);
    recorded.look();
    for (why, count) in [
        ("full", 1.0),
        ("address", 1.0),
        ("origin", 2.0),
        ("shutting_down", 2.0),
    ] {
        assert_eq!(
            recorded.sum("ws_connections_refused_total", &[why]),
            count,
            "{why}"
        );
    }
}

#[tokio::test]
async fn what_waits_for_a_slow_client_and_what_it_does_not_get_is_counted() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let mut node = Node::with(Setup {
        limits: Limits::default().with_outbox_bytes(4 * LENGTH),
        ..Setup::default()
    })
    .await;
    let _slow = node.enter("slow").await;
    let mut quick = node.enter("quick").await;
    let mut recorded = Recorded::by(&recorder);
    let dropped = |recorded: &mut Recorded, policy| {
        recorded.look().sum("ws_messages_dropped_total", &[policy])
    };

    let user = "x".repeat(LENGTH);
    while dropped(&mut recorded, "drop_oldest") < 10.0 {
        let user = user.clone();
        node.room.broadcast(&Typing { user }).unwrap();
        quick.next_event("room.typing").await;
    }
    let waiting = recorded.sum("ws_outbox_bytes", &[]);
    let full = (3 * LENGTH) as f64..=(4 * LENGTH) as f64;
    assert!(full.contains(&waiting), "{waiting} bytes wait");
    assert_eq!(dropped(&mut recorded, "disconnect"), 0.0);

    // These are not dropped: when there is nothing else that could be, the client is disconnected.
    for _ in 0..4 {
        node.room.broadcast(&said("x".repeat(LENGTH))).unwrap();
        quick.next_event("room.said").await;
    }
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
    assert!(dropped(&mut recorded, "disconnect") >= 3.0);
    assert_eq!(recorded.sum("ws_connections_closed_total", &["4008"]), 1.0);
    assert_eq!(recorded.sum("ws_outbox_bytes", &[]), 0.0);
}

#[tokio::test]
async fn what_waits_while_redis_is_away_is_seen_and_no_more_when_it_is_back() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let mut redis = RedisServer::start().unwrap();
    let cluster = Cluster::redis(redis.url()).await.unwrap();
    let room: Channel<House> = cluster.channel("room");
    let mut recorded = Recorded::by(&recorder);
    let waiting = |recorded: &mut Recorded| {
        recorded.look();
        ["messages", "bytes"].map(|what| recorded.sum(&format!("ws_cluster_waiting_{what}"), &[]))
    };
    assert_eq!(cluster.backlog(), Backlog::default());
    assert_eq!(waiting(&mut recorded), [0.0, 0.0]);

    redis.kill();
    let text = "x".repeat(1000);
    for _ in 0..3 {
        room.broadcast(&said(text.as_str())).unwrap();
    }
    let waits = async {
        while cluster.backlog().messages < 3 {
            tokio::task::yield_now().await;
        }
    };
    within("three messages wait", waits).await;
    let Backlog {
        messages, bytes, ..
    } = cluster.backlog();
    assert_eq!(waiting(&mut recorded), [messages as f64, bytes as f64]);
    assert!(messages == 3 && bytes > 3000, "{messages}, {bytes}");
    let first = cluster.backlog().age.unwrap();
    within("the age is told", async {
        while recorded.look().sum("ws_cluster_waiting_seconds", &[]) <= first.as_secs_f64() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(cluster.backlog().age > Some(first));

    redis.restart().unwrap();
    within("nothing waits", async {
        while cluster.backlog() != Backlog::default() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(waiting(&mut recorded), [0.0, 0.0]);
}

#[tokio::test]
async fn messages_that_are_given_as_one_are_counted_one_by_one() {
    let recorder = DebuggingRecorder::new();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let limits = Limits::default().with_ping_interval(Duration::from_secs(3600));
    let mut node = Node::with(Setup {
        limits: limits.with_outbox_bytes(4 * LENGTH),
        ..Setup::default()
    })
    .await;
    let mut quick = node.enter("quick").await;
    let mut recorded = Recorded::by(&recorder);
    let [written, writes] = ["messages_written", "writes"].map(|what| format!("ws_{what}_total"));
    recorded.look();
    let before = [&written, &writes].map(|metric| recorded.sum(metric, &[]));
    for _ in 0..10 {
        node.room.broadcast(&said("hello")).unwrap();
    }
    for _ in 0..10 {
        quick.next_event("room.said").await;
    }
    recorded.look();
    assert_eq!(recorded.sum(&written, &[]), before[0] + 10.0);
    assert_eq!(recorded.sum(&writes, &[]), before[1] + 1.0);

    // What a slow client is given comes to its socket, or is dropped with its connection.
    let _slow = node.enter("slow").await;
    let before = recorded.look().sum(&written, &[]);
    let mut sent = 0.0;
    while recorded
        .look()
        .sum("ws_messages_dropped_total", &["disconnect"])
        == 0.0
    {
        for _ in 0..3 {
            node.room.broadcast(&said("x".repeat(1000))).unwrap();
        }
        for _ in 0..3 {
            quick.next_event("room.said").await;
        }
        sent += 3.0;
    }
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
    let dropped = recorded.sum("ws_messages_dropped_total", &["disconnect"]);
    let of_slow = recorded.look().sum(&written, &[]) - before - sent;
    // The one of which the beginning is written ends with the connection, and is counted as neither.
    let torn = sent - of_slow - dropped;
    assert!(torn == 0.0 || torn == 3.0, "{torn} of {sent}");
}
