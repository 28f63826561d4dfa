use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "pages.page")]
struct Page<T> { //~ error: an event has one JSON form, so its type has no parameters; name the type for each use @ T
    items: Vec<T>,
}

fn main() {}
