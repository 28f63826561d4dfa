use schemars::JsonSchema;
use serde::Serialize;
use ws_core::WsEvent;

#[derive(Debug, Serialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.entered")]
struct Entered {}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum FromServer {
    Entered(Entered),
    //~^ error: evaluation panicked: the event `rooms.entered` is named by its enum, but its payload type derives `WsEvent` and names itself too: remove the derive from the payload (its `reply` and `error` move to the variant), or the name from the enum
}

fn main() {}
