use ui::*;
use ws_core::HandlerError;

async fn wrong(_: ChatClient, _: GetParticipant) -> Result<Result<Participant, HandlerError>, ParticipantError> {
    Err(ParticipantError::NotFound)
}

fn main() {
    let _ = handlers()
        .handle_message(msg)
        .handle_message(count)
        .handle_message(signout)
        .handle_message(wrong)
        //~^ error: the handler of `GetParticipant` returns `Result<Result<Participant, HandlerError>, ParticipantError>`, which the event does not declare @ handle_message
        .build();
    //~ note: a handler that can also fail in another way returns `Result<Result<R, E>, HandlerError>` with the declared `R` and `E`
}
