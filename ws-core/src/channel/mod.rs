//! Channels: cluster-wide groups of clients, by user.
//!
//! Knows connections as what it sends to, and the cluster as what carries messages and who is there.

mod core;
mod handle;
mod members;
mod presence;

pub use handle::Channel;
pub use presence::{Participant, Participants, Presence};
