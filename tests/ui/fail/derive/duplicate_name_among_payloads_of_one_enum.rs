use schemars::JsonSchema;
use serde::Deserialize;
use ws_core::WsEvent;

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.enter")]
struct Enter {}

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.enter")]
struct Again {}

#[derive(Debug, WsEvent)] //~ error: evaluation panicked: duplicate event name `rooms.enter` in this enum
#[ws(from = "client")]
enum Rooms {
    Enter(Enter),
    Again(Again),
}

fn main() {}
