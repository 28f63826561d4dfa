//! Messages that are not what they should be: each is answered with an error that teaches, told to `on_error`, and
//! changes nothing else.

use serde_json::{Value, json};
use tests::Peer;

use crate::server::{Running, assert_lives};

/// Sends a text, and returns the error that answers it, after looking at everything else that must be so.
async fn refused(text: &str) -> Value {
    let mut server = Running::start().await;
    let mut peer = server.bare().await;
    peer.send_text(text).await;
    let mut answer = peer.next().await;
    let error = answer["error"].take();
    let told = server.told().await;
    let code = error["code"].as_str().unwrap_or_default();
    assert!(told.kind.contains(code), "{told:?} is not {error}");
    assert!(text.starts_with(&told.message), "{told:?}");
    assert_lives(&mut peer).await;
    error
}

/// What follows here: the code, the pointer, and words that the sentence for people has.
#[track_caller]
fn assert_says(error: &Value, code: &str, path: Option<&str>, words: &str) {
    assert_eq!(error["code"], code, "{error}");
    assert_eq!(error.get("path").and_then(Value::as_str), path, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(words), "{message:?} lacks {words:?}");
}

#[tokio::test]
async fn a_text_that_is_not_json_is_an_invalid_message() {
    assert_says(
        &refused("hello").await,
        "ws.invalid_message",
        None,
        "must be a JSON object",
    );
}

