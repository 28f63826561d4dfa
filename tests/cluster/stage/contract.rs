//! Numbers, and nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;

/// From a client to everybody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "numbers.say")]
pub(crate) struct Say {
    pub(crate) number: u32,
}

/// The next message of a publisher.
#[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
#[ws(event = "numbers.number")]
pub(crate) struct Number {
    pub(crate) publisher: u32,
    pub(crate) number: u32,
    pub(crate) padding: String,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub(crate) enum FromClient {
    Say(Say),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub(crate) enum FromServer {
    Number(Number),
}

ws_core::contract!(pub(crate) Numbers = "numbers" { client: FromClient, server: FromServer });
