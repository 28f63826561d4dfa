//! Nodes that are connected by Redis. The only part of this crate that names the crate `redis`.
//!
//! A channel is a log and a topic. One script appends a frame to the log and publishes it; nodes deliver what is published
//! as long as it continues what they have delivered, and look everything else up in the log. Nothing is taken for granted:
//! a healthy connection may be deaf, an answer that did not come may have been yes, a log may be another one than it was.
//!
//! | part | what it owns |
//! |---|---|
//! | [`backend`], [`node`] | what is asked of this node, and everything that it has |
//! | [`options`], [`inspect`], [`status`] | configuration, what is said where it does not work, and what is the matter |
//! | [`keys`], [`frame`], [`push`], [`script`], [`reply`] | how everything stands in Redis |
//! | [`connector`], [`links`], [`topology`], [`sentinels`], [`commands`] | connections, which server to ask, calls |
//! | [`failure`], [`backoff`] | why a call has failed, and when to try again |
//! | [`subscriber`], [`supervisor`], [`ear`] | what is published, and when to distrust it |
//! | [`feeds`], [`feed`], [`follow`], [`log`] | a channel: delivery, the state machine that decides about it, its log |
//! | [`recovery`] | what clients that come back have missed, read once for all of them |
//! | [`replicas`] | whether as many replicas as must have what was written have it |
//! | [`watchdog`] | whether what was delivered is all |
//! | [`publish`], [`sent`], [`outbox`], [`audience`] | what this node sends, what of it is not in the log yet, what waits for Redis, and for those who are to hear it |
//! | [`acknowledged`] | what the log has taken of it, and may have lost since |
//! | [`presence`], [`enrol`], [`retell`], [`census`], [`roster`] | who is in the channels: here, told to others, told again, read, and known of all |
//! | [`lease`], [`sign`], [`heartbeat`], [`leave`] | which nodes are there, which are gone, and how one takes leave |

mod acknowledged;
mod audience;
mod backend;
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
mod feeds;
mod follow;
mod frame;
mod heartbeat;
mod inspect;
mod keys;
mod lease;
mod leave;
mod links;
mod listing;
mod log;
mod node;
mod options;
mod orders;
mod outbox;
mod presence;
mod publish;
mod push;
mod recovery;
mod replicas;
mod reply;
mod retell;
mod roster;
mod script;
mod sent;
mod sentinels;
#[cfg(test)]
mod servers;
mod sign;
mod status;
mod subscriber;
mod supervisor;
#[cfg(test)]
mod tests;
mod topology;
mod watchdog;

pub(super) use backend::RedisBackend;
pub use options::RedisOptions;