#[tokio::test]
async fn a_text_that_ends_early_is_an_invalid_message() {
    let error = refused(r#"{"event":"chats.msg","data":{"#).await;
    assert_says(&error, "ws.invalid_message", None, "EOF");
}

#[tokio::test]
async fn an_array_is_an_invalid_message() {
    let error = refused(r#"["chats.msg",{"text":"hello"}]"#).await;
    assert_says(&error, "ws.invalid_message", None, "object");
}

#[tokio::test]
async fn an_unknown_event_is_named_in_its_error() {
    let error = refused(r#"{"event":"chats.mgs"}"#).await;
    assert_says(&error, "ws.unknown_event", None, "no event of that name");
    assert_eq!(error["event"], "chats.mgs");
}

#[tokio::test]
async fn an_event_that_only_the_server_sends_is_refused_as_such() {
    let error = refused(r#"{"event":"app.connected","data":{}}"#).await;
    assert_says(&error, "ws.wrong_direction", None, "only the server");
    assert_eq!(error["event"], "app.connected");
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let error = refused(r#"{"event":"chats.msg"}"#).await;
    assert_says(
        &error,
        "ws.invalid_payload",
        Some(""),
        "missing field `text`",
    );
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_pointed_at_with_what_was_expected() {
    let error = refused(r#"{"event":"chats.msg","data":{"text":7}}"#).await;
    assert_says(
        &error,
        "ws.invalid_payload",
        Some("/text"),
        "expected a string",
    );
}

#[tokio::test]
async fn a_wrong_type_deep_inside_a_request_is_pointed_at() {
    let error =
        refused(r#"{"event":"strict.place","data":{"points":[{"x":1},{"x":"far"}]},"id":1}"#).await;
    assert_says(
        &error,
        "ws.invalid_payload",
        Some("/points/1/x"),
        "expected i32",
    );
}

#[tokio::test]
async fn an_unknown_field_is_refused_where_the_type_denies_it() {
    let error =
        refused(r#"{"event":"strict.place","data":{"points":[{"x":1,"z":2}]},"id":1}"#).await;
    assert_says(
        &error,
        "ws.invalid_payload",
        Some("/points/0/z"),
        "unknown field `z`",
    );
}

#[tokio::test]
async fn an_unknown_field_is_ignored_where_the_type_does_not_deny_it() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    peer.emit("chats.msg", json!({ "text": "hello", "colour": 7 }))
        .await;
    assert_eq!(peer.next_event("chats.msg").await["length"], 5);
}

#[tokio::test]
async fn a_payload_nested_5000_levels_deep_is_an_invalid_payload() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let error = refused(&format!(
        r#"{{"event":"chats.msg","data":{{"text":{deep}}}}}"#
    ))
    .await;
    assert_eq!(error["code"], "ws.invalid_payload");
    assert_eq!(error["path"], "/text");
}

#[tokio::test]
async fn an_ignored_member_nested_5000_levels_deep_harms_nobody() {
    let deep = format!(
        "{}{}",
        r#"{"a":"#.repeat(5_000),
        "7}".to_owned() + &"}".repeat(4_999)
    );
    let server = Running::start().await;
    let mut peer = server.bare().await;
    for text in [
        format!(r#"{{"event":"chats.msg","other":{deep},"data":{{"text":"hello"}}}}"#),
        format!(r#"{{"event":"chats.msg","data":{{"text":"hello","other":{deep}}}}}"#),
    ] {
        peer.send_text(text).await;
        assert_eq!(peer.next_event("chats.msg").await["length"], 5);
        assert_lives(&mut peer).await;
    }
}

#[tokio::test]
async fn an_event_name_may_be_written_with_escapes() {
    assert_length(r#"{"event":"chats\u002emsg","data":{"text":"hello"}}"#, 5).await;
}

#[tokio::test]
async fn data_may_stand_before_the_event() {
    assert_length(r#"{"data":{"text":"hello"},"event":"chats.msg"}"#, 5).await;
}

#[tokio::test]
async fn lengths_of_text_are_counted_in_code_points() {
    let text = "🦀".repeat(2_000);
    assert_length(
        &format!(r#"{{"event":"chats.msg","data":{{"text":"{text}"}}}}"#),
        2_000,
    )
    .await;
    let text = "🦀".repeat(2_001);
    let error = refused(&format!(
        r#"{{"event":"chats.msg","data":{{"text":"{text}"}}}}"#
    ))
    .await;
    assert_says(&error, "ws.invalid_payload", Some("/text"), "2000");
}

#[tokio::test]
async fn an_empty_text_breaks_the_lower_limit() {
    let error = refused(r#"{"event":"chats.msg","data":{"text":""}}"#).await;
    assert_says(&error, "ws.invalid_payload", Some("/text"), "1");
}

#[tokio::test]
async fn a_request_without_an_id_is_an_invalid_message() {
    let error = refused(r#"{"event":"participants.info","data":{"id":"ana"}}"#).await;
    assert_says(&error, "ws.invalid_message", None, "must have an `id`");
}

#[tokio::test]
async fn an_id_of_2_to_the_60_is_an_invalid_message() {
    let error =
        refused(r#"{"event":"participants.info","data":{"id":"ana"},"id":1152921504606846976}"#)
            .await;
    assert_says(&error, "ws.invalid_message", None, "is above 2^53 - 1");
}

#[tokio::test]
async fn the_greatest_id_is_answered() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    let greatest = 9_007_199_254_740_991;
    peer.request(greatest, "participants.info", json!({ "id": "bo" }))
        .await;
    assert_eq!(
        peer.answer(greatest).await["error"],
        json!({ "code": "not_found" })
    );
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused_and_free_again_after_its_answer() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    peer.request(7, "faults.hang", json!({})).await;
    peer.request(7, "participants.info", json!({ "id": "ana" }))
        .await;
    let refusal = peer.next().await;
    assert_eq!(refusal["error"]["code"], "ws.invalid_message");
    assert!(
        refusal.get("id").is_none(),
        "it would answer the open request"
    );
    for _ in 0..2 {
        peer.request(8, "participants.info", json!({ "id": "ana" }))
            .await;
        assert_eq!(peer.answer(8).await["data"]["id"], "ana");
    }
    peer.send(json!({ "cancel": 7 })).await;
    peer.request(7, "participants.info", json!({ "id": "ana" }))
        .await;
    assert_eq!(peer.answer(7).await["data"]["id"], "ana");
}

#[tokio::test]
async fn an_error_that_answers_a_request_carries_its_id() {
    let server = Running::start().await;
    let mut peer = server.bare().await;
    peer.request(7, "participants.info", json!({ "id": 7 }))
        .await;
    let answer = peer.answer(7).await;
    assert_says(
        &answer["error"],
        "ws.invalid_payload",
        Some("/id"),
        "expected a string",
    );
}

async fn assert_length(text: &str, length: u32) {
    let server = Running::start().await;
    let mut peer: Peer = server.bare().await;
    peer.send_text(text).await;
    assert_eq!(peer.next_event("chats.msg").await["length"], length);
}
