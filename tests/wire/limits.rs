//! The bounds of a server, each by what a client sees of it. Those of a message stand in `frame`, those of handlers in
//! `fault`, those of time in `life` and `opening`, and those of channels in `e2e`.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Frame, Opcode, Peer, within};
use tokio::task::yield_now;
use ws_core::{Limits, Rate};

use crate::server::{Running, assert_lives};

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Writes frames to a server with these limits, and looks at the code that it closes with.
async fn closes(limits: Limits, frames: &[Frame], code: u16) {
    let mut server = Running::with(limits).await;
    let mut peer = server.raw().await;
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    peer.write(&bytes).await;
    assert_eq!(peer.close_code().await, Some(code));
    assert!(server.told().await.kind.contains(&code.to_string()));
}

fn part(opcode: Opcode, bytes: usize) -> Frame {
    Frame {
        last: false,
        ..Frame::new(opcode, vec![b' '; bytes])
    }
}

#[tokio::test]
async fn a_frame_above_its_limit_is_closed_with_1009_although_a_message_may_be_longer() {
    let limits = Limits::default().with_frame_bytes(100);
    let whole = [part(Opcode::Text, 100), part(Opcode::Continuation, 101)];
    closes(limits, &whole, 1009).await;
}

#[tokio::test]
async fn a_message_of_frames_below_their_limit_is_read() {
    let server = Running::with(Limits::default().with_frame_bytes(100)).await;
    let mut peer = server.raw().await;
    let end = Frame::new(Opcode::Continuation, *b"{}nonsense");
    for frame in [
        part(Opcode::Text, 100),
        part(Opcode::Continuation, 100),
        end,
    ] {
        peer.write(&frame.bytes()).await;
    }
    let (_, answer) = peer.read().await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("ws.invalid_message"), "{answer}");
}

#[tokio::test]
async fn a_message_of_more_frames_than_it_may_have_is_closed_with_1009() {
    let mut frames = vec![part(Opcode::Text, 1)];
    frames.resize(4, part(Opcode::Continuation, 0));
    closes(Limits::default().with_fragments(3), &frames, 1009).await;
}

#[tokio::test]
async fn an_event_above_the_rate_is_refused_and_is_no_abuse() {
    let limits = Limits::default()
        .with_rate(Rate::new(3, HOUR))
        .with_errors_per_minute(1);
    let mut server = Running::with(limits).await;
    let mut peer = server.bare().await;
    for _ in 0..3 {
        peer.emit("chats.msg", json!({ "text": "hello" })).await;
        peer.next_event("chats.msg").await;
    }
    for _ in 0..10 {
        peer.emit("chats.msg", json!({ "text": "hello" })).await;
        assert_eq!(peer.error().await, "ws.rate_limited");
        let told = server.told().await;
        assert_eq!(told.event.as_deref(), Some("chats.msg"));
    }
    peer.request(7, "participants.info", json!({ "id": "ana" }))
        .await;
    assert_eq!(peer.answer(7).await["error"]["code"], "ws.rate_limited");
    // Another connection has its own.
    assert_lives(&mut server.bare().await).await;
}

#[tokio::test]
async fn a_message_in_an_unusual_form_counts_once_against_the_rate() {
    let limits = Limits::default().with_rate(Rate::new(2, HOUR));
    let server = Running::with(limits).await;
    let mut peer = server.bare().await;
    let unusual = r#"{"event":"chats.msg","data":{"text":"hello"},"trace":1}"#;
    for _ in 0..2 {
        peer.send_text(unusual).await;
        assert_eq!(peer.next_event("chats.msg").await["length"], 5);
    }
    peer.send_text(unusual).await;
    assert_eq!(peer.error().await, "ws.rate_limited");
}

