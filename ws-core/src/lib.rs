//! Typed events over WebSockets: the Rust types are the contract.
//!
//! An event is a payload type, and an enum names the events of one direction. [`contract!`] puts both directions under
//! one name. [`Handlers`] holds one handler for each event that clients send; a missing handler is a compile error. A
//! [`Server`] is built from the handlers and accepts connections from axum through [`WsUpgrade`]. Each handler receives
//! a [`Client`], which stands for one connection, and clients meet in a [`Channel`] of a [`Cluster`].
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use ws_core::{Channel, Client, Cluster, Handlers, SendError, Server, WsEvent};
//!
//! /// Something said in the room.
//! #[derive(Debug, Serialize, Deserialize, JsonSchema)]
//! struct Say {
//!     text: String,
//! }
//!
//! /// Something heard in the room.
//! #[derive(Debug, Serialize, Deserialize, JsonSchema)]
//! struct Heard {
//!     text: String,
//! }
//!
//! #[derive(Debug, WsEvent)]
//! #[ws(from = "client", namespace = "room")]
//! enum FromClient {
//!     Say(Say),
//! }
//!
//! #[derive(Debug, WsEvent)]
//! #[ws(from = "server", namespace = "room")]
//! enum FromServer {
//!     Heard(Heard),
//! }
//!
//! ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
//!
//! /// What the application knows of a connection.
//! struct User {
//!     id: String,
//!     room: Channel<Room>,
//! }
//!
//! async fn say(client: Client<Room, User>, message: Say) -> Result<(), SendError> {
//!     client.session().room.broadcast(&Heard { text: message.text })
//! }
//!
//! let handlers = Handlers::<Room, User>::new()
//!     .handle_message(say)
//!     .on_connected(async |client: Client<Room, User>| {
//!         let user = client.session();
//!         user.room.register_client(&user.id, &client).await
//!     })
//!     .build();
//! let server = Server::new(handlers);
//! # let _ = (server, Cluster::in_memory());
//! ```
//!
//! # Promises
//!
//! - **Order.** Events without a reply are handled one at a time per client, in the order in which they were received;
//!   requests are handled concurrently. On each connection, messages leave in the order in which they were sent to it.
//!   In each channel, all receivers see the same order, except during outages of Redis: see [`Channel`].
//! - **Sending** never blocks and never waits for the network: it queues within a bound, or returns a [`SendError`].
//! - **Recovery.** A client that reconnects is sent exactly the events of its channels that it missed, or is told that
//!   there is a gap.
//! - **Bounds.** Everything has a limit: see [`Limits`].
//! - **Bad input** is answered with a typed error, is reported to [`on_error`](handler::HandlersBuilder::on_error), and
//!   never reaches another client.
//!
//! # Features
//!
//! - `metrics`: counts and times what happens. See [`metrics`].
//! - `redis`: connects several nodes. See `Cluster::redis` and `RedisOptions`.
//!
//! # Logging
//!
//! The library logs through `tracing`. Each connection has a span `connection` with the fields `contract` and `id`, at
//! level `INFO`. Within it, each event that is handled has a span `event` with its `name` and, for a request, the
//! request's id in `request`, at level `DEBUG`. Messages at `ERROR` report what the server did wrong, those at `WARN`
//! what it could not keep up with, such as connections above a [limit](WsUpgrade::accept), a cluster that is degraded,
//! and what may be a mistake in its configuration, such as [origins](WsUpgrade::with_allowed_origins) that may not
//! connect. Those at `DEBUG` report what clients did wrong.
//!
//! # In production
//!
//! See [`deployment`] for proxies, origins, limits, health checks, and the order in which to shut a node down.
//!
//! # The runtime
//!
//! The library runs on tokio. With many busy connections on few threads, build the runtime with
//! `global_queue_interval(1)`: by default, tokio lets new tasks wait behind a worker's own queue.
#![warn(unreachable_pub)]

pub mod adapter;
mod axum;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod channel;
mod client;
mod cluster;
pub mod contract;
#[doc = include_str!("docs/deployment.md")]
pub mod deployment {}
pub mod error;
#[doc(hidden)]
pub mod event;
pub mod handler;
mod limits;
pub mod metrics;
mod origin;
mod protocol;
#[cfg(test)]
mod seeds;
mod server;
mod tasks;
mod websocket;

pub use axum::{UpgradeRejection, WsUpgrade};
pub use channel::{Channel, Participant, Participants, Presence};
pub use client::Client;
#[cfg(feature = "redis")]
pub use cluster::RedisOptions;
pub use cluster::{Backlog, Cluster, ClusterStatus, MemoryHub, Retention};
pub use contract::Contract;
pub use error::{
    ClientError, ClientErrorKind, ClusterError, HandlerError, RegisterError, SendError, Violation,
};
pub use event::{Rate, WsEvent};
pub use handler::{EventHandlers, Handlers};
pub use limits::Limits;
pub use protocol::{Close, CloseCode, ConnectionId, ConnectionIdError, ErrorCode};
pub use server::Server;
#[doc = include_str!("docs/derive.md")]
pub use ws_macros::WsEvent;

/// For generated code only: not a public interface, and free to change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::contract::assert_contract_name;
    pub use crate::event::*;
    pub use crate::protocol::{Encoded, RequestId};
}

/// Compiles the README's program.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
