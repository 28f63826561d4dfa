//! What comes in which order.

use serde_json::json;

use crate::contract::said;
use crate::node::{Node, Note};

#[tokio::test]
async fn events_of_a_client_are_handled_one_at_a_time_in_the_order_sent() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    for number in 0..20 {
        let waits = number % 2 == 0;
        peer.emit(
            "work.do",
            json!({ "name": number.to_string(), "waits": waits }),
        )
        .await;
    }
    for number in 0..20 {
        assert_eq!(node.noted().await, Note::Began(number.to_string()));
        if number % 2 == 0 {
            node.gate.add_permits(1);
        }
        assert_eq!(node.noted().await, Note::Ended(number.to_string()));
    }
}

#[tokio::test]
async fn an_event_that_waits_holds_up_no_other_client() {
    let mut node = Node::start().await;
    let mut slow = node.enter("ana").await;
    let mut quick = node.enter("bo").await;
    slow.emit("work.do", json!({ "name": "slow", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("slow".into()));
    quick
        .emit("work.do", json!({ "name": "quick", "waits": false }))
        .await;
    assert_eq!(node.noted().await, Note::Began("quick".into()));
    assert_eq!(node.noted().await, Note::Ended("quick".into()));
}

#[tokio::test]
async fn messages_leave_a_connection_in_the_order_in_which_they_were_sent() {
    let node = Node::start().await;
    let mut peer = node.enter("ana").await;
    peer.emit("app.count", json!({ "to": 1_000 })).await;
    for number in 0..1_000 {
        assert_eq!(peer.next_event("app.counted").await["number"], number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_in_a_channel_sees_one_order_the_senders_included() {
    let node = Node::start().await;
    let mut peers = [node.enter("ana").await, node.enter("bo").await];
    for number in 0..100 {
        for (index, peer) in peers.iter_mut().enumerate() {
            let text = format!("{index}: {number}");
            peer.emit("room.say", json!({ "text": text })).await;
        }
    }
    let mut seen = Vec::new();
    for peer in &mut peers {
        let mut texts = Vec::new();
        for _ in 0..200 {
            texts.push(peer.next_event("room.said").await["text"].clone());
        }
        seen.push(texts);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn every_event_of_a_channel_has_a_position_of_its_own() {
    let node = Node::start().await;
    let mut peer = node.enter("ana").await;
    let mut positions = Vec::new();
    for number in 0..10 {
        node.room.broadcast(&said(number.to_string())).unwrap();
        let message = peer.next().await;
        assert_eq!(message["channel"], "room");
        positions.push(message["pos"].as_str().unwrap().to_owned());
    }
    positions.sort();
    positions.dedup();
    assert_eq!(positions.len(), 10);
}

#[tokio::test]
async fn what_a_client_sends_before_it_closes_is_handled() {
    let node = Node::start().await;
    let mut other = node.enter("bo").await;
    for round in 0..20 {
        let mut ana = node.enter("ana").await;
        for number in 0..20 {
            let text = format!("{round} {number}");
            ana.emit("room.say", json!({ "text": text })).await;
        }
        ana.close(1000).await;
        for number in 0..20 {
            let said = other.next_event("room.said").await;
            assert_eq!(said["text"], format!("{round} {number}"));
        }
    }
}
