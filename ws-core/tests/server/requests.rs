//! Requests: their answers, their failures, and their end.

use serde_json::json;
use ws_core::Limits;

use crate::stage::{Seen, Stage, impatient};

#[tokio::test]
async fn a_request_is_answered_with_its_reply_or_its_declared_error() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let reply = ana
        .call("ask.double", json!({"number": -4}), 0)
        .await
        .unwrap();
    assert_eq!(reply, json!({"id": 0, "data": {"number": -8}}));
    let largest = (1u64 << 53) - 1;
    let error = ana
        .call("ask.double", json!({"number": i64::MAX}), largest)
        .await
        .unwrap();
    assert_eq!(
        error,
        json!({"id": largest, "error": {"code": "too_much", "number": i64::MAX}})
    );
}

#[tokio::test]
async fn a_handler_that_fails_is_reported_and_its_reasons_stay_on_the_server() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    for (event, reported) in [
        ("ask.fail", "the secret reason"),
        ("ask.panic", "on purpose"),
        ("ask.odd", "never serializes"),
    ] {
        let answer = ana.call(event, json!({}), 5).await.unwrap();
        assert_eq!(answer["error"]["code"], "ws.internal", "{event}");
        assert!(!answer.to_string().contains(reported), "{answer}");
        let (name, what, message) = stage.error().await;
        assert_eq!(name.as_deref(), Some(event));
        assert!(what.contains(reported), "{what}");
        assert!(message.contains(event), "{message}");
    }
    for (event, reported) in [("do.fail", "the secret reason"), ("do.panic", "on purpose")] {
        ana.send(&json!({"event": event}).to_string())
            .await
            .unwrap();
        let (name, what, _) = stage.error().await;
        assert_eq!(name.as_deref(), Some(event));
        assert!(what.contains(reported), "{what}");
    }
    let alive = ana
        .call("ask.double", json!({"number": 1}), 6)
        .await
        .unwrap();
    assert_eq!(alive["data"]["number"], 2);
}

#[tokio::test]
async fn requests_run_side_by_side_and_are_answered_as_they_get_ready() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    for (id, gate) in [(1, "a"), (2, "b")] {
        let request = json!({"event": "ask.wait", "data": {"gate": gate}, "id": id});
        ana.send(&request.to_string()).await.unwrap();
    }
    stage.open_gate("b").await;
    assert_eq!(ana.receive().await.unwrap()["id"], 2);
    stage.open_gate("a").await;
    assert_eq!(ana.receive().await.unwrap()["id"], 1);
}

#[tokio::test]
async fn too_many_open_requests_are_refused_and_the_open_ones_go_on() {
    let stage = Stage::with(Limits::default().with_requests(2)).await;
    let mut ana = stage.enter("ana").await;
    for id in [1, 2] {
        let request = json!({"event": "ask.wait", "data": {"gate": id.to_string()}, "id": id});
        ana.send(&request.to_string()).await.unwrap();
    }
    let refused = ana
        .call("ask.double", json!({"number": 1}), 3)
        .await
        .unwrap();
    assert_eq!(refused["error"]["code"], "ws.too_many_requests");
    stage.open_gate("1").await;
    assert_eq!(ana.receive().await.unwrap(), json!({"id": 1, "data": {}}));
    let taken = ana
        .call("ask.double", json!({"number": 1}), 3)
        .await
        .unwrap();
    assert_eq!(taken["data"]["number"], 2);
}

#[tokio::test]
async fn a_cancelled_request_ends_its_handler_is_not_answered_and_frees_its_id() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let wait = json!({"event": "ask.wait", "data": {"gate": "a"}, "id": 7}).to_string();
    ana.send(&wait).await.unwrap();
    ana.send(r#"{"cancel":7}"#).await.unwrap();
    assert_eq!(stage.seen().await, Seen::Dropped("a".into()));
    ana.send(r#"{"cancel":7}"#).await.unwrap();
    ana.send(r#"{"cancel":8}"#).await.unwrap();
    let answer = ana
        .call("ask.double", json!({"number": 3}), 7)
        .await
        .unwrap();
    assert_eq!(
        answer["data"]["number"], 6,
        "the only answer to the id is the new one"
    );
}

#[tokio::test]
async fn an_id_that_is_cancelled_and_used_again_at_once_is_answered_once() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    for round in 0..50 {
        let gate = round.to_string();
        let wait = json!({"event": "ask.wait", "data": {"gate": gate}, "id": 7}).to_string();
        ana.send(&wait).await.unwrap();
        ana.send(r#"{"cancel":7}"#).await.unwrap();
        let answer = ana
            .call("ask.double", json!({"number": round}), 7)
            .await
            .unwrap();
        assert_eq!(answer["data"]["number"], 2 * round);
        // Whether the handler had begun to wait when it was cancelled is up to the scheduler; that it is gone is not.
        let again = ana
            .call("ask.double", json!({"number": round}), 7)
            .await
            .unwrap();
        assert_eq!(again["data"]["number"], 2 * round);
    }
    ana.send(r#"{"event":"do.fail"}"#).await.unwrap();
    stage.error().await;
}

#[tokio::test]
async fn a_handler_that_never_returns_is_stopped_at_its_deadline() {
    let mut stage = Stage::with(impatient()).await;
    let mut ana = stage.enter("ana").await;
    let answer = ana
        .call("ask.wait", json!({"gate": "never"}), 1)
        .await
        .unwrap();
    assert_eq!(answer["error"]["code"], "ws.timeout");
    assert_eq!(stage.seen().await, Seen::Dropped("never".into()));
    let (event, what, _) = stage.error().await;
    assert_eq!(event.as_deref(), Some("ask.wait"));
    assert!(what.contains("in time"), "{what}");
}
