use ui::*;

async fn wrong(_: ChatClient, _: Count) {}

fn main() {
    let _ = handlers()
        .handle_message(msg)
        .handle_message(info)
        .handle_message(signout)
        .handle_message(wrong) //~ error: the handler of `Count` returns `()`, which the event does not declare
        .build();
}
