//! Input that nobody should send: each is answered or closed as the protocol says, is reported once, and harms nobody.

use serde_json::{Value, json};
use ws_core::testing::{RawSocket, TestClient};

use crate::stage::{Seen, Stage, path};

/// Sends one message and checks how it is refused and reported, and that the connection lives on.
async fn refused(stage: &mut Stage, client: &mut TestClient, text: &str, code: &str) -> Value {
    client.send(text).await.unwrap();
    let answer = client.receive().await.unwrap();
    assert_eq!(
        answer["error"]["code"], code,
        "{text} was answered {answer}"
    );
    let (_, what, message) = stage.error().await;
    assert!(what.contains(code), "{text} was reported as {what}");
    assert!(
        text.starts_with(&message),
        "{message} is not the start of {text}"
    );
    assert!(message.len() <= 1024);
    let echo = client
        .call("ask.double", json!({"number": 2}), 1)
        .await
        .unwrap();
    assert_eq!(echo, json!({"id": 1, "data": {"number": 4}}));
    answer
}

#[tokio::test]
async fn messages_that_are_none_of_the_protocol_are_refused() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let nested = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for text in [
        "",
        "hello",
        "{",
        "null",
        "7",
        "\"room.say\"",
        "[\"room.say\",{}]",
        &nested,
        "{\"other\":1}",
        "{\"event\":7}",
        "{\"event\":null}",
        "{\"event\":\"do.fail\",\"event\":\"do.fail\"}",
        "{\"event\":\"do.fail\",\"data\":{},\"data\":{}}",
        "{\"event\":\"do.fail\",\"cancel\":1}",
        "{\"event\":\"do.fail\"}{}",
        "{\"cancel\":-1}",
        "{\"hello\":{}}",
        "{\"event\":\"ask.double\",\"data\":{\"number\":1},\"id\":1152921504606846976}",
        "{\"event\":\"ask.double\",\"data\":{\"number\":1},\"id\":\"7\"}",
        "{\"event\":\"ask.double\",\"data\":{\"number\":1},\"id\":1.5}",
        "{\"event\":\"ask.double\",\"data\":{\"number\":1},\"id\":null}",
        "{\"event\":\"ask.double\",\"data\":{\"number\":1}}",
        "{\"event\":\"do.fail\",\"data\":{},\"id\":1}",
    ] {
        refused(&mut stage, &mut ana, text, "ws.invalid_message").await;
    }
}

#[tokio::test]
async fn a_member_that_nobody_knows_may_not_come_twice_either() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let text = r#"{"event":"ask.double","data":{"number":1},"id":3,"trace":1,"trace":2}"#;
    refused(&mut stage, &mut ana, text, "ws.invalid_message").await;
}

#[tokio::test]
async fn events_that_a_client_cannot_send_are_told_apart() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let unknown = r#"{"event":"room.sya","data":{"text":"hello"}}"#;
    let answer = refused(&mut stage, &mut ana, unknown, "ws.unknown_event").await;
    assert_eq!(answer["error"]["event"], "room.sya");
    assert!(answer.get("id").is_none());
    let unknown = r#"{"event":"ask.dubble","data":{"number":1},"id":9}"#;
    let answer = refused(&mut stage, &mut ana, unknown, "ws.unknown_event").await;
    assert_eq!(answer["id"], 9, "who asks is not left waiting");
    let backwards = r#"{"event":"app.connected","data":{"id":"ana"}}"#;
    refused(&mut stage, &mut ana, backwards, "ws.wrong_direction").await;
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_refused_with_the_place_of_the_mistake() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let long = "x".repeat(2001);
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for (data, path, expected) in [
        ("{\"text\":7}".to_owned(), "/text", "expected a string"),
        ("{}".to_owned(), "", "missing field `text`"),
        ("null".to_owned(), "", "expected struct Say"),
        (
            "{\"text\":\"a\",\"bold\":true}".to_owned(),
            "/bold",
            "unknown field `bold`",
        ),
        ("{\"text\":\"\"}".to_owned(), "/text", "length"),
        (format!("{{\"text\":\"{long}\"}}"), "/text", "length"),
        (format!("{{\"text\":{deep}}}"), "/text", "expected a string"),
    ] {
        let text = format!(r#"{{"event":"room.say","data":{data}}}"#);
        let answer = refused(&mut stage, &mut ana, &text, "ws.invalid_payload").await;
        let error = &answer["error"];
        assert_eq!(error["path"], path, "{error}");
        assert!(
            error["message"].as_str().unwrap().contains(expected),
            "{error}"
        );
    }
    let escaped = r#"{"data":{"text":"hello"},"event":"room\u002esay"}"#;
    ana.send(escaped).await.unwrap();
    assert_eq!(
        ana.event("room.say").await.unwrap()["data"]["text"],
        "hello"
    );
    let longest = json!({"event": "room.say", "data": {"text": "ä".repeat(2000)}});
    ana.send(&longest.to_string()).await.unwrap();
    ana.event("room.say").await.unwrap();
}

#[tokio::test]
async fn an_id_in_use_is_refused_without_answering_the_request_that_has_it() {
    let mut stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let wait = r#"{"event":"ask.wait","data":{"gate":"a"},"id":7}"#;
    ana.send(wait).await.unwrap();
    let again = r#"{"event":"ask.double","data":{"number":1},"id":7}"#;
    let answer = refused(&mut stage, &mut ana, again, "ws.invalid_message").await;
    assert!(answer.get("id").is_none());
    stage.open_gate("a").await;
    assert_eq!(ana.receive().await.unwrap(), json!({"id": 7, "data": {}}));
    let after = ana
        .call("ask.double", json!({"number": 1}), 7)
        .await
        .unwrap();
    assert_eq!(after["data"]["number"], 2, "an answered id is free again");
}

