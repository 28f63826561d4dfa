use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "chats.msg", event = "chats.message")] //~ error: this is said twice; keep one of them @ event
struct Msg {}

fn main() {}
