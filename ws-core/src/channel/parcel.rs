use std::sync::Arc;

use crate::cluster::Target;
use crate::protocol::{ConnectionId, Encoded, Position, Text};

/// A message, written for this node's members.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) receiver: Receiver,
    pub(super) position: Option<Position>,
    /// Its place in its publication.
    pub(super) index: usize,
    pub(super) way: Way,
    pub(super) event: Text,
    /// The event with its position, as most are given it.
    pub(super) message: Encoded,
}

/// On which way a message comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the log, or past it.
    Usual,
    /// Before the log has it.
    Early,
    /// From the log, after it came early: for those who were not given it then.
    Again,
}

/// Who of this node's members a message is for.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Receiver {
    All,
    AllBut(ConnectionId),
    User(Arc<str>),
    AllButUser(Arc<str>),
}

impl Parcel {
    /// The same, for whoever may keep it long after those that came together with it are gone.
    pub(super) fn apart(&self) -> Self {
        Self {
            event: self.event.apart(),
            ..self.clone()
        }
    }

    /// What it costs to keep it, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.event.len() + self.message.len()
    }

    pub(super) fn is_direct(&self) -> bool {
        matches!(self.receiver, Receiver::User(_))
    }

    /// Whether it is given to those who are here, and to nobody later.
    pub(super) fn is_past_the_log(&self) -> bool {
        self.position.is_none() && self.way == Way::Usual
    }
}

impl From<&Target> for Receiver {
    fn from(target: &Target) -> Self {
        match target {
            Target::All => Self::All,
            Target::Others(sender) => Self::AllBut(*sender),
            Target::User(user) => Self::User(Arc::clone(user)),
        }
    }
}
