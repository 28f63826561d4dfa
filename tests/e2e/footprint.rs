//! What connections cost a process: bytes, files and tasks, counted in a process of its own.

use std::env;
use std::fs;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::{Frame, Opcode, Peer, RawPeer, allow_many_files, is_alone, within};
use tokio::runtime::{Builder, Handle};
use tokio::task::yield_now;
use ws_core::{Limits, Retention};

use crate::MEMORY;
use crate::contract::{Typing, said};
use crate::node::{Node, Note, Setup};

/// What the process may hold besides what is measured: buffers of threads, and messages on their way.
const SLACK: usize = 1024 * 1024;

/// Runs a test in a process of its own.
fn alone(test: &str, body: impl Future<Output = ()>) {
    if is_alone(&format!("footprint::{test}")) {
        allow_many_files();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(body);
    }
}

async fn node(limits: Limits) -> Node {
    Node::with(Setup {
        limits,
        // A log would hold what is measured here.
        retention: Retention::none(),
        ..Setup::default()
    })
    .await
}

/// So many clients in the room.
async fn crowd(node: &Node, size: usize) -> Vec<RawPeer> {
    let mut crowd = Vec::new();
    for start in (0..size).step_by(100) {
        let numbers = start..size.min(start + 100);
        let enter = async |number: usize| node.enter_raw(&format!("user-{number}")).await;
        crowd.extend(join_all(numbers.map(enter)).await);
    }
    crowd
}

#[test]
fn a_stalled_reader_among_1000_delays_nobody_and_holds_no_more_than_its_outbox() {
    const OUTBOX: usize = 512 * 1024;
    const LENGTH: usize = 32 * 1024;
    alone(
        "a_stalled_reader_among_1000_delays_nobody_and_holds_no_more_than_its_outbox",
        async {
            // The socket of who is closed is still there at the end of the test.
            let hour = Duration::from_secs(60 * 60);
            let limits = Limits::default()
                .with_outbox_bytes(OUTBOX)
                .with_close_timeout(hour);
            let mut node = node(limits).await;
            let _stalled = node.enter("stalled").await;
            let mut others = crowd(&node, 999).await;
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            for round in 0..40 {
                // Different each time, so that none shares its bytes with another.
                for number in 0..4 {
                    let text = format!("{round} {number} {}", "x".repeat(LENGTH));
                    node.room.send("stalled", &said(text)).unwrap();
                }
                let words = format!("round {round}");
                node.room.broadcast(&said(&words)).unwrap();
                // In lockstep: nobody hears the next who has not heard this.
                join_all(others.iter_mut().map(async |peer| {
                    let text = peer.read_text().await;
                    assert!(text.contains(&words), "{text} is not {words}");
                }))
                .await;
            }
            let grown = MEMORY.peak_usage() - before;
            assert!(grown < OUTBOX + SLACK, "{grown} bytes more");
            let closed = Note::Disconnected("stalled".into(), 4008);
            assert_eq!(node.noted().await, closed);
            assert_eq!(node.server.connections(), 1_000, "its socket lingers");
        },
    );
}

#[test]
fn stalled_readers_hold_no_more_than_all_outboxes_may_and_are_closed_with_4008() {
    const OUTBOXES: usize = 4 * 1024 * 1024;
    const LENGTH: usize = 32 * 1024;
    alone(
        "stalled_readers_hold_no_more_than_all_outboxes_may_and_are_closed_with_4008",
        async {
            let limits = Limits::default()
                .with_outbox_bytes(1024 * OUTBOXES)
                .with_total_outbox_bytes(OUTBOXES);
            let mut node = node(limits).await;
            let _stalled = crowd(&node, 20).await;
            let mut witness = node.enter("witness").await;
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            for round in 0..60 {
                for number in 0..20 {
                    let text = format!("{round} {}", "x".repeat(LENGTH));
                    let user = format!("user-{number}");
                    node.room.send(&user, &said(text)).unwrap();
                }
                node.room.send("witness", &said("still here")).unwrap();
                witness.next_event("room.said").await;
            }
            let grown = MEMORY.peak_usage() - before;
            assert!(grown < OUTBOXES + 2 * SLACK, "{grown} bytes more");
            let note = node.noted().await;
            assert!(matches!(note, Note::Disconnected(_, 4008)), "{note:?}");
        },
    );
}

