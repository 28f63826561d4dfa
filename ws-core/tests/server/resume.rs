//! Coming back: exactly what was missed, or a gap that says so.

use serde_json::{Value, json};
use ws_core::testing::TestClient;
use ws_core::{Limits, MemoryHub};

use crate::stage::{Stage, path};

async fn say(client: &mut TestClient, text: &str) -> Value {
    let say = json!({"event": "room.say", "data": {"text": text}});
    client.send(&say.to_string()).await.unwrap();
    client.event("room.say").await.unwrap()["pos"].clone()
}

/// Connects with a position, and returns what comes up to and including `joined`.
async fn resume(stage: &Stage, name: &str, position: &Value) -> (TestClient, Vec<Value>) {
    let hello = json!({"resume": {"stage": position}});
    let (mut client, _) = TestClient::session(stage.address, &path(name), hello)
        .await
        .unwrap();
    let mut messages = Vec::new();
    while messages
        .last()
        .is_none_or(|message: &Value| message.get("joined").is_none())
    {
        messages.push(client.receive().await.unwrap());
    }
    (client, messages)
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message["data"]["text"].as_str())
        .collect()
}

#[tokio::test]
async fn a_client_that_comes_back_is_sent_exactly_what_it_missed_on_any_node() {
    let hub = MemoryHub::new();
    let here = Stage::on(&hub.node(), Limits::default()).await;
    let there = Stage::on(&hub.node(), Limits::default()).await;
    let mut bea = here.enter("bea").await;
    let (mut ana, start) = here.enter_session("ana", json!({})).await;
    say(&mut bea, "seen").await;
    let seen = ana.event("room.say").await.unwrap()["pos"].clone();
    assert_ne!(start, seen);
    ana.close(1001).await.unwrap();
    for text in ["one", "two"] {
        say(&mut bea, text).await;
    }
    bea.call("room.whisper", json!({"to": "ana", "text": "for ana"}), 1)
        .await
        .unwrap();
    bea.call("room.whisper", json!({"to": "cia", "text": "for cia"}), 2)
        .await
        .unwrap();
    let last = say(&mut bea, "three").await;

    for stage in [&there, &here] {
        let (mut ana, messages) = resume(stage, "ana", &seen).await;
        assert_eq!(texts(&messages), ["one", "two", "for ana", "three"]);
        let joined = &messages.last().unwrap()["joined"];
        assert_eq!(
            *joined,
            json!({"channel": "stage", "pos": last, "resumed": true})
        );
        ana.close(1000).await.unwrap();
    }
    let (_, from_the_start) = resume(&here, "ana", &start).await;
    assert_eq!(
        texts(&from_the_start),
        ["seen", "one", "two", "for ana", "three"]
    );
}

#[tokio::test]
async fn positions_in_the_messages_themselves_lead_to_exactly_what_follows_each() {
    let stage = Stage::open().await;
    let mut bea = stage.enter("bea").await;
    let mut positions = Vec::new();
    for number in 0..10 {
        positions.push(say(&mut bea, &number.to_string()).await);
    }
    for (index, position) in positions.iter().enumerate() {
        let (_client, messages) = resume(&stage, "ana", position).await;
        let expected: Vec<String> = (index + 1..10).map(|number| number.to_string()).collect();
        assert_eq!(texts(&messages), expected);
    }
}

#[tokio::test]
async fn a_position_that_no_log_has_is_answered_with_a_gap_and_where_it_goes_on() {
    let stage = Stage::open().await;
    let mut bea = stage.enter("bea").await;
    let now = say(&mut bea, "now").await;
    for position in [
        "AAYJ2v4EAAABI0VniavN7w",
        "nonsense",
        "______________________",
    ] {
        let (mut ana, messages) = resume(&stage, "ana", &json!(position)).await;
        assert_eq!(texts(&messages), [""; 0], "{position}");
        let joined = &messages.last().unwrap()["joined"];
        assert_eq!(
            *joined,
            json!({"channel": "stage", "pos": now, "resumed": false})
        );
        let gap = ana.receive().await.unwrap();
        assert_eq!(gap["gap"]["channel"], "stage", "{gap}");
        assert_eq!(gap["gap"]["pos"], now);
        ana.close(1000).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_clients_come_back_in_the_middle_of_a_stream() {
    let stage = Stage::open().await;
    let mut bea = stage.enter("bea").await;
    let (mut ana, start) = stage.enter_session("ana", json!({})).await;
    let talking = tokio::spawn(async move {
        for number in 0..400 {
            say(&mut bea, &number.to_string()).await;
        }
        bea
    });
    let mut position = start;
    let mut received: Vec<String> = Vec::new();
    while received.len() < 400 {
        for _ in 0..25.min(400 - received.len()) {
            let message = ana.event("room.say").await.unwrap();
            position = message["pos"].clone();
            received.push(message["data"]["text"].as_str().unwrap().to_owned());
        }
        if received.len() < 400 {
            ana.close(1001).await.unwrap();
            let hello = json!({"resume": {"stage": position}});
            ana = TestClient::session(stage.address, &path("ana"), hello)
                .await
                .unwrap()
                .0;
        }
    }
    let expected: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    assert_eq!(received, expected);
    drop(talking.await.unwrap());
}
