use ui::{FromClient, FromServer};

ws_core::contract!(App = "My App" { client: FromClient, server: FromServer });
//~^ error: evaluation panicked: a contract's name has lower-case words joined by `-`, such as `chat` or `device-fleet`

fn main() {}
