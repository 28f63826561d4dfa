use ui::{FromClient, FromServer};

ws_core::contract!(App = "My App" { client: FromClient, server: FromServer });
//~^ error: evaluation panicked: a contract name must consist of lower-case words joined by `-`, such as `chat` or `device-fleet`

fn main() {}
