//! What connects the nodes of an application: the log of each channel, and who is in it.
//!
//! [`Cluster`] is the handle that applications hold; [`Backend`] is what it stands on. Nothing here knows sockets, clients
//! or contracts: messages are bytes that were encoded before.

mod attendance;
mod backend;
mod backlog;
#[cfg(test)]
mod conformance;
mod handle;
mod marks;
mod memory;
mod message;
#[cfg(feature = "redis")]
mod redis;
mod retention;
mod status;

pub(crate) use backend::{
    Arrival, Backend, Change, Enrolment, GapReason, Member, Recovery, Roll, Sink,
};
pub use backlog::Backlog;
pub use handle::Cluster;
pub(crate) use handle::SharedChannel;
pub(crate) use marks::Marks;
pub use memory::MemoryHub;
#[cfg(feature = "redis")]
pub(crate) use message::disconnects;
pub(crate) use message::{Frame, Message, Target, is_nobody};
#[cfg(feature = "redis")]
pub use redis::RedisOptions;
pub use retention::Retention;
pub use status::ClusterStatus;