#[tokio::test]
async fn garbage_is_answered_up_to_the_error_budget_and_then_closed() {
    let mut stage = Stage::open().await;
    let mut other = stage.enter("bea").await;
    let mut ana = stage.enter("ana").await;
    for _ in 0..1000 {
        // The server may have had enough before the end.
        if ana.send("garbage").await.is_err() {
            break;
        }
    }
    let mut answers = 0;
    let code = loop {
        match ana.receive().await {
            Ok(answer) => {
                assert_eq!(answer["error"]["code"], "ws.invalid_message");
                answers += 1;
            }
            Err(ws_core::testing::TestError::Closed { code, .. }) => break code,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(code, 4504);
    assert!((100..=101).contains(&answers), "{answers} answers");
    let mut reports = 0;
    while stage.seen().await != Seen::Disconnected("ana".into(), 4504) {
        reports += 1;
    }
    assert!((101..=102).contains(&reports), "{reports} reports");
    other.event("room.left").await.unwrap();
    other
        .call("ask.double", json!({"number": 1}), 1)
        .await
        .unwrap();
}

/// Sends frames to a new connection, and returns the code with which it is closed.
async fn code_after(stage: &mut Stage, frames: &[(u8, &[u8])]) -> u16 {
    let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
        .await
        .unwrap();
    for (first, payload) in frames {
        raw.frame(*first, payload).await.unwrap();
    }
    let code = raw.closed().await.unwrap();
    assert_eq!(stage.error().await.1, code_report(code));
    assert_eq!(stage.seen().await, Seen::Disconnected("raw".into(), code));
    code
}

fn code_report(code: u16) -> String {
    let reason = match code {
        1002 => return String::new(),
        1003 => "messages are text",
        1007 => "a text message is UTF-8",
        1009 => "a message has at most 65536 bytes",
        other => panic!("{other} was not expected"),
    };
    format!("the connection is closed with {code} ({reason})")
}

#[tokio::test]
async fn a_binary_message_closes_with_1003() {
    let mut stage = Stage::open().await;
    assert_eq!(code_after(&mut stage, &[(0x82, b"{}")]).await, 1003);
}

#[tokio::test]
async fn invalid_utf8_closes_with_1007() {
    let mut stage = Stage::open().await;
    assert_eq!(code_after(&mut stage, &[(0x81, b"\xff\xfe")]).await, 1007);
    // A character cut in two by fragments is whole again; one that is never completed is not.
    assert_eq!(
        code_after(&mut stage, &[(0x01, b"\xc3"), (0x80, b"\x28")]).await,
        1007
    );
}

#[tokio::test]
async fn a_message_over_the_size_limit_closes_with_1009() {
    let mut stage = Stage::open().await;
    let long = vec![b' '; 65_537];
    assert_eq!(code_after(&mut stage, &[(0x81, &long)]).await, 1009);
    let half = vec![b' '; 40_000];
    assert_eq!(
        code_after(&mut stage, &[(0x01, &half), (0x80, &half)]).await,
        1009
    );
}

#[tokio::test]
async fn a_client_that_sends_a_far_too_long_message_to_its_end_still_sees_1009() {
    let mut stage = Stage::open().await;
    let long = vec![b' '; 20_000_000];
    assert_eq!(code_after(&mut stage, &[(0x81, &long)]).await, 1009);
}

#[tokio::test]
async fn a_message_of_exactly_the_size_limit_is_taken() {
    let stage = Stage::open().await;
    let mut ana = stage.enter("ana").await;
    let mut text = r#"{"event":"ask.double","data":{"number":4},"id":5}"#.to_owned();
    text.push_str(&" ".repeat(65_536 - text.len()));
    ana.send(&text).await.unwrap();
    assert_eq!(ana.receive().await.unwrap()["data"]["number"], 8);
}

#[tokio::test]
async fn frames_that_break_rfc_6455_close_with_1002() {
    let stage = Stage::open().await;
    let unmasked = [0x81, 2, b'{', b'}'];
    let cases: [(&str, Vec<u8>); 5] = [
        ("a frame that is not masked", unmasked.to_vec()),
        ("a reserved bit", vec![0xc1, 0x82, 0, 0, 0, 0, b'{', b'}']),
        ("a reserved opcode", vec![0x83, 0x80, 0, 0, 0, 0]),
        ("a fragmented ping", vec![0x09, 0x80, 0, 0, 0, 0]),
        ("a continuation of nothing", vec![0x80, 0x80, 0, 0, 0, 0]),
    ];
    for (name, bytes) in cases {
        let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
            .await
            .unwrap();
        raw.write(&bytes).await.unwrap();
        assert_eq!(raw.closed().await.ok(), Some(1002), "{name}");
    }
}

#[tokio::test]
async fn pings_between_fragments_are_answered_and_the_message_is_whole() {
    let stage = Stage::open().await;
    let mut raw = RawSocket::upgrade(stage.address, &path("raw"))
        .await
        .unwrap();
    raw.frame(0x01, br#"{"event":"ask.double","da"#)
        .await
        .unwrap();
    raw.frame(0x89, b"are you there?").await.unwrap();
    raw.frame(0x00, br#"ta":{"number":21}"#).await.unwrap();
    raw.frame(0x80, br#","id":1}"#).await.unwrap();
    let mut pong = false;
    loop {
        let frame = raw.next().await.unwrap();
        pong |= frame.first == 0x8a && frame.payload == b"are you there?";
        if frame.payload == br#"{"id":1,"data":{"number":42}}"# {
            break;
        }
    }
    assert!(pong);
}
