//! Handlers that fail, and clients that go on and on.

use std::time::Duration;

use serde_json::json;
use ws_core::Limits;
use ws_core::contract::contract_hash;

use crate::contract::Wire;
use crate::server::{OUT_OF_REACH, Running, Told, assert_lives};

#[tokio::test]
async fn a_handler_that_panics_is_an_internal_error_and_the_connection_lives() {
    let mut server = Running::start().await;
    let mut peer = server.bare().await;
    let message = json!({ "event": "faults.panic", "data": { "message": "the secret" }, "id": 7 });
    peer.send(message.clone()).await;
    let answer = peer.answer(7).await;
    assert_eq!(answer["error"]["code"], "ws.internal");
    assert!(
        !answer.to_string().contains("secret"),
        "details are for the log only"
    );
    let told = server.told().await;
    assert_eq!(told.event.as_deref(), Some("faults.panic"));
    assert_eq!(told.message, message.to_string());
    assert!(told.kind.contains("panicked: the secret"), "{told:?}");
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn a_request_that_declares_an_error_can_fail_with_any_other_which_only_the_server_is_told() {
    let mut server = Running::start().await;
    let mut peer = server.bare().await;
    let ask = |to: &str| json!({ "to": to, "text": "hello" });
    peer.request(1, "chats.msg-private", ask("ana")).await;
    assert!(peer.answer(1).await["data"]["sent_at"].is_string());
    peer.request(2, "chats.msg-private", ask("bea")).await;
    assert_eq!(peer.answer(2).await["error"]["code"], "not_here");
    peer.request(3, "chats.msg-private", ask(OUT_OF_REACH))
        .await;
    let answer = peer.answer(3).await;
    assert_eq!(answer["error"]["code"], "ws.internal");
    assert!(!answer.to_string().contains("secret"), "{answer}");
    // The first call: a declared error is no failure.
    let told = server.told().await;
    assert_eq!(told.event.as_deref(), Some("chats.msg-private"));
    assert!(
        told.kind.contains("the secret database is away"),
        "{told:?}"
    );
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn an_event_whose_handler_panics_does_not_hold_up_the_next() {
    let mut server = Running::start().await;
    let mut peer = server.bare().await;
    peer.emit("faults.panic-quietly", json!({})).await;
    peer.emit("chats.msg", json!({ "text": "hello" })).await;
    assert_eq!(peer.error().await, "ws.internal");
    assert_eq!(peer.next_event("chats.msg").await["length"], 5);
    assert!(server.told().await.kind.contains("panicked: quietly"));
}

#[tokio::test]
async fn a_request_that_hangs_does_not_hold_up_anything_else() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    peer.request(1, "faults.hang", json!({})).await;
    peer.emit("chats.msg", json!({ "text": "hello" })).await;
    assert_eq!(peer.next_event("chats.msg").await["length"], 5);
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn an_event_that_hangs_does_not_hold_up_requests() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    peer.emit("faults.hang-quietly", json!({})).await;
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn events_behind_one_that_hangs_wait_up_to_their_bound() {
    let server = Running::with(Limits::default().with_queued_events(3)).await;
    let mut peer = server.bare().await;
    peer.emit("faults.hang-quietly", json!({})).await;
    for _ in 0..4 {
        peer.emit("chats.msg", json!({ "text": "hello" })).await;
    }
    let refused = peer.next().await;
    assert_eq!(refused["error"]["code"], "ws.too_many_requests");
    // A developer reads which bound to raise, and how far it is.
    assert_eq!(
        refused["error"]["message"],
        "too many events are waiting to be handled: at most 3 events or 262144 bytes may wait"
    );
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn events_behind_one_that_hangs_wait_up_to_their_bound_in_bytes() {
    let server = Running::with(Limits::default().with_queued_event_bytes(2_000)).await;
    let mut peer = server.bare().await;
    peer.emit("faults.hang-quietly", json!({})).await;
    for _ in 0..3 {
        peer.emit("chats.msg", json!({ "text": "x".repeat(900) }))
            .await;
    }
    assert_eq!(peer.error().await, "ws.too_many_requests");
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn an_event_that_waits_behind_nothing_is_handled_however_long_it_is() {
    let limits = Limits::default()
        .with_message_bytes(1024 * 1024)
        .with_queued_event_bytes(2_000);
    let server = Running::with(limits).await;
    let mut peer = server.bare().await;
    // What the server does not know is as long as anything else.
    let long = json!({ "text": "hello", "unknown": "x".repeat(300_000) });
    for _ in 0..3 {
        peer.emit("chats.msg", long.clone()).await;
        assert_eq!(peer.next_event("chats.msg").await["length"], 5);
    }
    peer.emit("faults.hang-quietly", json!({})).await;
    peer.emit("chats.msg", long).await;
    assert_eq!(peer.error().await, "ws.too_many_requests");
}

#[tokio::test]
async fn where_no_event_may_wait_one_that_need_not_is_handled() {
    let server = Running::with(Limits::default().with_queued_events(0)).await;
    let mut peer = server.bare().await;
    for _ in 0..3 {
        peer.emit("chats.msg", json!({ "text": "hello" })).await;
        assert_eq!(peer.next_event("chats.msg").await["length"], 5);
    }
    peer.emit("faults.hang-quietly", json!({})).await;
    peer.emit("chats.msg", json!({ "text": "hello" })).await;
    assert_eq!(peer.error().await, "ws.too_many_requests");
}

#[tokio::test]
async fn a_handler_that_exceeds_its_time_is_dropped_and_its_client_told() {
    let limits = Limits::default().with_handler_timeout(Duration::from_millis(50));
    let mut server = Running::with(limits).await;
    let mut peer = server.bare().await;
    peer.request(7, "faults.hang", json!({})).await;
    let answer = peer.answer(7).await;
    assert_eq!(answer["error"]["code"], "ws.timeout");
    assert!(server.told().await.kind.contains("in time"));
    peer.emit("faults.hang-quietly", json!({})).await;
    peer.emit("chats.msg", json!({ "text": "hello" })).await;
    assert_eq!(peer.error().await, "ws.timeout");
    assert_eq!(peer.next_event("chats.msg").await["length"], 5);
}

#[tokio::test]
async fn after_100_errors_garbage_is_closed_with_4504_and_nobody_else_notices() {
    let mut server = Running::start().await;
    let mut other = server.bare().await;
    let mut peer = server.bare().await;
    for _ in 0..1_000 {
        // The server may have closed the connection by now.
        if !peer.try_send_text("garbage").await {
            break;
        }
    }
    let (come, (code, _)) = peer.rest().await;
    assert_eq!(code, 4504);
    let codes = come.iter().map(|answer| &answer["error"]["code"]);
    assert!(codes.clone().all(|code| *code == "ws.invalid_message"));
    let answers = codes.count();
    assert!((100..=101).contains(&answers), "{answers} answers");
    for _ in 0..answers {
        let told: Told = server.told().await;
        assert_eq!(told.message, "garbage");
    }
    assert!(server.told().await.kind.contains("4504"));
    assert_lives(&mut other).await;
}

#[tokio::test]
async fn a_page_of_another_version_is_not_closed_for_events_that_this_server_does_not_know() {
    let server = Running::with(Limits::default().with_errors_per_minute(3)).await;
    let mut peer = server
        .session_saying(json!({ "contract": "0".repeat(32) }))
        .await;
    for _ in 0..10 {
        peer.emit("cursors.move", json!({ "x": 1 })).await;
        assert_eq!(peer.error().await, "ws.unknown_event");
        peer.emit("chats.msg", json!({ "words": 5 })).await;
        assert_eq!(peer.error().await, "ws.invalid_payload");
    }
    // What no version says is abuse all the same.
    for _ in 0..4 {
        peer.send_text("{").await;
    }
    for _ in 0..4 {
        assert_eq!(peer.error().await, "ws.invalid_message");
    }
    assert_eq!(peer.closed().await.0, 4504);
}

#[tokio::test]
async fn a_page_of_the_same_version_is_closed_for_events_that_nobody_knows() {
    let server = Running::with(Limits::default().with_errors_per_minute(3)).await;
    let hash = contract_hash::<Wire>();
    let mut peer = server.session_saying(json!({ "contract": hash })).await;
    for _ in 0..4 {
        peer.emit("cursors.move", json!({ "x": 1 })).await;
    }
    for _ in 0..4 {
        assert_eq!(peer.error().await, "ws.unknown_event");
    }
    assert_eq!(peer.closed().await.0, 4504);
}
