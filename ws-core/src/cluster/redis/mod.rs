//! Nodes that are connected by Redis. The only part of this crate that names the crate `redis`.
//!
//! A channel is a log and a topic. One script appends a frame to the log and publishes it; nodes deliver what is published
//! as long as it continues what they have delivered, and look everything else up in the log. Nothing is taken for granted:
//! a healthy connection may be deaf, an answer that did not come may have been yes, a log may be another one than it was.
//!
//! | part | what it owns |
//! |---|---|
//! | [`node`] | the backend: what happens when something is asked of it |
//! | [`options`], [`inspect`] | configuration, and what is said where it does not work |
//! | [`keys`], [`frame`], [`script`], [`reply`] | how everything stands in Redis |
//! | [`connector`], [`topology`], [`commands`] | connections, which server to ask, calls and their failures |
//! | [`subscriber`] | what is published, and when to distrust it |
//! | [`feed`], [`follow`], [`log`] | a channel: delivery, the state machine that decides about it, its log |
//! | [`recovery`] | what clients that come back have missed, read once for all of them |
//! | [`replicas`] | whether as many replicas as must have what was written have it |
//! | [`watchdog`] | whether what was delivered is all |
//! | [`sent`], [`outbox`] | what was published and is not in the log yet, and what waits while Redis is away |
//! | [`presence`], [`lease`], [`sign`], [`roster`] | who is in the channels, and which nodes are there |

mod backoff;
mod census;
mod commands;
mod connector;
mod ear;
mod enrol;
mod failure;
#[cfg(test)]
mod faults;
mod feed;
mod follow;
mod frame;
mod heartbeat;
mod inspect;
mod keys;
mod lease;
mod log;
mod node;
mod options;
mod outbox;
mod presence;
mod push;
mod recovery;
mod replicas;
mod reply;
mod roster;
mod script;
mod sent;
#[cfg(test)]
mod servers;
mod sign;
mod status;
#[cfg(test)]
mod storms;
mod subscriber;
#[cfg(test)]
mod tests;
mod topology;
mod watchdog;

pub(super) use node::RedisBackend;
pub use options::RedisOptions;
