use ui::*;
use ws_core::{EventHandlers, Handlers};

async fn plain_reply(_: ChatClient, ask: GetParticipant) -> Participant {
    Participant { id: ask.id }
}

async fn failing(_: ChatClient, _: Count) -> Result<u32, std::num::ParseIntError> {
    "7".parse()
}

fn main() {
    let _ = handlers().handle_message(msg).handle_message(info).handle_message(count).handle_message(signout).build();
    let set: EventHandlers<FromClient, Chat, User> = EventHandlers::new()
        .handle_message(signout)
        .handle_message(failing)
        .handle_message(plain_reply)
        .handle_message(async |_: ChatClient, message: SendMsg| drop(message))
        .build();
    let _ = Handlers::new().include(set).build();
}
