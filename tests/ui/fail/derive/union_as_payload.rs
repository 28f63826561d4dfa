use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "odd.one")]
union Odd { //~ error: a union cannot be represented in JSON; use a struct or an enum @ Odd
    a: u8,
    b: i8,
}

fn main() {}
