use ui::*;

async fn wrong(_: ChatClient, _: Connected) {}

fn main() {
    let _ = handlers()
        .handle_message(wrong) //~ error: `Connected` is not an event that clients send in this contract @ handle_message
        .handle_message(msg)
        .handle_message(info)
        .handle_message(count)
        .handle_message(signout)
        .build();
    //~ note: handlers are registered for the payloads of the contract's enum marked
}
