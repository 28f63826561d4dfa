use schemars::JsonSchema;
use serde::Deserialize;
use ui::FromServer;
use ws_core::{Client, EventHandlers, Handlers, WsEvent};

#[derive(Debug, Deserialize, JsonSchema)]
struct Enter {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Say {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum Rooms {
    Enter(Enter),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "chats")]
enum Chats {
    Say(Say),
}

ws_core::contract!(App = "app" { client: [Rooms, Chats], server: FromServer });

async fn enter(_: Client<App, ()>, _: Enter) {}

async fn say(_: Client<App, ()>, _: Say) {}

fn rooms() -> EventHandlers<Rooms, App, ()> {
    EventHandlers::new().handle_message(enter).build()
}

fn chats() -> EventHandlers<Chats, App, ()> {
    EventHandlers::new().handle_message(say).build()
}

fn main() {
    let _ = Handlers::new()
        .include(rooms())
        .include(rooms()) //~ error: the handlers of `Rooms` cannot be included here
        .include(chats())
        .build();
}
