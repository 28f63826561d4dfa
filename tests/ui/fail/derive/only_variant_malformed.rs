use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(from = "client", namespace = "rooms")]
enum FromClient {
    Join { room: String }, //~ error: an event has exactly one payload type: write `Join(Payload)`
}

#[derive(WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum FromServer {} //~ error: an enum of events must have at least one variant: write `Name(Payload)` @ FromServer

fn main() {}
