use ui::*;

async fn wrong(_: ChatClient, _: SendMsg) {
    let not_send = std::rc::Rc::new(());
    std::future::ready(()).await;
    drop(not_send);
}

fn main() {
    let _ = handlers()
        .handle_message(info)
        .handle_message(count)
        .handle_message(signout)
        .handle_message(wrong) //~ error: future cannot be sent between threads safely @ handle_message
        .build();
    //~ note: future returned by `wrong` is not `Send`
}
