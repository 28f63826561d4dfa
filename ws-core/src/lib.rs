//! Typed events over WebSockets: the Rust types are the contract.
#![warn(unreachable_pub)]

#[cfg(feature = "axum")]
mod axum;
mod channel;
mod client;
mod cluster;
pub mod contract;
pub mod error;
pub mod event;
pub mod handler;
mod protocol;
mod server;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "axum")]
pub use axum::{UpgradeRejection, WsUpgrade};
pub use channel::{Channel, Participant, Participants, Presence};
pub use client::Client;
pub use cluster::{Cluster, MemoryHub, Retention};
pub use contract::Contract;
pub use error::{
    ClientError, ClientErrorKind, ClusterError, HandlerError, RegisterError, SendError, Violation,
};
pub use event::WsEvent;
pub use handler::{EventHandlers, Handlers};
pub use protocol::{Close, CloseCode, ConnectionId, ErrorCode};
pub use server::{Limits, Server};
pub use ws_macros::WsEvent;

/// For generated code only: not a public interface, and free to change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::assert_contract_name;
    pub use crate::error::Violation;
    pub use crate::event::*;
    pub use crate::protocol::{Encoded, RequestId};
}

/// Executes the README's program.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
