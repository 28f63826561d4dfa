//! A client that does not read: it alone is closed, and costs no more than its bound.

use std::time::Duration;

use serde_json::json;
use tests::within;
use tokio::io::AsyncReadExt;
use ws_core::{Close, CloseCode, Limits, Retention};

use crate::contract::said;
use crate::node::{Node, Note, Setup};

/// What is sent altogether: many times what the kernel keeps for a socket.
const MESSAGES: usize = 300;
const LENGTH: usize = 32 * 1024;

async fn node() -> Node {
    let limits = Limits::default().with_outbox_bytes(4 * LENGTH);
    Node::with(Setup {
        limits,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_with_4008_while_others_get_everything() {
    let mut node = node().await;
    let mut slow = node.enter("slow").await;
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for _ in 0..MESSAGES {
        node.room.broadcast(&said(&text)).unwrap();
        quick.next_event("room.said").await;
    }
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
    let participants = node.room.participants().await.unwrap();
    assert!(participants.get("slow").is_none());
    // What had left the server before still comes; no more than that was kept.
    let (come, (code, _)) = slow.rest().await;
    assert!([4008, 1006].contains(&code), "{code}");
    assert!(come.len() < MESSAGES / 2, "{} messages came", come.len());
}

#[tokio::test]
async fn a_client_that_asks_and_does_not_read_is_closed_too() {
    let mut node = node().await;
    let mut slow = node.enter("slow").await;
    // Far more events at once than its queue holds.
    slow.emit("app.count", json!({ "to": 100_000 })).await;
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("too slowly")));
    assert_eq!(slow.closed().await.0, 4008);
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_the_time_of_a_write_is_closed_with_4008() {
    let limits = Limits::default()
        .with_outbox_bytes(1 << 30)
        .with_write_timeout(Duration::from_millis(100));
    let mut node = Node::with(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let mut slow = node.enter("slow").await;
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for _ in 0..MESSAGES {
        node.room.broadcast(&said(&text)).unwrap();
        quick.next_event("room.said").await;
    }
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4008));
    // The frame whose beginning had left is whole, and the close comes behind it.
    let (come, closed) = slow.rest().await;
    assert_eq!(closed, (4008, "the client does not read".into()));
    assert!(come.len() < MESSAGES, "{} messages came", come.len());
    assert!(come.iter().all(|message| message["data"]["text"] == text));
}

#[tokio::test]
async fn a_client_that_reads_drop_by_drop_is_gone_in_the_time_of_a_close_after_it_was_revoked() {
    let limits = Limits::default()
        .with_outbox_bytes(1 << 30)
        .with_close_timeout(Duration::from_millis(200));
    let mut node = Node::with(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let mut slow = node.enter_raw("slow").await.into_stream();
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for _ in 0..MESSAGES {
        node.room.broadcast(&said(&text)).unwrap();
        quick.next_event("room.said").await;
    }
    let revoked = Close::new(CloseCode::REVOKED, "gone");
    node.room.disconnect_user("slow", revoked).unwrap();
    // It is no member any more, whatever it reads.
    assert_eq!(node.noted().await, Note::Disconnected("slow".into(), 4503));
    let participants = node.room.participants().await.unwrap();
    assert!(participants.get("slow").is_none());
    within("its place to be free", async {
        while node.server.connections() > 1 {
            // So slowly that it would take hours, and yet something is taken all the time.
            drop(slow.read_u8().await);
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_before_a_close_reaches_a_client_that_reads_late() {
    let node = Node::with(Setup {
        limits: Limits::default().with_outbox_bytes(1 << 30),
        ..Setup::default()
    })
    .await;
    let mut late = node.enter("late").await;
    let mut quick = node.enter("quick").await;
    let text = "x".repeat(LENGTH);
    for _ in 0..MESSAGES {
        node.room.broadcast(&said(&text)).unwrap();
        quick.next_event("room.said").await;
    }
    let revoked = Close::new(CloseCode::REVOKED, "gone");
    node.room.disconnect(revoked).unwrap();
    assert_eq!(quick.closed().await.0, 4503);
    let (come, closed) = late.rest().await;
    assert_eq!(closed, (4503, "gone".into()));
    assert_eq!(come.len(), MESSAGES);
}

#[tokio::test]
async fn who_has_most_of_what_all_wait_for_is_closed_with_4008_and_not_who_waits_next() {
    let limits = Limits::default()
        .with_outbox_bytes(1 << 30)
        .with_total_outbox_bytes(128 * LENGTH);
    let mut node = Node::with(Setup {
        limits,
        retention: Retention::none(),
        ..Setup::default()
    })
    .await;
    let mut little = node.enter("little").await;
    let _much = node.enter("much").await;
    let mut witness = node.enter("witness").await;
    let text = "x".repeat(LENGTH);
    for (user, count) in [("much", 120), ("little", 60)] {
        for _ in 0..count {
            node.room.send(user, &said(&text)).unwrap();
            node.room.send("witness", &said("on")).unwrap();
            witness.next_event("room.said").await;
        }
    }
    assert_eq!(node.noted().await, Note::Disconnected("much".into(), 4008));
    for _ in 0..60 {
        assert_eq!(little.next_event("room.said").await["text"], text);
    }
}
