//! Requests: side by side, cancelled, and bounded.

use serde_json::json;
use ws_core::{Close, CloseCode};

use crate::node::{Node, Note};

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
