//! [`Retention`]: how much of a channel's history is kept.

use std::time::Duration;

/// How much of a channel's history is kept, for clients that come back.
///
/// To choose: who is away for longer than this reaches back comes back to a gap. So keep as many messages as are sent in the
/// longest absence that shall leave none: a change of the network takes seconds, the restart of a node perhaps half a minute, a
/// closed laptop as long as somebody likes.
///
/// Redis has them once. Each node that is in the channel has the latest of them in memory, since it is there, and at most 1 MiB
/// of them: a new node has none. What a node does not have it reads from Redis, once for all who ask at the same time. A
/// cluster [in memory](crate::Cluster::in_memory) keeps at most 16 MiB of a channel, and drops what is older than that as soon as
/// anything happens in any of its channels.
///
/// It is what they can count on, and no promise that anything is thrown away: over Redis more is kept. There a log is cut by
/// whole blocks of some hundred frames, and by age only as a whole, when for that time
/// nothing was sent and no node followed it: nobody who is there is told of a gap in which nothing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    messages: usize,
    age: Duration,
}

impl Retention {
    /// Keeps this many messages, for this long.
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

    /// Keeps nothing: events of the channel carry no position, and a client that comes back has missed what was sent.
    pub const fn none() -> Self {
        Self {
            messages: 0,
            age: Duration::ZERO,
        }
    }

    /// How many messages are kept.
    pub const fn messages(&self) -> usize {
        self.messages
    }

    /// For how long a message is kept.
    pub const fn age(&self) -> Duration {
        self.age
    }

    pub(crate) const fn keeps_history(&self) -> bool {
        self.messages > 0
    }
}

impl Default for Retention {
    /// 1,000 messages, for five minutes: what is reached first ends it. A channel of three messages a second is kept for the
    /// five minutes, one of 100 a second for ten seconds.
    fn default() -> Self {
        Self::new(1000, Duration::from_secs(300))
    }
}
