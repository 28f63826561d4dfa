//! Requests: side by side, cancelled, and bounded.

use serde_json::{Value, json};
use tests::{Frame, Opcode};
use ws_core::{Close, CloseCode, Limits};

use crate::node::{Node, Note, Setup};

async fn node(limits: Limits) -> Node {
    Node::with(Setup {
        limits,
        ..Setup::default()
    })
    .await
}

/// Requests whose handlers wait, each with a `cancel` right behind it, as the bytes of one write.
fn asked_and_cancelled(requests: u64) -> Vec<u8> {
    let message = |message: &Value| Frame::new(Opcode::Text, message.to_string()).bytes();
    let pairs = (0..requests).flat_map(|id| {
        let ask = json!({
            "event": "work.ask", "data": { "name": id.to_string(), "waits": true }, "id": id,
        });
        [message(&ask), message(&json!({ "cancel": id }))]
    });
    pairs.flatten().collect()
}

#[tokio::test]
async fn requests_run_side_by_side_and_are_answered_when_they_are_ready() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.request(1, "work.ask", json!({ "name": "slow", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("slow".into()));
    peer.request(2, "work.ask", json!({ "name": "quick", "waits": false }))
        .await;
    assert_eq!(peer.answer(2).await["data"]["name"], "quick");
    node.gate.add_permits(1);
    assert_eq!(peer.answer(1).await["data"]["name"], "slow");
}

#[tokio::test]
async fn a_cancelled_request_drops_its_handler_and_is_not_answered() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.request(1, "work.ask", json!({ "name": "long", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("long".into()));
    peer.send(json!({ "cancel": 1 })).await;
    assert_eq!(node.noted().await, Note::Dropped("long".into()));
    peer.request(2, "work.ask", json!({ "name": "next", "waits": false }))
        .await;
    peer.answer(2).await;
}

#[tokio::test]
async fn a_handler_whose_request_is_cancelled_is_gone_before_one_more_than_the_bound_begins() {
    let mut node = node(Limits::default().with_concurrent_requests(1)).await;
    let mut peer = node.enter_raw("ana").await;
    peer.write(&asked_and_cancelled(20)).await;
    for id in 0..20 {
        assert_eq!(node.noted().await, Note::Began(id.to_string()));
        assert_eq!(node.noted().await, Note::Dropped(id.to_string()));
    }
}

#[tokio::test]
async fn cancelling_is_no_way_around_the_bound_of_requests() {
    let limits = Limits::default()
        .with_concurrent_requests(2)
        .with_cancels_per_minute(3);
    let mut node = node(limits).await;
    let mut peer = node.enter_raw("ana").await;
    peer.write(&asked_and_cancelled(2_000)).await;
    let message = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    for id in 5..2_000 {
        let refused = message(peer.read_text().await);
        assert_eq!(refused["id"], id);
        assert_eq!(refused["error"]["code"], "ws.too_many_requests");
    }
    node.gate.add_permits(2);
    for id in 3..5 {
        // Whose cancel was not heard is answered.
        assert_eq!(
            message(peer.read_text().await)["data"]["name"],
            id.to_string()
        );
    }
    let (mut began, mut dropped) = (Vec::new(), Vec::new());
    while began.len() < 5 || dropped.len() < 3 {
        match node.noted().await {
            Note::Began(name) => began.push(name),
            Note::Dropped(name) => dropped.push(name),
            Note::Ended(_) | Note::Error(_) => {}
            note @ Note::Disconnected(..) => panic!("{note:?}"),
        }
    }
    assert_eq!(began, ["0", "1", "2", "3", "4"]);
    assert_eq!(dropped, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_cancel_that_names_no_open_request_counts_nothing() {
    let mut node = node(Limits::default().with_cancels_per_minute(1)).await;
    let mut peer = node.enter("ana").await;
    for _ in 0..10 {
        peer.send(json!({ "cancel": 1 })).await;
    }
    peer.request(1, "work.ask", json!({ "name": "long", "waits": true }))
        .await;
    peer.send(json!({ "cancel": 1 })).await;
    assert_eq!(node.noted().await, Note::Began("long".into()));
    assert_eq!(node.noted().await, Note::Dropped("long".into()));
}

#[tokio::test]
async fn a_cancel_that_names_no_open_request_is_ignored() {
    let node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.send(json!({ "cancel": 1 })).await;
    peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    peer.answer(1).await;
    peer.send(json!({ "cancel": 1 })).await;
    peer.request(2, "work.ask", json!({ "name": "b", "waits": false }))
        .await;
    peer.answer(2).await;
}

#[tokio::test]
async fn the_33rd_open_request_is_refused_and_taken_again_when_one_has_ended() {
    let node = Node::start().await;
    let mut peer = node.enter("ana").await;
    for id in 0..32 {
        peer.request(id, "work.ask", json!({ "name": "open", "waits": true }))
            .await;
    }
    peer.request(32, "work.ask", json!({ "name": "more", "waits": false }))
        .await;
    let refused = peer.answer(32).await;
    assert_eq!(refused["error"]["code"], "ws.too_many_requests");
    node.gate.add_permits(1);
    assert_eq!(peer.next().await["data"]["name"], "open");
    peer.request(32, "work.ask", json!({ "name": "more", "waits": false }))
        .await;
    assert_eq!(peer.answer(32).await["data"]["name"], "more");
}

#[tokio::test]
async fn the_handlers_of_a_client_that_is_gone_are_dropped() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.request(1, "work.ask", json!({ "name": "long", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("long".into()));
    drop(peer);
    assert_eq!(node.noted().await, Note::Dropped("long".into()));
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1006));
}

#[tokio::test]
async fn a_close_of_the_application_waits_for_no_handler() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.send(json!({ "event": "work.do", "data": { "name": "event", "waits": true } }))
        .await;
    assert_eq!(node.noted().await, Note::Began("event".into()));
    peer.request(1, "work.ask", json!({ "name": "request", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("request".into()));
    let close = Close::new(CloseCode::EXPIRED, "a new token, please");
    node.room.disconnect_user("ana", close).unwrap();
    let mut dropped = [node.noted().await, node.noted().await];
    dropped.sort_by_key(|note| format!("{note:?}"));
    assert_eq!(
        dropped,
        ["event", "request"].map(|name| Note::Dropped(name.into()))
    );
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4005));
}
