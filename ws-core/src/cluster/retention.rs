//! [`Retention`]: how much of a channel's history is kept.

use std::time::Duration;

/// How much of a channel's history is kept for clients that reconnect.
///
/// A client that was disconnected for longer than the history reaches back is told of a gap. To avoid gaps, keep as
/// many messages as are sent during the longest absence that you want to cover: a change of networks takes seconds, the
/// restart of a node perhaps half a minute, and a closed laptop any length of time.
///
/// The default is 1,000 messages for five minutes, whichever limit is reached first.
///
/// # Memory
///
/// Redis stores the history once. Each node that follows the channel also keeps the latest messages in memory, at most
/// 1 MiB of them, from the time at which it began to follow the channel: a new node has none. What a node does not have
/// it reads from Redis, once for all clients that ask at the same time. An [in-memory](crate::Cluster::in_memory)
/// cluster keeps at most 16 MiB per channel, and drops expired messages as soon as anything happens in any of its
/// channels.
///
/// The retention is a lower bound, not a promise that anything is deleted: over Redis, more is kept. There, a log is
/// trimmed in whole blocks of some hundred frames, and by age only as a whole, once nothing was sent and no node
/// followed it for that long. So nobody who is connected is told of a gap in which nothing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    messages: usize,
    age: Duration,
}

impl Retention {
    /// Creates a retention that keeps this many messages, for this long.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ws_core::Retention;
    ///
    /// let retention = Retention::new(200, Duration::from_secs(60));
    /// assert_ne!(retention, Retention::default());
    /// ```
    pub const fn new(messages: usize, age: Duration) -> Self {
        Self { messages, age }
    }

    /// Creates a retention that keeps nothing.
    ///
    /// Events of the channel then carry no position, and a client that reconnects has missed whatever was sent in
    /// between.
    pub const fn none() -> Self {
        Self {
            messages: 0,
            age: Duration::ZERO,
        }
    }

    /// Returns how many messages are kept.
    pub const fn messages(&self) -> usize {
        self.messages
    }

    /// Returns how long a message is kept.
    pub const fn age(&self) -> Duration {
        self.age
    }

    pub(crate) const fn keeps_history(&self) -> bool {
        self.messages > 0
    }
}

impl Default for Retention {
    /// Keeps 1,000 messages for five minutes, whichever limit is reached first. A channel with three messages a second
    /// is kept for the five minutes, and one with 100 a second for ten seconds.
    fn default() -> Self {
        Self::new(1000, Duration::from_secs(300))
    }
}