#[test]
fn a_stalled_reader_of_events_that_may_be_dropped_stays_and_gets_the_newest() {
    const OUTBOX: usize = 256 * 1024;
    const EVENTS: usize = 2_000;
    alone(
        "a_stalled_reader_of_events_that_may_be_dropped_stays_and_gets_the_newest",
        async {
            let node = node(Limits::default().with_outbox_bytes(OUTBOX)).await;
            let mut stalled = node.enter("stalled").await;
            let mut quick = node.enter("quick").await;
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            for number in 0..EVENTS {
                let user = format!("{number} {}", "x".repeat(4 * 1024));
                node.room.broadcast(&Typing { user }).unwrap();
                assert_eq!(typing(&mut quick).await, number);
            }
            let grown = MEMORY.peak_usage() - before;
            // One client of the test keeps everything that has come.
            let kept = EVENTS * 5 * 1024;
            assert!(grown < OUTBOX + kept + SLACK, "{grown} bytes more");
            let mut seen = vec![typing(&mut stalled).await];
            while seen.last() != Some(&(EVENTS - 1)) {
                seen.push(typing(&mut stalled).await);
            }
            assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
            assert!(seen.len() < EVENTS / 2, "{} came", seen.len());
            let newest: Vec<usize> = (EVENTS - 10..EVENTS).collect();
            assert!(seen.ends_with(&newest), "{seen:?}");
            stalled
                .request(1, "work.ask", json!({ "name": "a", "waits": false }))
                .await;
            stalled.answer(1).await;
        },
    );
}

/// The number of the next event that may be dropped.
async fn typing(peer: &mut Peer) -> usize {
    let typing = peer.next_event("room.typing").await;
    let number = typing["user"].as_str().unwrap().split(' ').next();
    number.unwrap().parse().unwrap()
}

/// How a client comes and goes.
async fn visit(node: &Node, number: usize) {
    let user = format!("user-{}", number % 100);
    match number % 5 {
        0 => node.enter(&user).await.close(1000).await,
        1 => drop(node.enter_raw(&user).await),
        2 => {
            let mut session = node.greet(&user, json!({})).await;
            session.next_event("app.ready").await;
            session
                .request(1, "work.ask", json!({ "name": "a", "waits": true }))
                .await;
        }
        3 => {
            let mut peer = node.enter_raw(&user).await;
            let ping = Frame::new(Opcode::Ping, *b"in a message");
            let first = Frame {
                last: false,
                ..Frame::new(Opcode::Text, *b"{")
            };
            peer.write(&[first.bytes(), ping.bytes()].concat()).await;
            hears_pong(&mut peer).await;
        }
        _ => {
            let mut peer = node.enter_raw(&user).await;
            peer.write(&Frame::new(Opcode::Binary, *b"{}").bytes())
                .await;
            assert_eq!(peer.close_code().await, Some(1003));
        }
    }
}

async fn hears_pong(peer: &mut RawPeer) {
    while peer.read().await.unwrap().0 != Opcode::Pong as u8 {}
}

async fn visits(node: &mut Node, count: usize) {
    const AT_ONCE: usize = 50;
    for start in (0..count).step_by(AT_ONCE) {
        let visits = (start..start + AT_ONCE).map(|number| visit(node, number));
        join_all(visits).await;
    }
    within("the end of every connection", async {
        while node.server.connections() > 0 {
            yield_now().await;
        }
    })
    .await;
    node.forget_notes();
}

/// What the process holds: files, tasks and bytes.
fn held() -> (usize, usize, usize) {
    let files = fs::read_dir("/proc/self/fd").unwrap().count();
    let tasks = Handle::current().metrics().num_alive_tasks();
    (files, tasks, MEMORY.current_usage())
}

/// `VISITS` says how many; the figures are printed with `--nocapture`.
#[test]
#[cfg(target_os = "linux")]
fn connections_that_come_and_go_leave_no_file_no_task_and_no_memory_behind() {
    alone(
        "connections_that_come_and_go_leave_no_file_no_task_and_no_memory_behind",
        async {
            let count = env::var("VISITS").map_or(5_000, |count| count.parse().unwrap());
            let mut node = node(Limits::default().with_ping_interval(Duration::from_secs(1))).await;
            // What is made once and kept is made now.
            visits(&mut node, 1_000).await;
            let before = held();
            visits(&mut node, count).await;
            within("no more files and tasks than before", async {
                while held().0 > before.0 || held().1 > before.1 {
                    yield_now().await;
                }
            })
            .await;
            let after = held();
            let grown = after.2.saturating_sub(before.2);
            eprintln!("{count} connections: {before:?} before, {after:?} after");
            assert!(grown < 64 * 1024, "{grown} bytes more");
        },
    );
}
