//! The hooks of a connection's beginning and end.

use std::future::pending;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tests::{Frame, Opcode, Peer, RawPeer, serve, within};
use tokio::sync::mpsc::unbounded_channel;
use ws_core::{Client, Close, CloseCode, Handlers, Limits, Server, WsEvent, WsUpgrade};

use crate::contract::said;
use crate::handlers::{ENDLESS, PANICKING, PATIENT, STARTLING, UNWANTED, UNWANTED_SLOWLY};
use crate::node::{Node, Note, Setup};

#[tokio::test]
async fn a_client_whose_beginning_fails_is_closed_with_1011() {
    let mut node = Node::start().await;
    let mut peer = node.try_enter(UNWANTED).await.unwrap();
    let (code, reason) = peer.closed().await;
    assert_eq!(code, 1011);
    assert!(
        !reason.contains("nobody wants"),
        "details are for the log only"
    );
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("nobody wants")));
}

#[tokio::test]
async fn a_client_at_whose_beginning_the_hook_panics_is_closed_with_1011() {
    let mut node = Node::start().await;
    let mut peer = node.try_enter(PANICKING).await.unwrap();
    assert_eq!(peer.closed().await.0, 1011);
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("panicked")));
}

#[tokio::test]
async fn a_hook_that_panics_before_its_first_await_closes_with_1011_too() {
    let mut node = Node::start().await;
    let mut peer = node.try_enter(STARTLING).await.unwrap();
    assert_eq!(peer.closed().await.0, 1011);
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("startled")));
    let note = node.noted().await;
    assert!(matches!(note, Note::Disconnected(_, 1011)), "{note:?}");
}

#[tokio::test]
async fn a_client_at_whose_beginning_the_hook_hangs_is_closed_with_1011() {
    let mut node = Node::with(Setup {
        limits: Limits::default().with_handler_timeout(Duration::from_millis(50)),
        ..Setup::default()
    })
    .await;
    let mut peer = node.try_enter(ENDLESS).await.unwrap();
    assert_eq!(peer.closed().await.0, 1011);
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("in time")));
}

#[tokio::test]
async fn a_session_client_is_ready_when_the_hook_has_let_it_in() {
    let node = Node::start().await;
    let mut peer = node.greet(PATIENT, json!({})).await;
    assert!(peer.next().await["joined"].is_object());
    peer.next_event("app.ready").await;
    assert!(!peer.is_ready());
    node.gate.add_permits(1);
    peer.request(1, "work.ask", json!({ "name": "a", "waits": false }))
        .await;
    peer.answer(1).await;
    assert!(peer.is_ready());
}

