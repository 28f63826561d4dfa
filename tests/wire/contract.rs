//! The contract of the protocol's examples, and a server of it whose handlers misbehave on request.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "chats.msg")]
pub(crate) struct SendMsg {
    #[garde(length(chars, min = 1, max = 2000))]
    pub(crate) text: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "chats.msg-private", reply = Sent, error = PrivateError)]
pub(crate) struct SendPrivate {
    #[garde(length(chars, min = 1, max = 32))]
    pub(crate) to: String,
    #[garde(length(chars, min = 1, max = 2000))]
    pub(crate) text: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sent {
    pub(crate) sent_at: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(crate) enum PrivateError {
    NotHere,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "participants.info", reply = Participant, error = ParticipantError)]
pub(crate) struct GetParticipant {
    pub(crate) id: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) connected_at: String,
    pub(crate) connections: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub(crate) enum ParticipantError {
    NotFound,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.signout")]
pub(crate) struct Signout {}

/// Denies what it does not know, at every depth.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "strict.place", reply = Placed)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) points: Vec<Point>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    pub(crate) x: i32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Placed {
    pub(crate) count: u32,
}

/// A request whose handler panics.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "faults.panic", reply = Placed)]
pub(crate) struct Panic {
    pub(crate) message: String,
}

/// An event whose handler panics.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "faults.panic-quietly")]
pub(crate) struct PanicQuietly {}

/// A request whose handler never returns.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "faults.hang", reply = Placed)]
pub(crate) struct Hang {}

/// An event whose handler never returns.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "faults.hang-quietly")]
pub(crate) struct HangQuietly {}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.connected")]
pub(crate) struct Connected {
    pub(crate) id: String,
    pub(crate) participants: Vec<String>,
}

/// Answers its sender: how long the text was, in code points.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "chats.msg")]
pub(crate) struct ChatMsg {
    pub(crate) length: u32,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub(crate) enum FromClient {
    Msg(SendMsg),
    MsgPrivate(SendPrivate),
    Info(GetParticipant),
    Signout(Signout),
    Place(Place),
    Panic(Panic),
    PanicQuietly(PanicQuietly),
    Hang(Hang),
    HangQuietly(HangQuietly),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub(crate) enum FromServer {
    Connected(Connected),
    Msg(ChatMsg),
}

ws_core::contract!(pub(crate) Wire = "wire" { client: FromClient, server: FromServer });
