use schemars::JsonSchema;
use serde::Deserialize;
use ui::FromServer;
use ws_core::{Client, EventHandlers, Handlers, WsEvent};

#[derive(Debug, Deserialize, JsonSchema)]
struct Enter {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Ask {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Say {}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum Rooms {
    Enter(Enter),
    #[ws(reply = String)]
    Ask(Ask),
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "chats")]
enum Chats {
    Say(Say),
}

ws_core::contract!(App = "app" { client: [Rooms, Chats], server: FromServer });

async fn enter(_: Client<App, ()>, _: Enter) {}

async fn ask(_: Client<App, ()>, _: Ask) -> String {
    String::new()
}

async fn say(_: Client<App, ()>, _: Say) {}

fn rooms() -> EventHandlers<Rooms, App, ()> {
    EventHandlers::new().handle_message(enter).handle_message(ask).build()
}

fn chats() -> EventHandlers<Chats, App, ()> {
    EventHandlers::new().handle_message(say).build()
}

fn main() {
    let _ = Handlers::<App, ()>::new()
        .handle_message(enter) //~ error: the handler of `Enter` must be registered together with those of its enum
        .handle_message(ask) //~ error: the handler of `Ask` must be registered together with those of its enum
        .include(rooms())
        .include(chats())
        .build();
}
