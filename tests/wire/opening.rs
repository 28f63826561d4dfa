//! How a connection begins, and how it does not.

use std::time::Duration;

use serde_json::json;
use tests::{Opcode, Peer, ask, upgrade};
use ws_core::Limits;

use crate::server::{Running, assert_lives};

const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Asks for a WebSocket with these headers, and looks at the status and at words of the sentence that comes with it.
async fn assert_answers(head: &str, status: u16, words: &str) {
    let server = Running::start().await;
    let answer = ask(server.address(), head).await;
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.contains(words), "{answer:?}");
}

#[tokio::test]
async fn a_request_that_asks_for_no_upgrade_is_answered_with_426() {
    let server = Running::start().await;
    let answer = ask(server.address(), "GET /ws HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert_eq!(answer.status, 426);
    assert!(answer.head.contains("upgrade: websocket"), "{answer:?}");
}

#[tokio::test]
async fn another_version_of_websocket_is_answered_with_426() {
    let head = upgrade("/ws", &format!("{KEY}Sec-WebSocket-Version: 8\r\n"));
    assert_answers(&head, 426, "13").await;
}

#[tokio::test]
async fn a_missing_key_is_answered_with_400() {
    assert_answers(&upgrade("/ws", VERSION), 400, "Sec-WebSocket-Key").await;
}

#[tokio::test]
async fn a_key_that_is_not_16_bytes_is_answered_with_400() {
    let head = upgrade("/ws", &format!("{VERSION}Sec-WebSocket-Key: c2hvcnQ=\r\n"));
    assert_answers(&head, 400, "Sec-WebSocket-Key").await;
}

#[tokio::test]
async fn subprotocols_none_of_which_is_known_are_answered_with_400() {
    let headers = format!("{VERSION}{KEY}Sec-WebSocket-Protocol: graphql-ws, soap\r\n");
    assert_answers(&upgrade("/ws", &headers), 400, "ws.v1.json").await;
}

#[tokio::test]
async fn the_known_subprotocol_is_selected_among_others() {
    let server = Running::start().await;
    let headers = format!("{VERSION}{KEY}Sec-WebSocket-Protocol: soap, ws.v1.json\r\n");
    let answer = ask(server.address(), &upgrade("/ws", &headers)).await;
    assert_eq!(answer.status, 101);
    assert!(
        answer
            .head
            .contains("sec-websocket-protocol: ws.v1.json\r\n")
    );
}

#[tokio::test]
async fn a_session_begins_with_hello_and_welcome() {
    let server = Running::start().await;
    let mut peer = server.session().await;
    let welcome = peer.welcome();
    assert!(peer.connection().starts_with("c-"));
    assert_eq!(welcome["contract"], "unknown");
    assert_eq!(welcome["ping"], 25_000);
    assert_eq!(welcome["max"], 65_536);
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn a_session_that_does_not_say_hello_in_time_is_closed_with_4504() {
    let limits = Limits::default().with_handshake_timeout(Duration::from_millis(50));
    let server = Running::with(limits).await;
    let mut peer = Peer::silent_session(server.address(), "/ws").await;
    assert_eq!(peer.closed().await.0, 4504);
}

#[tokio::test]
async fn a_session_that_says_something_else_first_is_closed_with_4504() {
    for first in [
        r#"{"event":"app.signout"}"#,
        "{}",
        "garbage",
        r#"{"hello":7}"#,
    ] {
        let server = Running::start().await;
        let mut peer = Peer::silent_session(server.address(), "/ws").await;
        peer.send_text(first).await;
        assert_eq!(peer.closed().await.0, 4504, "{first}");
    }
}

#[tokio::test]
async fn a_hello_that_is_an_array_is_no_hello() {
    let running = Running::start().await;
    for hello in [json!([]), json!([null, "token"])] {
        let mut peer = running.silent_session().await;
        peer.send(json!({ "hello": hello })).await;
        let (code, reason) = peer.closed().await;
        assert_eq!(code, 4504);
        assert!(reason.contains("expected an object"), "{reason}");
    }
}

#[tokio::test]
async fn a_second_hello_is_an_invalid_message() {
    let server = Running::start().await;
    let mut peer = server.session().await;
    peer.send(json!({ "hello": {} })).await;
    assert_eq!(peer.error().await, "ws.invalid_message");
    assert_lives(&mut peer).await;
}

#[tokio::test]
async fn a_bare_client_starts_at_once() {
    let server = Running::start().await;
    assert_lives(&mut server.bare().await).await;
}

#[tokio::test]
async fn a_bare_client_is_pinged_by_frames_and_a_session_client_by_messages() {
    let limits = Limits::default().with_ping_interval(Duration::from_millis(20));
    let server = Running::with(limits).await;
    let mut bare = server.raw().await;
    assert_eq!(
        bare.read_any().await,
        Some((Opcode::Ping as u8, Vec::new()))
    );
    let mut session = server.session().await;
    session.pinged().await;
    session.pinged().await;
    assert_lives(&mut session).await;
}
