use ui::*;

fn main() {
    let _ = handlers()
        .handle_message(msg)
        .handle_message(msg) //~ error: `SendMsg` already has a handler @ handle_message
        .handle_message(info)
        .handle_message(count)
        .handle_message(signout)
        .build();
}
