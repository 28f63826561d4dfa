//! A contract with an event for each thing that the tests look at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

/// Work whose beginning and end are noted.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "work.do")]
pub(crate) struct Do {
    pub(crate) name: String,
    /// Whether it goes on until the test opens the gate.
    pub(crate) waits: bool,
}

/// The same, as a request.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "work.ask", reply = Done)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) waits: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Done {
    pub(crate) name: String,
}

/// To everyone in the first room of the sender.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.say")]
pub(crate) struct Say {
    pub(crate) text: String,
}

/// To all others in the rooms of the sender.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.tell-others")]
pub(crate) struct TellOthers {
    pub(crate) text: String,
}

/// Sends so many events to the sender alone.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.count")]
pub(crate) struct Count {
    pub(crate) to: u32,
}

/// Sends so many pairs: an event to the sender alone, and then one to everyone in its first room.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.count")]
pub(crate) struct CountAloud {
    pub(crate) to: u32,
}

/// The client is registered in its rooms.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.ready")]
pub(crate) struct Ready {}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "app.counted")]
pub(crate) struct Counted {
    pub(crate) number: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

/// Who is writing: of many, the newest is enough.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.typing", when_slow = "drop_oldest")]
pub(crate) struct Typing {
    pub(crate) user: String,
}

/// What means nothing a moment later.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "room.hinted", ephemeral)]
pub(crate) struct Hinted {}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub(crate) enum FromClient {
    Do(Do),
    Ask(Ask),
    Say(Say),
    TellOthers(TellOthers),
    Count(Count),
    CountAloud(CountAloud),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub(crate) enum FromServer {
    Ready(Ready),
    Counted(Counted),
    Said(Said),
    Typing(Typing),
    Hinted(Hinted),
}

ws_core::contract!(pub(crate) House = "house" { client: FromClient, server: FromServer });

/// What somebody said.
pub(crate) fn said(text: impl Into<String>) -> Said {
    Said { text: text.into() }
}
