use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(reply = String)]
//~^ error: the event has no name: write `#[ws(event = "namespace.name")]`, or remove this derive if an enum with a `namespace` names the event
struct Ask {}

fn main() {}
