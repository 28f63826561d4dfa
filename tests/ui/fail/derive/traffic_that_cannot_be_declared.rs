use ws_core::WsEvent;

struct Plain {}
struct Other {}

#[derive(WsEvent)]
#[ws(from = "client", namespace = "rooms", rate = "1/s")] //~ error: `rate` and `when_slow` belong on the payload or on a variant, not on the enum @ "1/s"
enum FromClient {
    #[ws(rate = "ten a second")] //~ error: a rate is a number of times per second, minute or hour: `"10/s"`, `"100/min"`, `"1000/h"` @ "ten a second"
    A(Plain),
    #[ws(when_slow = "drop_oldest")] //~ error: `when_slow` is only for events that the server sends; to limit how often clients send an event, use `rate` @ "drop_oldest"
    B(Other),
}

#[derive(WsEvent)]
#[ws(from = "server", namespace = "rooms")]
enum FromServer {
    #[ws(rate = "10/s")] //~ error: `rate` is only for events that clients send; to choose what happens when a receiver is too slow, use `when_slow` @ "10/s"
    A(Plain),
    #[ws(when_slow = "wait")] //~ error: `when_slow` must be `"disconnect"` (the default) or `"drop_oldest"` @ "wait"
    B(Other),
}

#[derive(WsEvent)]
#[ws(event = "rooms.c", rate = "0/s")] //~ error: a rate is a number of times per second, minute or hour: `"10/s"`, `"100/min"`, `"1000/h"` @ "0/s"
struct Never {}

fn main() {}
