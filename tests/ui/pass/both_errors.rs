//! A request that fails with the error that it declares, or with any other.
use std::error::Error;

use ui::*;
use ws_core::{HandlerError, Handlers};

type Answer = Result<Participant, ParticipantError>;

fn any() -> Result<(), Box<dyn Error + Send + Sync>> {
    Ok(())
}

async fn handler_error(_: ChatClient, ask: GetParticipant) -> Result<Answer, HandlerError> {
    if ask.id.is_empty() {
        return Ok(Err(ParticipantError::NotFound));
    }
    let _: u32 = ask.id.parse()?;
    any()?;
    Ok(Ok(Participant { id: ask.id }))
}

async fn error_of_its_own(_: ChatClient, ask: GetParticipant) -> Result<Answer, std::num::ParseIntError> {
    let _: u32 = ask.id.parse()?;
    Ok(Err(ParticipantError::NotFound))
}

async fn boxed_error(_: ChatClient, ask: GetParticipant) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    any()?;
    let _: u32 = ask.id.parse()?;
    Ok(Err(ParticipantError::NotFound))
}

fn main() {
    let with = || handlers().handle_message(msg).handle_message(count).handle_message(signout);
    let _ = with().handle_message(handler_error).build();
    let _ = with().handle_message(error_of_its_own).build();
    let _ = with().handle_message(boxed_error).build();
    let as_closure = async |_: ChatClient, ask: GetParticipant| {
        let _: u32 = ask.id.parse()?;
        Ok::<Answer, HandlerError>(Err(ParticipantError::NotFound))
    };
    let _: Handlers<Chat, User> = with().handle_message(as_closure).build();
}
