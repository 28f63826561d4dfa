//! Payloads that are no objects: what serde makes of them goes over the wire as it is.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{Peer, Served, serve};
use ws_core::{Client, Handlers, SendError, Server, WsEvent, WsUpgrade};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Signout;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Say(String);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Point(i32, i32);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Good,
    Bad,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "plain")]
enum FromClient {
    Signout(Signout),
    Say(Say),
    Point(Point),
    #[ws(reply = Signout)]
    Mood(Mood),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "plain")]
enum FromServer {
    Signout(Signout),
    Say(Say),
    Point(Point),
}

ws_core::contract!(Plain = "plain" { client: FromClient, server: FromServer });

/// A server that sends every payload back.
async fn echo() -> Served {
    async fn signout(client: Client<Plain, ()>, it: Signout) -> Result<(), SendError> {
        client.send(&it)
    }
    async fn say(client: Client<Plain, ()>, it: Say) -> Result<(), SendError> {
        client.send(&it)
    }
    async fn point(client: Client<Plain, ()>, it: Point) -> Result<(), SendError> {
        client.send(&it)
    }
    async fn mood(_: Client<Plain, ()>, _: Mood) -> Signout {
        Signout
    }
    let handlers = Handlers::new()
        .handle_message(signout)
        .handle_message(say)
        .handle_message(point)
        .handle_message(mood)
        .build();
    let upgrade = |ws: WsUpgrade, State(server): State<Server<Plain, ()>>| async move {
        ws.accept(&server, ())
    };
    let app = Router::new().route("/ws", get(upgrade));
    serve(app.with_state(Server::new(handlers))).await
}

#[tokio::test]
async fn payloads_that_are_no_objects_go_both_ways_as_serde_writes_them() {
    let served = echo().await;
    let mut peer = Peer::session(served.address(), "/ws").await;
    for (event, data) in [
        ("plain.signout", Value::Null),
        ("plain.say", json!("hi")),
        ("plain.point", json!([1, -2])),
    ] {
        peer.emit(event, data.clone()).await;
        assert_eq!(peer.next().await, json!({ "event": event, "data": data }));
    }
    peer.request(1, "plain.mood", json!("good")).await;
    assert_eq!(peer.answer(1).await, json!({ "id": 1, "data": null }));
}

#[tokio::test]
async fn a_payload_that_is_null_cannot_be_left_out() {
    let served = echo().await;
    let mut peer = Peer::session(served.address(), "/ws").await;
    for message in [
        json!({ "event": "plain.signout" }),
        json!({ "event": "plain.signout", "data": {} }),
        json!({ "event": "plain.say", "data": { "0": "hi" } }),
    ] {
        peer.send(message).await;
        assert_eq!(peer.error().await, "ws.invalid_payload");
    }
}
