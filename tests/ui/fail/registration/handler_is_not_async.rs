use ui::*;

fn wrong(_: ChatClient, _: SendMsg) {}

fn main() {
    let _ = handlers()
        .handle_message(wrong) //~ error: `()` is not a future
        .handle_message(info)
        .handle_message(count)
        .handle_message(signout)
        .build();
}
