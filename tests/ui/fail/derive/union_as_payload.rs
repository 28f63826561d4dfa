use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "odd.one")]
union Odd { //~ error: a union has no JSON form; use a struct or an enum @ Odd
    a: u8,
    b: i8,
}

fn main() {}
