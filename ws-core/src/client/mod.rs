//! One connection, as handlers see it ([`Client`]) and as the rest of the library does ([`Connection`]).
//!
//! Knows channels only as what a connection is a member of, and nothing of sockets: what is sent waits in the outbox until
//! the connection's task writes it.

mod connection;
mod handle;
mod outbox;

pub(crate) use connection::{Connection, Membership, NotEntered};
pub use handle::Client;
pub(crate) use handle::encode;
pub(crate) use outbox::{Outbox, Outgoing};
