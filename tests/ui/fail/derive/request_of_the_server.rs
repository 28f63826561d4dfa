use schemars::JsonSchema;
use serde::Serialize;
use ws_core::WsEvent;

#[derive(Debug, Serialize, JsonSchema)]
struct Ask {}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum FromServer {
    #[ws(reply = u32)] //~ error: only clients send requests: an event from the server cannot have a reply @ u32
    Ask(Ask),
}

fn main() {}
