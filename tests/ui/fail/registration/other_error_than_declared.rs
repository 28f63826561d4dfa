use ui::*;
use ws_core::HandlerError;

async fn wrong(_: ChatClient, _: GetParticipant) -> Result<Participant, HandlerError> {
    Err(HandlerError::new("the database is away"))
}

fn main() {
    let _ = handlers()
        .handle_message(wrong)
        //~^ error: the handler of `GetParticipant` returns `Result<Participant, HandlerError>`, which the event does not declare @ handle_message
        .handle_message(msg)
        .handle_message(count)
        .handle_message(signout)
        .build();
    //~ note: a handler that can also fail in another way returns `Result<Result<R, E>, HandlerError>` with the declared `R` and `E`
}