#[tokio::test]
async fn who_is_not_let_in_yet_hears_nothing_that_the_server_says_to_all() {
    let node = Node::start().await;
    let mut session = node.greet(PATIENT, json!({})).await;
    assert!(session.next().await["joined"].is_object());
    let bare = node.try_enter(PATIENT).await.unwrap();
    let mut strangers = [session, bare];
    for stranger in &mut strangers {
        stranger.next_event("app.ready").await;
    }
    node.server.broadcast_local(&said("too early")).unwrap();
    node.gate.add_permits(2);
    for stranger in &mut strangers {
        stranger
            .request(1, "work.ask", json!({ "name": "a", "waits": false }))
            .await;
        stranger.answer(1).await;
    }
    node.server.broadcast_local(&said("to all")).unwrap();
    for peer in &mut strangers {
        assert_eq!(peer.next_event("room.said").await["text"], "to all");
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_nothing_that_the_server_says_to_all_before_the_close() {
    let node = Node::start().await;
    let mut session = node.greet(UNWANTED_SLOWLY, json!({})).await;
    let mut bare = node.try_enter(UNWANTED_SLOWLY).await.unwrap();
    for stranger in [&mut session, &mut bare] {
        stranger.next_event("app.ready").await;
    }
    node.server.broadcast_local(&said("a secret")).unwrap();
    node.gate.add_permits(2);
    for stranger in [&mut session, &mut bare] {
        let (come, (code, _)) = stranger.rest().await;
        assert_eq!(code, 1011);
        let events = come.iter().filter(|message| message.get("event").is_some());
        assert_eq!(events.count(), 0, "{come:?}");
    }
}

#[tokio::test]
async fn a_client_that_goes_while_it_is_let_in_is_noticed_at_once() {
    let mut node = Node::start().await;
    drop(node.try_enter(ENDLESS).await.unwrap());
    let note = node.noted().await;
    assert!(matches!(note, Note::Disconnected(_, 1006)), "{note:?}");
}

#[tokio::test]
async fn a_client_that_goes_while_it_is_let_in_is_noticed_though_it_has_said_something() {
    let mut node = Node::start().await;
    let mut peer = node.try_enter(ENDLESS).await.unwrap();
    peer.emit("room.say", json!({ "text": "hi" })).await;
    drop(peer);
    let note = node.noted().await;
    assert!(matches!(note, Note::Disconnected(_, 1006)), "{note:?}");
}

#[tokio::test]
async fn what_a_client_says_while_it_is_let_in_is_handled_in_order_and_its_close_last() {
    let mut node = Node::start().await;
    let mut peer = node.enter_raw(PATIENT).await;
    let ping = Frame::new(Opcode::Ping, *b"read?").bytes();
    peer.write(&[work("a"), work("b"), ping].concat()).await;
    let pong = (Opcode::Pong as u8, b"read?".to_vec());
    assert_eq!(peer.read().await, Some(pong));
    let close = Frame::new(Opcode::Close, 1000_u16.to_be_bytes());
    peer.write(&close.bytes()).await;
    node.gate.add_permits(1);
    for name in ["a", "b"] {
        assert_eq!(node.noted().await, Note::Began(name.into()));
        assert_eq!(node.noted().await, Note::Ended(name.into()));
    }
    let closed = Note::Disconnected(PATIENT.into(), 1000);
    assert_eq!(node.noted().await, closed);
}

/// The time between two pings, and how long an answer may take.
const PING: Duration = Duration::from_millis(40);
const PONG: Duration = Duration::from_millis(300);

/// A client that lives for so long has answered.
const LONG: Duration = Duration::from_millis(800);

async fn impatient(limits: Limits) -> Node {
    Node::with(Setup {
        limits: limits.with_ping_interval(PING).with_pong_timeout(PONG),
        ..Setup::default()
    })
    .await
}

fn work(name: &str) -> Vec<u8> {
    let event = json!({ "event": "work.do", "data": { "name": name, "waits": false } });
    Frame::new(Opcode::Text, event.to_string()).bytes()
}

/// Answers each ping, for so long that who does not would be closed.
async fn answers_pings(peer: &mut RawPeer) {
    let start = Instant::now();
    while start.elapsed() < LONG {
        let ping = (Opcode::Ping as u8, Vec::new());
        assert_eq!(peer.read_any().await, Some(ping));
        peer.write(&Frame::new(Opcode::Pong, *b"").bytes()).await;
    }
}

#[tokio::test]
async fn a_client_that_has_said_something_and_answers_pings_may_be_let_in_late() {
    let mut node = impatient(Limits::default()).await;
    let mut peer = node.enter_raw(PATIENT).await;
    peer.write(&work("a")).await;
    answers_pings(&mut peer).await;
    node.gate.add_permits(1);
    assert_eq!(node.noted().await, Note::Began("a".into()));
}

#[tokio::test]
async fn a_client_that_says_more_than_may_wait_until_it_is_let_in_is_heard_afterwards() {
    let mut node = impatient(Limits::default().with_queued_events(2)).await;
    let mut peer = node.enter_raw(PATIENT).await;
    let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    for name in &names {
        peer.write(&work(name)).await;
    }
    answers_pings(&mut peer).await;
    node.gate.add_permits(1);
    for name in names {
        assert_eq!(node.noted().await, Note::Began(name.clone()));
        assert_eq!(node.noted().await, Note::Ended(name));
    }
}

#[tokio::test]
async fn a_hook_of_presence_that_panics_harms_nobody() {
    let mut node = Node::start().await;
    let _other = node.enter("bo").await;
    node.room.on_presence(|_, _| panic!("the hook's own"));
    node.enter("ana").await.close(1000).await;
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1000));
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_of_a_frame_is_lost() {
    let mut node = Node::start().await;
    let mut peer = RawPeer::connect(node.address(), "/ws?user=ana").await;
    let bytes = Frame::new(Opcode::Text, *b"{}").bytes();
    peer.write(&bytes[..4]).await;
    drop(peer);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1006));
}

