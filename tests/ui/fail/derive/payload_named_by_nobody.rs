use schemars::JsonSchema;
use serde::Serialize;
use ws_core::WsEvent;

#[derive(Debug, Serialize, JsonSchema)]
struct Entered {}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
enum FromServer {
    Entered(Entered), //~ error: `Entered` does not name an event @ Entered
}

fn main() {}
