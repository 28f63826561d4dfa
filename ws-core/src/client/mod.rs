//! One connection, as handlers see it ([`Client`]) and as the rest of the library does ([`Connection`]).
//!
//! Knows channels only as what a connection is a member of, and of streams only the sending half, which belongs to the
//! outbox.

mod common;
mod connection;
#[cfg(test)]
mod fuzz;
mod handle;
mod outbox;
mod queue;
mod remains;
mod resume;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use common::{Common, Share};
pub(crate) use connection::{Connection, Membership, NotEntered};
pub use handle::Client;
pub(crate) use handle::{encode, encode_text};
pub(crate) use outbox::{Outbox, Written};
pub(crate) use remains::Remains;