/// Waits until a client of this path is taken.
async fn is_free(server: &Running, path: &str) -> Peer {
    within("a free place", async {
        loop {
            if let Ok(peer) = Peer::connect(server.address(), path, None).await {
                return peer;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_full_refuses_with_503_until_a_socket_is_closed() {
    let server = Running::with(Limits::default().with_connections(2)).await;
    let first = server.bare().await;
    let mut second = server.raw().await;
    let refused = async || Peer::connect(server.address(), "/ws", None).await.err();
    assert_eq!(refused().await, Some(503));
    assert_eq!(server.server.connections(), 2);
    // A client that was told to go is there as long as its socket is.
    second
        .write(&Frame::new(Opcode::Close, 1000_u16.to_be_bytes()).bytes())
        .await;
    assert_eq!(second.close_code().await, Some(1000));
    assert_eq!(second.read().await, None);
    assert_eq!(refused().await, Some(503));
    drop(second);
    let third = is_free(&server, "/ws").await;
    assert_eq!(refused().await, Some(503));
    drop((first, third));
    within("an empty server", async {
        while server.server.connections() > 0 {
            yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_address_has_no_more_connections_than_it_may_have() {
    let limits = Limits::default().with_connections_per_address(2);
    let server = Running::with_addresses(limits).await;
    let first = server.bare().await;
    let mut second = server.bare().await;
    let refused = async || Peer::connect(server.address(), "/ws", None).await.err();
    assert_eq!(refused().await, Some(429));
    first.close(1000).await;
    assert_lives(&mut is_free(&server, "/ws").await).await;
    assert_lives(&mut second).await;
}

#[tokio::test]
async fn an_address_that_is_known_only_with_the_socket_is_closed_with_1013() {
    let limits = Limits::default().with_connections_per_address(1);
    let server = Running::with(limits).await;
    let mut first = server.bare().await;
    assert_lives(&mut first).await;
    for mut refused in [server.bare().await, server.silent_session().await] {
        assert_eq!(refused.closed().await.0, 1013);
    }
    assert_lives(&mut first).await;
    first.close(1000).await;
    let pinged = async || {
        let mut peer = server.raw().await;
        peer.write(&Frame::new(Opcode::Ping, *b"free?").bytes())
            .await;
        peer.read().await.unwrap()
    };
    within("a free place", async {
        while pinged().await != (Opcode::Pong as u8, b"free?".to_vec()) {}
    })
    .await;
}

#[tokio::test]
async fn behind_a_proxy_it_is_the_address_of_the_client_that_counts() {
    let limits = Limits::default().with_connections_per_address(1);
    let server = Running::with_addresses(limits).await;
    let connect = async |path| Peer::connect(server.address(), path, None).await;
    let first = connect("/from/2001:db8::1").await.unwrap();
    assert_eq!(connect("/from/2001:db8::2").await.err(), Some(429));
    let mut other = connect("/from/192.0.2.1").await.unwrap();
    assert_lives(&mut other).await;
    first.close(1000).await;
    is_free(&server, "/from/2001:db8::2").await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_a_close_is_given_up_in_time() {
    let server =
        Running::with(Limits::default().with_close_timeout(Duration::from_millis(50))).await;
    let mut peer = server.raw().await;
    peer.write(&Frame::new(Opcode::Text, *br#"{"event":"app.signout","data":{}}"#).bytes())
        .await;
    assert_eq!(peer.close_code().await, Some(1000));
    let start = Instant::now();
    within("the end of the socket", async {
        while server.server.connections() > 0 {
            yield_now().await;
        }
    })
    .await;
    assert!(start.elapsed() < Duration::from_secs(3), "as by default");
}

#[tokio::test]
async fn a_client_that_answers_a_close_is_let_go_at_once() {
    let server = Running::with(Limits::default().with_close_timeout(HOUR)).await;
    let mut peer = server.bare().await;
    peer.emit("app.signout", json!({})).await;
    assert_eq!(peer.closed().await.0, 1000);
    within("the shutdown", server.server.shutdown(HOUR)).await;
}
