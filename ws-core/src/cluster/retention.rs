use std::time::Duration;

/// How much of a channel's history is kept, for clients that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    messages: usize,
    age: Duration,
}

impl Retention {
    /// Keeps at most this many messages, none of them longer than `age`. What is older may stay until the next message.
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

    /// The most messages that are kept.
    pub const fn messages(&self) -> usize {
        self.messages
    }

    /// The longest time that a message is kept.
    pub const fn age(&self) -> Duration {
        self.age
    }

    pub(crate) const fn keeps_history(&self) -> bool {
        self.messages > 0
    }
}

impl Default for Retention {
    /// 1,000 messages, for five minutes.
    fn default() -> Self {
        Self::new(1000, Duration::from_secs(300))
    }
}
