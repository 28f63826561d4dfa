use ui::*;

async fn wrong(_: ChatClient, _: GetParticipant) -> Result<Connected, ParticipantError> {
    Err(ParticipantError::NotFound)
}

fn main() {
    let _ = handlers()
        .handle_message(wrong)
        //~^ error: the handler of `GetParticipant` returns `Result<Connected, ParticipantError>`, which the event does not declare @ handle_message
        .handle_message(msg)
        .handle_message(count)
        .handle_message(signout)
        .build();
    //~ note: declared: reply `Participant`, error `ParticipantError`
}
