//! Channels: cluster-wide groups of clients, by user.
//!
//! Knows connections as what it sends to, and the cluster as what carries messages and who is there.
//!
//! What is sent to a channel waits in [`outgoing`] until the cluster takes it; what comes from the cluster waits in
//! [`incoming`] until the members of this node have it. One task per busy channel, the [`pump`], does both, so that nobody
//! who sends ever walks the members, and what comes during a walk goes out together in the next one.

mod absence;
mod admission;
mod ahead;
mod bounds;
mod core;
mod delivery;
mod early;
mod entry;
mod flow;
mod given;
mod handle;
mod held;
mod hook;
mod incoming;
mod members;
mod orders;
mod outgoing;
mod packing;
mod parcel;
mod presence;
mod pump;
mod registered;
mod registrations;
mod returning;
mod seats;
#[cfg(test)]
mod tests;
mod timer;

pub use handle::Channel;
pub use presence::{Participant, Participants, Presence};
