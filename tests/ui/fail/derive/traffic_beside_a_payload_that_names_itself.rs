use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

#[derive(Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "rooms.a", rate = "10/s")]
struct Often {}

#[derive(WsEvent)]
#[ws(from = "client")]
enum FromClient {
    #[ws(rate = "20/s")] //~ error: this event is named by its payload, which must also declare `rate` and `when_slow`: move them next to `event` @ "20/s"
    Often(Often),
}

fn main() {}
