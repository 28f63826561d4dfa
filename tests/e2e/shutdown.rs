//! The end of a server.

use std::time::Duration;

use serde_json::json;
use tests::{DEADLINE, Transport, within};
use ws_core::Limits;

use crate::contract::{Said, said};
use crate::node::{Node, Note, Setup};

#[tokio::test]
async fn every_client_is_closed_with_4001_and_session_clients_are_told_before() {
    let mut node = Node::start().await;
    let mut bare = node.enter("ana").await;
    let mut session = node.greet("bo", json!({})).await;
    session.next().await;
    session.next_event("app.ready").await;
    within("the shutdown", async {
        let shutdown = node.server.shutdown(DEADLINE);
        let (_, (bare, closed), (session, _)) = tokio::join!(shutdown, bare.rest(), session.rest());
        assert!(bare.is_empty(), "{bare:?}");
        assert_eq!(closed.0, 4001);
        assert_eq!(session.len(), 1, "{session:?}");
        let bye = &session[0]["bye"];
        assert_eq!(
            (&bye["code"], &bye["reconnect_in"]),
            (&json!(4001), &json!([0, 5_000]))
        );
    })
    .await;
    assert_eq!(node.server.connections(), 0);
    for _ in 0..2 {
        let note = node.noted().await;
        assert!(matches!(note, Note::Disconnected(_, 4001)), "{note:?}");
    }
}

#[tokio::test]
async fn what_is_broadcast_before_the_shutdown_leaves_before_the_close() {
    let node = Node::start().await;
    let mut bare = node.enter("ana").await;
    let mut session = node.greet("bo", json!({})).await;
    session.next().await;
    session.next_event("app.ready").await;
    node.server
        .broadcast_local(&Said {
            text: "goodbye".into(),
        })
        .unwrap();
    within("the shutdown", async {
        let shutdown = node.server.shutdown(DEADLINE);
        let (_, (bare, _), (session, _)) = tokio::join!(shutdown, bare.rest(), session.rest());
        assert_eq!(bare[0]["data"]["text"], "goodbye", "{bare:?}");
        assert_eq!(session[0]["data"]["text"], "goodbye", "{session:?}");
        assert_eq!(session[1]["bye"]["code"], 4001, "{session:?}");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_has_ended_refuses_new_clients_with_503() {
    let node = Node::start().await;
    within("the shutdown", node.server.shutdown(DEADLINE)).await;
    assert_eq!(node.try_enter("ana").await.err(), Some(503));
}

#[tokio::test]
async fn handlers_that_run_finish_first_and_are_answered() {
    let mut node = Node::start().await;
    let mut busy = node.enter("ana").await;
    let mut idle = node.enter("bo").await;
    busy.request(1, "work.ask", json!({ "name": "a", "waits": true }))
        .await;
    busy.emit("work.do", json!({ "name": "b", "waits": true }))
        .await;
    // They run side by side, and so begin in any order.
    let mut notes = vec![node.noted().await, node.noted().await];
    let server = node.server.clone();
    let shutdown = tokio::spawn(async move { server.shutdown(DEADLINE).await });
    assert_eq!(idle.closed().await.0, 4001);
    assert_eq!(node.try_enter("cy").await.err(), Some(503));
    node.gate.add_permits(2);
    assert_eq!(busy.answer(1).await["data"]["name"], "a");
    assert_eq!(busy.closed().await.0, 4001);
    within("the shutdown", shutdown).await.unwrap();
    while notes.len() < 6 {
        notes.push(node.noted().await);
    }
    for name in ["a", "b"] {
        assert!(notes.contains(&Note::Began(name.into())), "{notes:?}");
        assert!(notes.contains(&Note::Ended(name.into())), "{notes:?}");
    }
}

#[tokio::test]
async fn handlers_that_still_run_at_the_deadline_are_dropped() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.emit("work.do", json!({ "name": "endless", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("endless".into()));
    let shutdown = node.server.shutdown(Duration::from_millis(50));
    let (_, closed) = within("the shutdown", async {
        tokio::join!(shutdown, peer.closed())
    })
    .await;
    assert_eq!(closed.0, 4001);
    assert_eq!(node.noted().await, Note::Dropped("endless".into()));
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4001));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_left_behind_by_a_shutdown() {
    for transport in [Transport::Socket, Transport::Hidden] {
        let limits = Limits::default()
            .with_outbox_bytes(1 << 30)
            .with_close_timeout(Duration::from_millis(200));
        let mut node = Node::with(Setup {
            limits,
            transport,
            ..Setup::default()
        })
        .await;
        let mut slow = node.enter("slow").await;
        let mut quick = node.enter("quick").await;
        let text = "x".repeat(32 * 1024);
        for _ in 0..300 {
            node.room.broadcast(&said(&text)).unwrap();
            quick.next_event("room.said").await;
        }
        // A handler that does not end keeps it from being closed before the deadline.
        slow.emit("work.do", json!({ "name": "endless", "waits": true }))
            .await;
        assert_eq!(node.noted().await, Note::Began("endless".into()));
        let shutdown = node.server.shutdown(Duration::from_millis(50));
        let (_, closed) = within("the shutdown", async {
            tokio::join!(shutdown, quick.closed())
        })
        .await;
        assert_eq!(closed.0, 4001);
        assert_eq!(node.server.connections(), 0);
        let mut notes = Vec::new();
        for _ in 0..3 {
            notes.push(node.noted().await);
        }
        for user in ["quick", "slow"] {
            let note = Note::Disconnected(user.into(), 4001);
            assert!(notes.contains(&note), "{notes:?}");
        }
    }
}
