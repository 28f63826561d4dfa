use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

#[derive(Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.a", rate = "10/s")]
struct Often {}

#[derive(WsEvent)]
#[ws(from = "client")]
enum FromClient {
    #[ws(rate = "20/s")] //~ error: this event is named by its payload, which then declares `rate` and `when_slow` too: move them beside `event` @ "20/s"
    Often(Often),
}

fn main() {}
