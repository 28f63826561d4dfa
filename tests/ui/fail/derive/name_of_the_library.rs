use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "ws.ping")] //~ error: names that start with `ws.` are reserved for the library; choose another namespace @ "ws.ping"
struct Ping {}

fn main() {}
