//! What a channel's log consists of: messages, and the frames in which they were appended. Knows nothing of how a backend keeps
//! them.

use std::sync::Arc;

use crate::limits::LONGEST_NAME;
use crate::protocol::{Close, ConnectionId, Position, Text};

/// A message in a channel's log.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// An event for some of the members.
    Event { target: Target, event: Text },
    /// The end of the connections of one user, or of everyone's.
    Disconnect {
        user: Option<Arc<str>>,
        close: Close,
    },
    /// Nothing that members are given, at a place in the log.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(dead_code, reason = "nothing but Redis is ever away")
    )]
    Blank,
    /// The log has lost messages of the node that sends this. It is alone in its frame, whose place members are told as a gap.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(dead_code, reason = "nothing but Redis loses what it has taken")
    )]
    Gap,
}

/// Who receives a message.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    All,
    /// All but one connection: the one that sends it.
    Others(ConnectionId),
    /// Every connection of one user.
    User(Arc<str>),
}

/// Whether nobody can be registered under this id.
pub(crate) fn is_nobody(user: &str) -> bool {
    user.is_empty() || user.len() > LONGEST_NAME
}

impl Target {
    /// Whether it is a user under whose id nobody can be registered.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self, Self::User(user) if is_nobody(user))
    }

    fn size(&self) -> usize {
        match self {
            Self::User(user) => user.len(),
            Self::All | Self::Others(_) => 0,
        }
    }
}

/// Messages that were appended together.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The position of the last message; the others come right before it. `None` in a channel without history.
    pub(crate) last: Option<Position>,
    /// The mark of the publication, where the messages have no position and may come again.
    past: Option<u64>,
    pub(crate) messages: Arc<[Message]>,
}

impl Message {
    /// Whether it goes past the log.
    pub(crate) fn is_ephemeral(&self) -> bool {
        matches!(self, Self::Event { event, .. } if event.is_ephemeral())
    }

    /// What it costs to keep it, in bytes.
    pub(crate) fn size(&self) -> usize {
        let content = match self {
            Self::Event { target, event } => event.len() + target.size(),
            Self::Disconnect { user, close } => {
                user.as_ref().map_or(0, |user| user.len()) + close.reason().len()
            }
            Self::Blank | Self::Gap => 0,
        };
        size_of::<Self>() + content
    }
}

impl Frame {
    /// Messages in the log, up to this position.
    pub(crate) fn logged(last: Position, messages: impl Into<Arc<[Message]>>) -> Self {
        Self {
            last: Some(last),
            past: None,
            messages: messages.into(),
        }
    }

    /// Messages that have no place in the log; with the mark of their publication, where that may come again.
    pub(crate) fn past_the_log(mark: Option<u64>, messages: impl Into<Arc<[Message]>>) -> Self {
        Self {
            last: None,
            past: mark,
            messages: messages.into(),
        }
    }

    /// The mark of its publication.
    pub(crate) fn mark(&self) -> Option<u64> {
        self.last.map(|last| last.mark).or(self.past)
    }

    /// What it costs to keep it, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.messages.iter().map(Message::size).sum()
    }

    /// The messages with their positions. All of a frame have its mark.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Option<Position>, &Message)> {
        (0..)
            .zip(self.messages.iter())
            .map(|(index, message)| (self.position(index), message))
    }

    fn position(&self, index: u64) -> Option<Position> {
        let last = self.last?;
        let behind = self.messages.len() as u64 - 1 - index;
        Some(Position {
            seq: last.seq - behind,
            mark: last.mark,
        })
    }

    /// The number of the first message.
    #[cfg(feature = "redis")]
    pub(crate) fn first_seq(&self) -> Option<u64> {
        Some(self.position(0)?.seq)
    }

    /// Whether it says that the log has lost something.
    #[cfg(feature = "redis")]
    pub(crate) fn is_gap(&self) -> bool {
        matches!(*self.messages, [Message::Gap])
    }

    /// Whether a position is that of a message of this frame.
    pub(crate) fn contains(&self, position: Position) -> bool {
        self.last.is_some_and(|last| {
            let behind = last.seq.wrapping_sub(position.seq);
            last.mark == position.mark && behind < self.messages.len() as u64
        })
    }
}

/// Whether some of these messages end connections.
#[cfg(feature = "redis")]
pub(crate) fn disconnects(messages: &[Message]) -> bool {
    let mut messages = messages.iter();
    messages.any(|message| matches!(message, Message::Disconnect { .. }))
}
