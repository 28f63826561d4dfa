use schemars::JsonSchema;
use serde::Deserialize;
use ws_core::WsEvent;

#[derive(Debug, Deserialize, JsonSchema)]
struct Room {}

#[derive(WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum Rooms {
    Enter(Room), //~ error: `Room` is first used here @ Room
    Leave(Room), //~ error: `Room` is the payload of two events; events are identified by their payload type, so give each its own @ Room
}

fn main() {}
