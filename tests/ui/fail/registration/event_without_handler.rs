use ui::*;

fn main() {
    let _ = handlers().handle_message(msg).handle_message(info).handle_message(signout).build();
    //~^ error: event `Count` has no handler @ build
    //~ note: add `.handle_message(…)` with a handler `async fn(Client<…>, Count)` before `.build()`
}
