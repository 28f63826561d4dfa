//! The spans and the log that an operator reads.

use std::cell::RefCell;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Once;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use redis_server::RedisServer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tests::{DEADLINE, Peer, Transport, ask, serve, upgrade, within};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use ws_core::{Client, Cluster, HandlerError, Handlers, Limits, Server, WsEvent, WsUpgrade};

use crate::contract::{House, Said, said};
use crate::node::{Node, Note, Setup};

/// What the library has logged on this thread, which is that of one test and of its server: a line for each event, and for
/// each span that has ended.
struct Log;

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Log {
    /// Captures what is logged from now on. One subscriber serves all threads: whether a span is enabled is remembered for the
    /// whole process, so that subscribers of single threads would depend on each other.
    fn capture() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .without_time()
                .with_span_events(FmtSpan::CLOSE)
                .with_writer(|| Self)
                .with_filter(Targets::new().with_target("ws_core", LevelFilter::TRACE));
            let subscriber = tracing_subscriber::registry().with(layer);
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
        Self
    }

    fn text(&self) -> String {
        LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
    }

    /// The lines that have all of these.
    fn lines(&self, parts: &[&str]) -> Vec<String> {
        let text = self.text();
        let lines = text
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        lines.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_connection_and_each_of_its_events_have_a_span_that_says_which() {
    let log = Log::capture();
    let mut node = Node::start().await;
    let mut peer = node.greet("ana", json!({})).await;
    peer.next().await;
    peer.next_event("app.ready").await;
    peer.request(7, "work.ask", json!({ "name": "a", "waits": true }))
        .await;
    assert_eq!(node.noted().await, Note::Began("a".into()));
    node.gate.add_permits(1);
    peer.answer(7).await;
    peer.emit("work.do", json!({ "name": "b", "waits": false }))
        .await;
    while node.noted().await != Note::Ended("b".into()) {}
    let (id, secret) = peer.connection().rsplit_once('-').unwrap();
    let (id, secret) = (id.to_owned(), secret.to_owned());
    peer.close(1000).await;
    while !matches!(node.noted().await, Note::Disconnected(..)) {}
    node.server.shutdown(DEADLINE).await;

    let connection = format!(r#"connection{{contract="house" id={id}}}"#);
    for span in [
        format!(r"INFO {connection}: ws_core"),
        format!(r#"DEBUG {connection}:event{{name="work.ask" request=7}}: ws_core"#),
        format!(r#"DEBUG {connection}:event{{name="work.do"}}: ws_core"#),
    ] {
        let ended = log.lines(&[&span, ": close"]);
        assert_eq!(ended.len(), 1, "{span} in\n{}", log.text());
    }
    assert_eq!(
        log.lines(&[&connection, "has ended", "close=1000"]).len(),
        1
    );
    assert!(
        !log.text().contains(&secret),
        "who reads the log could take the place of a client"
    );
}

/// Fails in the way that is asked for.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.fail")]
struct Fail {
    panics: bool,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
enum FromClient {
    Fail(Fail),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
enum FromServer {
    Said(Said),
}

ws_core::contract!(Failing = "failing" { client: FromClient, server: FromServer });

async fn fail(_: Client<Failing, ()>, fail: Fail) -> Result<(), HandlerError> {
    assert!(!fail.panics, "it hurts");
    Err(HandlerError::new("it does not work"))
}

#[tokio::test]
async fn what_a_server_does_wrong_is_an_error_in_the_log_and_what_clients_do_wrong_is_not() {
    let log = Log::capture();
    let handlers = Handlers::<Failing, ()>::new().handle_message(fail).build();
    let server = Server::new(handlers);
    let app = Router::new().route(
        "/ws",
        get(async move |ws: WsUpgrade| ws.accept(&server, ())),
    );
    let served = serve(app).await;
    let mut peer = Peer::bare(served.address(), "/ws").await;
    for (data, code) in [
        (json!({ "panics": true }), "ws.internal"),
        (json!({ "panics": false }), "ws.internal"),
        (json!({ "panics": 7 }), "ws.invalid_payload"),
    ] {
        peer.emit("app.fail", data).await;
        assert_eq!(peer.error().await, code);
    }
    peer.emit("made.up", json!({})).await;
    assert_eq!(peer.error().await, "ws.unknown_event");

    let errors = log.lines(&["ERROR"]);
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].contains("app.fail: the handler panicked: it hurts"));
    assert!(errors[1].contains("app.fail: the handler failed: it does not work"));
    assert!(log.lines(&["WARN"]).is_empty());
    assert_eq!(log.lines(&["DEBUG", "ws.invalid_payload"]).len(), 1);
    assert_eq!(log.lines(&["DEBUG", "ws.unknown_event"]).len(), 1);
}

#[tokio::test]
async fn a_page_that_may_not_connect_is_a_warning_once_for_each_origin() {
    let log = Log::capture();
    let node = Node::start().await;
    for origin in ["http://localhost:5173", "http://localhost:5174"] {
        for _ in 0..3 {
            refused(&node, origin).await;
        }
        let origin = format!("`{origin}`");
        let told = |level| log.lines(&[level, &origin, "`test`", "with_allowed_origins"]);
        assert_eq!(told("WARN").len(), 1, "{}", log.text());
        assert_eq!(told("DEBUG").len(), 2, "{}", log.text());
    }
    assert!(log.lines(&["ERROR"]).is_empty());
}

#[tokio::test]
async fn pages_of_made_up_origins_do_not_fill_the_log_with_warnings() {
    let log = Log::capture();
    let node = Node::start().await;
    refused(&node, &format!("http://{}", "x".repeat(1_000))).await;
    assert!(log.lines(&["WARN"]).is_empty());
    for number in 0..40 {
        refused(&node, &format!("http://made-up-{number}")).await;
    }
    assert_eq!(log.lines(&["WARN"]).len(), 16, "{}", log.text());
}

/// Asks as a page of this origin does, which may not connect.
async fn refused(node: &Node, origin: &str) {
    let headers = format!(
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {origin}\r\n"
    );
    let answer = ask(node.address(), &upgrade("/ws?user=eve", &headers)).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn connections_that_a_limit_refuses_are_in_the_log_as_one_warning_and_not_one_for_each() {
    let log = Log::capture();
    for (limits, path, status, reason) in [
        (
            Limits::default().with_connections(1),
            "/from/192.0.2.1",
            503,
            "the server has 1, which is the maximum (`Limits::with_connections`)",
        ),
        (
            Limits::default().with_connections_per_address(1),
            "/from/2001:db8::1",
            429,
            "2001:db8::/64 has 1, which is the maximum (`Limits::with_connections_per_address`)",
        ),
    ] {
        let handlers = Handlers::<Failing, ()>::new().handle_message(fail).build();
        let server = Server::new(handlers).with_limits(limits);
        let app = Router::new().route(
            "/from/{address}",
            get(async move |Path(address): Path<IpAddr>, ws: WsUpgrade| {
                ws.with_client_address(address).accept(&server, ())
            }),
        );
        let served = serve(app).await;
        let _first = Peer::bare(served.address(), path).await;
        for _ in 0..3 {
            let refused = Peer::connect(served.address(), path, None).await;
            assert_eq!(refused.err(), Some(status));
        }
        let warnings = log.lines(&["WARN", r#"contract="failing""#, "refused=1", reason]);
        assert_eq!(warnings.len(), 1, "{reason} in\n{}", log.text());
    }
    assert_eq!(log.lines(&["refused"]).len(), 2, "{}", log.text());
}

#[tokio::test]
async fn connections_refused_for_an_address_that_only_the_socket_tells_are_in_the_log_too() {
    let log = Log::capture();
    let node = Node::with(Setup {
        limits: Limits::default().with_connections_per_address(1),
        ..Setup::default()
    })
    .await;
    let _first = node.enter("ana").await;
    for _ in 0..3 {
        let mut second = node.try_enter("bo").await.unwrap();
        assert_eq!(second.closed().await.0, 1013);
    }
    let warnings = log.lines(&["WARN", "127.0.0.1 has 1, which is the maximum"]);
    assert_eq!(warnings.len(), 1, "{}", log.text());
}

#[tokio::test]
async fn connections_refused_during_a_shutdown_are_in_the_log_once_and_need_no_attention() {
    let log = Log::capture();
    let node = Node::start().await;
    node.server.shutdown(DEADLINE).await;
    for _ in 0..3 {
        assert_eq!(node.try_enter("ana").await.err(), Some(503));
    }
    let lines = log.lines(&["the server is shutting down"]);
    assert_eq!(lines.len(), 1, "{}", log.text());
    assert!(lines[0].trim_start().starts_with("INFO"), "{}", lines[0]);
}

#[tokio::test]
async fn a_bound_of_addresses_that_nobody_knows_is_told_once() {
    let log = Log::capture();
    let limits = Limits::default().with_connections_per_address(1);
    for (transport, told) in [(Transport::Socket, 0), (Transport::Hidden, 1)] {
        let node = Node::with(Setup {
            limits: limits.clone(),
            transport,
            ..Setup::default()
        })
        .await;
        let _first = node.enter("ana").await;
        let mut second = node.try_enter("bo").await.unwrap();
        match transport {
            Transport::Socket => assert_eq!(second.closed().await.0, 1013),
            Transport::Hidden => drop(second.next_event("app.ready").await),
        }
        let warnings = log.lines(&[
            "WARN",
            r#"contract="house""#,
            "`WsUpgrade::with_client_address`",
        ]);
        assert_eq!(warnings.len(), told, "{}", log.text());
    }
}

#[tokio::test]
async fn an_application_that_is_told_what_goes_wrong_does_not_find_it_in_the_log_once_more() {
    let log = Log::capture();
    let mut node = Node::start().await;
    let mut peer = node.try_enter(crate::handlers::UNWANTED).await.unwrap();
    assert_eq!(peer.closed().await.0, 1011);
    assert!(matches!(node.noted().await, Note::Error(error) if error.contains("nobody wants")));
    assert_eq!(log.lines(&["DEBUG", "nobody wants them"]).len(), 1);
    assert!(log.lines(&["ERROR"]).is_empty());
}

#[tokio::test]
async fn messages_that_wait_for_redis_when_the_last_handle_is_dropped_are_told_to_be_lost() {
    let log = Log::capture();
    let mut redis = RedisServer::start().unwrap();
    let cluster = Cluster::redis(redis.url()).await.unwrap();
    let channel = cluster.channel::<House>("room");
    redis.kill();
    for text in ["one", "two", "three"] {
        channel.broadcast(&said(text)).unwrap();
    }
    let all_wait = async {
        while cluster.backlog().messages < 3 {
            tokio::task::yield_now().await;
        }
    };
    within("three messages that wait", all_wait).await;
    drop((cluster, channel));
    let told = async {
        while log.lines(&["ERROR", "were lost", "messages=3"]).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    within("the log to tell that they are lost", told).await;
}