#[tokio::test]
async fn the_hook_of_the_end_is_told_the_code_of_the_client() {
    for code in [1000, 1001, 4321] {
        let mut node = Node::start().await;
        node.enter("ana").await.close(code).await;
        assert_eq!(node.noted().await, Note::Disconnected("ana".into(), code));
    }
}

#[tokio::test]
async fn the_hook_of_the_end_is_told_the_code_of_the_server() {
    let mut node = Node::start().await;
    let mut peer = node.enter("ana").await;
    let close = Close::new(CloseCode::REVOKED, "");
    node.room.disconnect(close).unwrap();
    assert_eq!(peer.closed().await.0, 4503);
    assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 4503));
}

#[tokio::test]
async fn a_code_that_is_never_sent_is_1011_for_the_client_and_for_the_hook() {
    let mut node = Node::start().await;
    let mut bare = node.enter("ana").await;
    let mut session = node.greet("ana", json!({})).await;
    session.next().await;
    session.next_event("app.ready").await;
    let lost = Close::new(CloseCode::ABNORMAL, "as if it were lost");
    node.room.disconnect(lost).unwrap();
    assert_eq!(bare.closed().await, (1011, "as if it were lost".to_owned()));
    let (come, (code, _)) = session.rest().await;
    assert_eq!((code, &come[0]["bye"]["code"]), (1011, &json!(1011)));
    for _ in 0..2 {
        assert_eq!(node.noted().await, Note::Disconnected("ana".into(), 1011));
    }
}

#[tokio::test]
async fn a_server_that_is_full_refuses_with_503_until_somebody_leaves() {
    let node = Node::with(Setup {
        limits: Limits::default().with_connections(1),
        ..Setup::default()
    })
    .await;
    let first = node.enter("ana").await;
    assert_eq!(node.try_enter("bo").await.err(), Some(503));
    first.close(1000).await;
    within("a free place", async {
        while node.try_enter("bo").await.is_err() {}
    })
    .await;
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Hold {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "bombs")]
enum Bombs {
    Hold(Hold),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "bombs")]
enum Craters {
    Held(Hold),
}

ws_core::contract!(Field = "field" { client: Bombs, server: Craters });

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("it goes off");
    }
}

#[tokio::test]
async fn the_end_is_told_where_what_a_handler_holds_panics_when_it_is_dropped() {
    let (tell, mut told) = unbounded_channel();
    let handlers = Handlers::<Field, ()>::new()
        .handle_message(async |_: Client<Field, ()>, _: Hold| {
            let _bomb = Bomb;
            pending::<()>().await;
        })
        .on_disconnected(move |_, close| {
            let tell = tell.clone();
            async move {
                tell.send(close.code()).unwrap();
            }
        })
        .build();
    let limits = Limits::default().with_handler_timeout(Duration::from_millis(50));
    let server = Server::new(handlers).with_limits(limits);
    let app = Router::new().route(
        "/ws",
        get(async move |ws: WsUpgrade| ws.accept(&server, ())),
    );
    let served = serve(app).await;
    let mut peer = Peer::bare(served.address(), "/ws").await;
    peer.emit("bombs.hold", json!({})).await;
    assert_eq!(peer.closed().await.0, 1011);
    let code = within("the hook of the end", told.recv()).await;
    assert_eq!(code, Some(CloseCode::INTERNAL));
}
