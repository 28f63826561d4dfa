//! The contract `bench`: a message that comes back to its sender, and one that goes to everyone. Knows no server.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use ws_core::WsEvent;

/// The largest integer that a JavaScript number holds exactly.
const SAFE: u64 = (1 << 53) - 1;

/// Comes back to whoever sent it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "echo.msg")]
pub struct Echo {
    /// Where it was said.
    #[garde(skip)]
    pub room: String,
    /// The number of the message.
    #[garde(range(min = 0, max = SAFE))]
    pub id: u64,
    /// Who said it.
    #[garde(skip)]
    pub user: String,
    /// What was said.
    #[garde(skip)]
    pub text: String,
    /// When it was said, in whatever unit and precision the sender counts. It comes back as the same number.
    #[garde(skip)]
    pub ts: Number,
}

/// Goes to everyone in the channel, the sender included.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate, WsEvent)]
#[ws(event = "bcast.msg")]
pub struct Broadcast {
    /// Where it was said.
    #[garde(skip)]
    pub room: String,
    /// The number of the message.
    #[garde(range(min = 0, max = SAFE))]
    pub id: u64,
    /// Who said it.
    #[garde(skip)]
    pub user: String,
    /// What was said.
    #[garde(skip)]
    pub text: String,
    /// When it was said, in whatever unit and precision the sender counts. It comes back as the same number.
    #[garde(skip)]
    pub ts: Number,
}

/// What clients send.
#[derive(Debug, WsEvent)]
#[ws(from = "client")]
pub enum FromClient {
    /// Comes back to whoever sent it.
    Echo(Echo),
    /// Goes to everyone in the channel, the sender included.
    Broadcast(Broadcast),
}

/// What the server sends.
#[derive(Debug, WsEvent)]
#[ws(from = "server")]
pub enum FromServer {
    /// Comes back to whoever sent it.
    Echo(Echo),
    /// Goes to everyone in the channel, the sender included.
    Broadcast(Broadcast),
}

ws_core::contract!(
    /// The contract of the benchmark, exported to `schemas/bench.json`.
    pub Bench = "bench" { client: FromClient, server: FromServer }
);

ws_core::contract_is_current!(Bench, "../../schemas/bench.json");
