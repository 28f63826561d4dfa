use schemars::JsonSchema;
use serde::Deserialize;
use ui::FromServer;
use ws_core::WsEvent;

#[derive(Debug, Deserialize, JsonSchema)]
struct Enter {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Open {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum Rooms {
    Enter(Enter),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
enum Doors {
    #[ws(name = "rooms.enter")]
    Open(Open),
}

ws_core::contract!(App = "app" { client: [Rooms, Doors], server: FromServer });
//~^ error: evaluation panicked: duplicate event name `rooms.enter` in this contract: two of its enums use it

fn main() {}
