use ws_core::WsEvent;

#[derive(WsEvent)]
#[ws(event = "pages.page")]
struct Page<T> { //~ error: an event has exactly one JSON form, so its type cannot have parameters; declare a type for each use @ T
    items: Vec<T>,
}

fn main() {}
