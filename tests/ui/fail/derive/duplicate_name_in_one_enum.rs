use schemars::JsonSchema;
use serde::Deserialize;
use ws_core::WsEvent;

#[derive(Debug, Deserialize, JsonSchema)]
struct Enter {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Again {}

#[derive(WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum Rooms {
    Enter(Enter), //~ error: `rooms.enter` is first declared here @ Enter
    #[ws(name = "rooms.enter")] //~ error: duplicate event name `rooms.enter` @ "rooms.enter"
    Again(Again),
}

fn main() {}
