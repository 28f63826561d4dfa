//! The session of a client, and its signs of life.

use std::time::Duration;

use serde_json::json;
use ws_core::testing::{RawSocket, TestClient, TestError};
use ws_core::{Contract, Limits};

use crate::stage::{Play, Seen, Stage, impatient, path};

#[tokio::test]
async fn a_session_begins_with_hello_and_is_told_what_the_server_is_like() {
    let stage = Stage::open().await;
    let hello = json!({"contract": "0".repeat(32), "other": true});
    let (_ana, welcome) = TestClient::session(stage.address, &path("ana"), hello)
        .await
        .unwrap();
    assert_eq!(welcome["contract"], "unknown");
    assert_eq!(welcome["ping"], 25_000);
    assert_eq!(welcome["max"], 65_536);
    assert!(welcome["connection"].as_str().unwrap().starts_with("c-"));
    let hello = json!({"contract": ws_core::contract::contract_hash::<Play>()});
    let (_ana, welcome) = TestClient::session(stage.address, &path("ana"), hello)
        .await
        .unwrap();
    assert_eq!(welcome["contract"], "same", "{}", Play::NAME);
}

#[tokio::test]
async fn a_session_without_hello_is_closed_with_4504() {
    let stage = Stage::with(impatient()).await;
    for first in ["{}", "hello", r#"{"event":"do.fail"}"#, ""] {
        let mut ana = TestClient::connect(stage.address, &path("ana"), Some("ws.v1.json"))
            .await
            .unwrap();
        // The last one says nothing at all, and has a limited time for that.
        if !first.is_empty() {
            ana.send(first).await.unwrap();
        }
        assert_eq!(ana.closed().await.unwrap(), 4504, "after {first:?}");
    }
}

#[tokio::test]
async fn a_client_that_comes_back_replaces_its_own_ghost() {
    let stage = Stage::open().await;
    let (mut ghost, welcome) = TestClient::session(stage.address, &path("ana"), json!({}))
        .await
        .unwrap();
    let hello = json!({"connection": welcome["connection"]});
    let (mut ana, _) = TestClient::session(stage.address, &path("ana"), hello)
        .await
        .unwrap();
    assert_eq!(ghost.closed().await.unwrap(), 4506);
    ana.call("ask.double", json!({"number": 1}), 1)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_is_pinged_and_a_silent_one_is_closed_with_4012() {
    let limits = Limits::default().with_ping(Duration::from_millis(50));
    let stage = Stage::with(limits).await;
    let (mut ana, _) = stage.enter_session("ana", json!({})).await;
    for _ in 0..3 {
        ana.ping().await.unwrap();
        ana.send("{}").await.unwrap();
    }
}

#[tokio::test]
async fn a_bare_client_is_pinged_with_frames() {
    let limits = Limits::default().with_ping(Duration::from_millis(50));
    let stage = Stage::with(limits).await;
    let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
        .await
        .unwrap();
    while raw.next().await.unwrap().first != 0x89 {}
    raw.frame(0x8a, b"").await.unwrap();
    while raw.next().await.unwrap().first != 0x89 {}
}

#[tokio::test]
async fn hello_from_a_bare_client_is_refused() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"hello":{}}"#).await.unwrap();
    assert_eq!(
        ana.receive().await.unwrap()["error"]["code"],
        "ws.invalid_message"
    );
}

#[tokio::test]
async fn more_connections_than_there_may_be_are_refused() {
    let mut stage = Stage::with(Limits::default().with_connections(1)).await;
    let mut ana = stage.enter("ana").await;
    let refused = TestClient::bare(stage.address, &path("bea"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, TestError::Refused { status: 503, .. }),
        "{refused}"
    );
    ana.close(1000).await.unwrap();
    assert_eq!(stage.seen().await, Seen::Disconnected("ana".into(), 1000));
    stage
        .becomes("a free place", async |stage| {
            stage.server.connections() == 0
        })
        .await;
    stage.enter("bea").await;
}
