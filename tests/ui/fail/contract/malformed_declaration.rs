ws_core::contract!(App = "app" { from_client: ui::FromClient, from_server: ui::FromServer });
//~^ error: write `contract!(pub Name = "name" { client: Enum, server: Enum })`; for several enums, write a list: `[A, B]`

fn main() {}
