use ui::*;

async fn wrong(_: ChatClient, _: SendMsg) -> String {
    String::new()
}

fn main() {
    let _ = handlers()
        .handle_message(wrong) //~ error: the handler of `SendMsg` returns `String`, which the event does not declare
        .handle_message(info)
        .handle_message(count)
        .handle_message(signout)
        .build();
    //~ note: `NoReply` means that the event declares no `reply`: its handler returns `()` or `Result<(), E>` with any error `E`
}
