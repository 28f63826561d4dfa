use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "chats.msg", event = "chats.message")] //~ error: this key appears twice; remove one of them @ event
struct Msg {}

fn main() {}
