//! The end of a server.

use std::time::Duration;

use serde_json::json;
use ws_core::testing::{DEADLINE, TestClient, TestError};

use crate::stage::{Seen, Stage, impatient, path};

#[tokio::test]
async fn shutdown_tells_sessions_closes_all_with_4001_and_refuses_new_ones() {
    let stage = Stage::open().await;
    let (mut ana, _) = stage.enter_session("ana", json!({})).await;
    let mut bea = stage.enter("bea").await;
    stage.server.shutdown(DEADLINE).await;
    let bye = ana
        .until(|message| message.get("bye").is_some())
        .await
        .unwrap();
    assert_eq!(bye["bye"]["code"], 4001);
    assert_eq!(bye["bye"]["reconnect_in"], json!([0, 5000]));
    assert_eq!(ana.closed().await.unwrap(), 4001);
    assert_eq!(bea.closed().await.unwrap(), 4001);
    let refused = TestClient::bare(stage.address, &path("cia"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, TestError::Refused { status: 503, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn running_handlers_finish_before_their_connection_is_closed() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"ask.wait","data":{"gate":"a"},"id":1}"#)
        .await
        .unwrap();
    ana.call("ask.double", json!({"number": 1}), 2)
        .await
        .unwrap();
    let server = stage.server.clone();
    let ending = tokio::spawn(async move { server.shutdown(DEADLINE).await });
    stage
        .becomes("a server that refuses", async |stage| {
            TestClient::bare(stage.address, &path("bea")).await.is_err()
        })
        .await;
    stage.open_gate("a").await;
    assert_eq!(ana.receive().await.unwrap(), json!({"id": 1, "data": {}}));
    assert_eq!(ana.closed().await.unwrap(), 4001);
    ending.await.unwrap();
}

#[tokio::test]
async fn handlers_that_do_not_finish_are_dropped_at_the_deadline() {
    let mut stage = Stage::with(impatient()).await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"do.wait","data":{"gate":"a"}}"#)
        .await
        .unwrap();
    ana.call("ask.double", json!({"number": 1}), 2)
        .await
        .unwrap();
    stage.server.shutdown(Duration::from_millis(50)).await;
    assert_eq!(ana.closed().await.unwrap(), 4001);
    assert_eq!(stage.seen().await, Seen::Dropped("a".into()));
    assert_eq!(stage.seen().await, Seen::Disconnected("ana".into(), 4001));
    assert_eq!(stage.server.connections(), 0);
}
