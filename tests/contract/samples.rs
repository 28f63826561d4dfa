use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ws_core::WsEvent;

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
struct Say {
    #[garde(length(chars, min = 1, max = 3))]
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    text: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Heard {
    by: Option<u8>,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "room")]
enum FromClient {
    #[ws(reply = Heard)]
    Say(Say),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "room")]
enum FromServer {
    Said(Said),
}

ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });

fn samples() -> Vec<Value> {
    serde_json::from_str(&ws_core::contract::samples::<Room>().unwrap()).unwrap()
}

/// What serde says of a value that some event carries.
fn verdicts(event: &str, part: &str, data: &Value) -> Vec<Option<bool>> {
    let samples = samples();
    let of = samples
        .iter()
        .filter(|it| it["event"] == event && it["part"] == part && it["data"] == *data);
    of.map(|it| it["serde"].as_bool()).collect()
}

#[test]
fn what_clients_send_is_judged_by_serde_and_by_the_declared_limits() {
    let text = |text: &str| serde_json::json!({ "text": text });
    assert_eq!(
        verdicts("room.say", "payload", &text("😀😀😀")),
        [Some(true)]
    );
    assert_eq!(
        verdicts("room.say", "payload", &text("😀😀😀😀")),
        [Some(false)]
    );
    assert_eq!(verdicts("room.say", "payload", &text("")), [Some(false)]);
    assert_eq!(
        verdicts("room.say", "payload", &serde_json::json!({ "text": 7 })),
        [Some(false)]
    );
}

#[test]
fn what_the_server_writes_is_known_only_where_it_is_written() {
    let absent = serde_json::json!({});
    assert_eq!(
        verdicts("room.say", "reply", &absent),
        [None],
        "serde reads it, and writes null"
    );
    let null = serde_json::json!({ "by": null });
    assert_eq!(verdicts("room.say", "reply", &null), [Some(true)]);
    assert!(samples().iter().any(|it| it["event"] == "room.said"));
    assert_eq!(
        verdicts(
            "room.said",
            "payload",
            &serde_json::json!({ "text": "text" })
        ),
        [None],
        "it is not Deserialize"
    );
}

#[test]
fn the_same_types_give_the_same_samples() {
    assert_eq!(samples(), samples());
}
