//! The contract that the programs below `fail/` and `pass/` share.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::{Client, Handlers, WsEvent};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "chats.msg")]
pub struct SendMsg {
    #[garde(length(chars, min = 1, max = 2000))]
    pub text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.info", reply = Participant, error = ParticipantError)]
pub struct GetParticipant {
    pub id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    pub id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ParticipantError {
    NotFound,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.count", reply = u32)]
pub struct Count {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.signout")]
pub struct Signout {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.connected")]
pub struct Connected {
    pub id: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub enum FromClient {
    Msg(SendMsg),
    Info(GetParticipant),
    Count(Count),
    Signout(Signout),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub enum FromServer {
    Connected(Connected),
}

ws_core::contract!(pub Chat = "chat" { client: FromClient, server: FromServer });

/// An event of another contract.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "games.move")]
pub struct Move {}

pub struct User;

pub type ChatClient = Client<Chat, User>;

pub fn handlers() -> ws_core::handler::HandlersBuilder<Chat, User, <Chat as ws_core::Contract>::Slots> {
    Handlers::new()
}

pub async fn msg(_: ChatClient, _: SendMsg) {}

pub async fn info(_: ChatClient, ask: GetParticipant) -> Result<Participant, ParticipantError> {
    if ask.id.is_empty() { Err(ParticipantError::NotFound) } else { Ok(Participant { id: ask.id }) }
}

pub async fn count(_: ChatClient, _: Count) -> u32 {
    7
}

pub async fn signout(_: ChatClient, _: Signout) -> Result<(), ws_core::SendError> {
    Ok(())
}
