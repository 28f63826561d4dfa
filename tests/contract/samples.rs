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

/// serde buffers the members of a variant, and makes a number that is too large for an `f32` infinite.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
enum Turn {
    Left { angle: f32 },
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "room")]
enum FromClient {
    #[ws(reply = Heard)]
    Say(Say),
    #[ws(reply = Turn)]
    Turn(Turn),
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
fn samples_of_a_plain_f32_are_none_that_become_infinite() {
    let turns: Vec<Value> = samples()
        .into_iter()
        .filter(|it| it["event"] == "room.turn" && it["serde"] == true)
        .collect();
    let angles = turns.iter().map(|it| it["data"]["angle"].as_f64());
    let fits = |angle: f64| angle.abs() <= f32::MAX.into();
    assert!(angles.clone().count() > 5);
    assert!(
        angles.clone().all(|angle| angle.is_some_and(fits)),
        "{turns:#?}"
    );
}

#[test]
fn a_mutant_says_where_it_was_changed() {
    let samples = samples();
    let place = |data: Value| {
        let mut found = samples.iter().filter(|it| it["data"] == data);
        found.next().unwrap()["place"].clone()
    };
    assert_eq!(place(serde_json::json!({ "text": "aaa" })), Value::Null);
    assert_eq!(place(serde_json::json!({ "text": true })), "/text");
    assert_eq!(place(serde_json::json!({ "textz": "aaa" })), "/text");
    assert_eq!(
        place(serde_json::json!({ "text": "aaa", "zzz": ["surplus"] })),
        "/zzz"
    );
    assert_eq!(place(serde_json::json!(7)), "");
}

#[test]
fn the_same_types_give_the_same_samples() {
    assert_eq!(samples(), samples());
}
