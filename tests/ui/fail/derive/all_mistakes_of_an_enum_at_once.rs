use ws_core::{Client, Handlers, WsEvent};

struct Plain {}

#[derive(WsEvent)]
#[ws(from = "clint", namespace = "Rooms")] //~ error: `from` must be `"client"` or `"server"` @ "clint"
enum FromClient {
    #[ws(nam = "rooms.a")] //~ error: unknown key; expected one of: name, reply, error, rate, when_slow, ephemeral @ nam
    A(Plain),
    B { text: String }, //~ error: an event has exactly one payload type: write `B(Payload)`
    C, //~ error: an event has exactly one payload type: write `C(Payload)`
}

#[derive(WsEvent)]
enum FromServer { //~ error: who sends these events? Write `#[ws(from = "client")]` or `#[ws(from = "server")]`; an enum that is itself a payload needs `#[ws(event = "namespace.name")]` @ FromServer
    A(Plain),
}

// What follows uses the enums, and must not be reported too.
ws_core::contract!(App = "app" { client: FromClient, server: FromServer });

async fn anything(_: Client<App, ()>, _: u8) {}

fn main() {
    let _ = Handlers::<App, ()>::new().handle_message(anything).build();
}
