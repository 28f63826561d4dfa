use ui::{FromClient, FromServer};

ws_core::contract!(App = "app" { client: FromServer, server: FromClient });
//~^ error: `FromServer` is not an enum of events from the client @ FromServer
//~^^ error: `FromClient` is not an enum of events from the server @ FromClient

fn main() {}
