use schemars::JsonSchema;
use serde::Deserialize;
use ws_core::WsEvent;

#[derive(Debug, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.count")]
struct Count {}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
enum FromClient {
    #[ws(reply = u32)]
    //~^ error: this event is named by its payload, which must also declare `reply` and `error`: move them next to `event` @ u32
    Count(Count),
}

fn main() {}
