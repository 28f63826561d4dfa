//! Executes the JSON blocks of `schemas/protocol/v1.md`. Those whose refusal needs a contract are executed over a socket,
//! in `tests/wire`.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const SPECIFICATION: &str = include_str!("../../../schemas/protocol/v1.md");

/// The blocks whose first words after `json` are `words`, each with the words that follow.
fn blocks(sender: &str) -> Vec<(&'static str, &'static str)> {
    let fences = SPECIFICATION.split("\n```json ").skip(1);
    let blocks: Vec<_> = fences
        .filter_map(|fence| {
            let (words, rest) = fence.split_once('\n').unwrap();
            let (body, _) = rest.split_once("\n```").unwrap();
            words.strip_prefix(sender).map(|words| (words.trim(), body))
        })
        .collect();
    assert!(blocks.len() > 8, "the specification has lost its examples");
    blocks
}

#[test]
fn every_message_of_a_client_is_understood_or_refused_as_the_specification_says() {
    for (words, text) in blocks("client") {
        let parsed = Incoming::parse(text);
        match words {
            "refused=ws.invalid_message" if !depends_on_the_contract(text) => {
                assert!(parsed.is_err(), "{text}")
            }
            _ => assert!(parsed.is_ok(), "{text}: {parsed:?}"),
        }
    }
}

/// Which events have an id is known only with a contract.
fn depends_on_the_contract(text: &str) -> bool {
    [
        r#"{"event":"participants.info","data":{"id":"ana"}}"#,
        r#"{"event":"chats.msg","data":{"text":"hello"},"id":7}"#,
    ]
    .contains(&text)
}

#[test]
fn every_message_of_the_server_is_written_as_the_specification_says() {
    for (_, text) in blocks("server") {
        assert_eq!(rewrite(&serde_json::from_str(text).unwrap()).as_str(), text);
    }
}

/// Encodes a message anew from the values that it holds.
fn rewrite(message: &Value) -> Encoded {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let position = |value: &Value| serde_json::from_value::<Seen>(value.clone()).unwrap().at;
    let id = || {
        message
            .get("id")
            .map(|id| serde_json::from_value::<RequestId>(id.clone()).unwrap())
    };
    if let Some(name) = message.get("event") {
        let event = event(&text(name), &message["data"]).unwrap();
        return match message.get("channel") {
            Some(channel) => ChannelSuffix::of(&text(channel))
                .write(&event.into_text(), Seen::from(position(&message["pos"]))),
            None => event,
        };
    }
    if let Some(data) = message.get("data") {
        return reply(id().unwrap(), data).unwrap();
    }
    if let Some(error) = message.get("error") {
        let code = text(&error["code"]);
        let known = [ErrorCode::InvalidPayload, ErrorCode::UnknownEvent]
            .into_iter()
            .find(|known| known.as_str() == code);
        let Some(code) = known else {
            return error_reply(id().unwrap(), error).unwrap();
        };
        let member = |name: &str| error.get(name).and_then(Value::as_str);
        let error = LibraryError {
            code,
            event: member("event"),
            path: member("path"),
            message: member("message"),
        };
        return library_error(id(), &error);
    }
    if message.get("ready").is_some() {
        return ready();
    }
    if let Some(message) = message.get("welcome") {
        return welcome(&Welcome {
            connection: message["connection"].as_str().unwrap(),
            contract: if message["contract"] == "same" {
                Verdict::Same
            } else {
                Verdict::Unknown
            },
            ping: message["ping"].as_u64().unwrap(),
            max: message["max"].as_u64().unwrap() as usize,
        });
    }
    if let Some(message) = message.get("joined") {
        return joined(
            &text(&message["channel"]),
            position(&message["pos"]),
            message["resumed"] == true,
        );
    }
    if let Some(message) = message.get("gap") {
        return gap(
            &text(&message["channel"]),
            &text(&message["why"]),
            position(&message["pos"]),
        );
    }
    if let Some(message) = message.get("bye") {
        let code = CloseCode::received(message["code"].as_u64().unwrap() as u16);
        let spread = Duration::from_millis(message["reconnect_in"][1].as_u64().unwrap());
        return bye(&Close::new(code, text(&message["reason"])), spread);
    }
    assert_eq!(*message, json!({}));
    ping()
}
