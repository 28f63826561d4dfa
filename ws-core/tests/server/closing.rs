//! How connections end: by whom, with which code, and who is told.

use serde_json::json;
use ws_core::testing::{RawSocket, TestClient, TestError};

use crate::stage::{Seen, Stage, impatient, path};

#[tokio::test]
async fn a_client_is_disconnected_with_1000_after_what_was_sent_before() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"do.fill","data":{"bytes":10000,"times":20}}"#)
        .await
        .unwrap();
    ana.send(r#"{"event":"do.quit"}"#).await.unwrap();
    for _ in 0..20 {
        assert_eq!(ana.receive().await.unwrap()["event"], "do.filled");
    }
    let end = ana.receive().await.unwrap_err();
    assert!(matches!(end, TestError::Closed { code: 1000, .. }), "{end}");
    assert_eq!(stage.seen().await, Seen::Disconnected("ana".into(), 1000));
}

#[tokio::test]
async fn a_session_client_is_told_before_it_is_disconnected() {
    let stage = Stage::open().await;
    let (mut ana, _) = stage.enter_session("ana", json!({})).await;
    ana.send(r#"{"event":"do.quit"}"#).await.unwrap();
    assert_eq!(
        ana.receive().await.unwrap(),
        json!({"bye": {"code": 1000, "reason": ""}})
    );
    assert_eq!(ana.closed().await.unwrap(), 1000);
}

#[tokio::test]
async fn the_code_with_which_a_client_closes_is_seen_and_answered() {
    let mut stage = Stage::open().await;
    for code in [1000, 1001, 4000] {
        let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
            .await
            .unwrap();
        let frame: [u8; 2] = u16::to_be_bytes(code);
        raw.frame(0x88, &frame).await.unwrap();
        assert_eq!(raw.closed().await.unwrap(), code);
        assert_eq!(stage.seen().await, Seen::Disconnected("raw".into(), code));
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_is_seen_as_lost() {
    let mut stage = Stage::open().await;
    drop(stage.enter("ana").await);
    assert_eq!(stage.seen().await, Seen::Disconnected("ana".into(), 1006));
}

#[tokio::test]
async fn handlers_of_a_client_that_goes_are_dropped() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    ana.send(r#"{"event":"do.wait","data":{"gate":"a"}}"#)
        .await
        .unwrap();
    ana.send(r#"{"event":"ask.wait","data":{"gate":"b"},"id":1}"#)
        .await
        .unwrap();
    // Its answer says that both handlers have begun.
    ana.call("ask.double", json!({"number": 1}), 2)
        .await
        .unwrap();
    ana.close(1000).await.unwrap();
    let mut dropped = [stage.seen().await, stage.seen().await];
    dropped.sort_by_key(|seen| format!("{seen:?}"));
    assert_eq!(
        dropped,
        [Seen::Dropped("a".into()), Seen::Dropped("b".into())]
    );
    assert_eq!(stage.seen().await, Seen::Disconnected("ana".into(), 1000));
}

#[tokio::test]
async fn a_peer_that_never_answers_a_close_is_given_up_in_time() {
    let mut stage = Stage::with(impatient()).await;
    let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
        .await
        .unwrap();
    raw.frame(0x81, br#"{"event":"do.quit"}"#).await.unwrap();
    assert_eq!(raw.closed().await.unwrap(), 1000);
    assert_eq!(stage.seen().await, Seen::Disconnected("raw".into(), 1000));
    stage
        .becomes("no connections", async |stage| {
            stage.server.connections() == 0
        })
        .await;
}

#[tokio::test]
async fn a_hook_that_refuses_a_connection_is_reported_and_closes_it_with_1011() {
    let mut stage = Stage::open().await;
    let path = format!("{}&refuse", path("ana"));
    let mut ana = TestClient::bare(stage.address, &path).await.unwrap();
    assert_eq!(ana.closed().await.unwrap(), 1011);
    let (event, what, _) = stage.error().await;
    assert_eq!(event, None);
    assert!(what.contains("not today"), "{what}");
}
