use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "ws.ping")] //~ error: names that start with `ws.` belong to the library; choose another namespace @ "ws.ping"
struct Ping {}

fn main() {}
