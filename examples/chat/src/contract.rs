//! What the page and the server say to each other. The page's client is generated from these types.

use chrono::{DateTime, Utc};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

/// A participant's id: the name given at the door. Connections with the same name belong to one user.
pub type UserId = String;

/// A message typed into the room.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "chats.msg")]
pub struct SendMsg {
    /// What was typed.
    #[garde(length(chars, min = 1, max = 2000))]
    pub text: String,
}

/// A message for one participant only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "chats.msg-private", reply = Sent, error = PrivateError)]
pub struct SendPrivate {
    /// The participant's id.
    #[garde(skip)]
    pub to: UserId,
    /// What was typed.
    #[garde(length(chars, min = 1, max = 2000))]
    pub text: String,
}

/// A private message was sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// When the server accepted it.
    pub sent_at: DateTime<Utc>,
}

/// Why a private message was not sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PrivateError {
    /// Nobody with that id is in the room.
    NotHere,
}

/// Asks who a participant is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.info", reply = Participant, error = ParticipantError)]
pub struct GetParticipant {
    /// The participant's id.
    pub id: UserId,
}

/// A participant, as others may see them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// The participant's id.
    pub id: UserId,
    /// The name to show.
    pub name: String,
    /// When their first connection was opened.
    pub connected_at: DateTime<Utc>,
    /// How many connections they have.
    pub connections: u32,
}

/// Why a participant could not be looked up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ParticipantError {
    /// Nobody with that id is in the room.
    NotFound,
}

/// Leaves: the server closes this connection.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.signout")]
pub struct Signout {}

/// The first event of a connection: who you are, and who is here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.connected")]
pub struct Connected {
    /// Your own id.
    pub id: UserId,
    /// The ids of everyone in the room, including yours.
    pub participants: Vec<UserId>,
}

/// The server is about to go away. Its clients reconnect by themselves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.reconnect")]
pub struct Reconnect {
    /// Why, in words for people.
    pub reason: String,
}

/// A message to everyone in the room, including its sender.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "chats.msg")]
pub struct ChatMsg {
    /// Who wrote it.
    pub from: UserId,
    /// What was typed.
    pub text: String,
    /// When the server accepted it.
    pub sent_at: DateTime<Utc>,
}

/// Recent messages, the oldest first. Some of them may also arrive as `chats.msg`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "chats.history")]
pub struct Said {
    /// The messages to everyone in the room, without private ones.
    pub messages: Vec<ChatMsg>,
}

/// A private message to you, on all of your connections.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "chats.msg-private")]
pub struct PrivateMsg {
    /// Who wrote it.
    pub from: UserId,
    /// What was typed.
    pub text: String,
    /// When the server accepted it.
    pub sent_at: DateTime<Utc>,
}

/// Somebody joined: their first connection was opened.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.connected")]
pub struct ParticipantConnected {
    /// The participant's id.
    pub id: UserId,
}

/// Somebody left: their last connection was closed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.disconnected")]
pub struct ParticipantDisconnected {
    /// The participant's id.
    pub id: UserId,
}

/// Everything a browser may send.
#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub enum FromClient {
    Msg(SendMsg),
    MsgPrivate(SendPrivate),
    Info(GetParticipant),
    Signout(Signout),
}

/// Everything the server may send.
#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub enum FromServer {
    Connected(Connected),
    Reconnect(Reconnect),
    History(Said),
    Msg(ChatMsg),
    MsgPrivate(PrivateMsg),
    Joined(ParticipantConnected),
    Left(ParticipantDisconnected),
}

ws_core::contract!(
    /// The contract of this example, exported to `schemas/chat.json`.
    pub Chat = "chat" { client: FromClient, server: FromServer }
);

ws_core::contract_is_current!(Chat, "../../schemas/chat.json");
