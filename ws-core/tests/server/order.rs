//! The order of events, and what happens to those that wait.

use serde_json::json;
use ws_core::Limits;

use crate::stage::Stage;

#[tokio::test]
async fn events_are_handled_one_at_a_time_in_the_order_in_which_they_were_sent() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"do.wait","data":{"gate":"a"}}"#)
        .await
        .unwrap();
    for number in 0..50 {
        let say = json!({"event": "room.say", "data": {"text": number.to_string()}});
        ana.send(&say.to_string()).await.unwrap();
    }
    // A request does not wait for the events, and shows that none of them is handled yet.
    let first = {
        let request = json!({"event": "ask.double", "data": {"number": 1}, "id": 1});
        ana.send(&request.to_string()).await.unwrap();
        ana.receive().await.unwrap()
    };
    assert_eq!(first["id"], 1);
    stage.open_gate("a").await;
    for number in 0..50 {
        let said = ana.receive().await.unwrap();
        assert_eq!(said["data"]["text"], number.to_string());
    }
}

#[tokio::test]
async fn more_unhandled_events_than_may_wait_are_refused() {
    let mut stage = Stage::with(Limits::default().with_unhandled(3)).await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"do.wait","data":{"gate":"a"}}"#)
        .await
        .unwrap();
    for number in 0..5 {
        let say = json!({"event": "room.say", "data": {"text": number.to_string()}});
        ana.send(&say.to_string()).await.unwrap();
    }
    for _ in 0..2 {
        let refused = ana.receive().await.unwrap();
        assert_eq!(refused["error"]["code"], "ws.too_many_requests");
        assert!(stage.error().await.1.contains("ws.too_many_requests"));
    }
    stage.open_gate("a").await;
    for number in 0..3 {
        assert_eq!(
            ana.receive().await.unwrap()["data"]["text"],
            number.to_string()
        );
    }
}

#[tokio::test]
async fn every_receiver_sees_the_messages_of_a_channel_in_one_order() {
    let stage = Stage::open().await;
    let mut clients = Vec::new();
    for name in ["ana", "bea", "cia"] {
        clients.push(stage.enter(name).await);
    }
    for number in 0..100 {
        for client in &mut clients {
            let say = json!({"event": "room.say", "data": {"text": number.to_string()}});
            client.send(&say.to_string()).await.unwrap();
        }
    }
    let mut seen = Vec::new();
    for client in &mut clients {
        let mut messages = Vec::new();
        while messages.len() < 300 {
            let message = client.event("room.say").await.unwrap();
            messages.push((message["data"].clone(), message["pos"].clone()));
        }
        seen.push(messages);
    }
    assert!(seen.iter().all(|messages| *messages == seen[0]));
}
