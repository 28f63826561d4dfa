use schemars::JsonSchema;
use serde::Serialize;
use ui::FromClient;
use ws_core::{Client, WsEvent};

#[derive(Debug, Serialize, JsonSchema)]
struct Entered {}

#[derive(Debug, Serialize, JsonSchema)]
struct Said {}

#[derive(Debug, Serialize, JsonSchema)]
struct Other {}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum Rooms {
    Entered(Entered),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "chats")]
enum Chats {
    Said(Said),
}

ws_core::contract!(App = "app" { client: FromClient, server: [Rooms, Chats] });

fn send(client: Client<App, ()>) {
    let _ = client.send(&Entered {});
    let _ = client.send(&Said {});
    let _ = client.send(&Other {}); //~ error: `Other` is not an event that this contract's server sends
}

fn main() {}
