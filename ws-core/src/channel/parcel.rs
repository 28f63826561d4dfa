//! A message on its way to members: for whom it is, where it stands, and which way it comes.

use std::sync::Arc;

use crate::cluster::Target;
use crate::protocol::{ConnectionId, Early, Position, Text};

/// A message for this node's members.
pub(super) struct Parcel<'a> {
    pub(super) receiver: Receiver,
    pub(super) label: Label,
    pub(super) event: &'a Text,
}

/// Where a message stands, and which way it has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub(super) position: Option<Position>,
    /// Its index in its publication.
    pub(super) index: usize,
    pub(super) way: Way,
}

/// Which way a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the log, or past it.
    Usual,
    /// Before the log has it, with the marks up to it.
    Early(Early),
    /// From the log, after it came early: for the members that were not given it then.
    Again,
}

/// Which of this node's members a message is for.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Receiver {
    All,
    AllBut(ConnectionId),
    User(Arc<str>),
    AllButUser(Arc<str>),
}

impl Parcel<'_> {
    pub(super) fn is_direct(&self) -> bool {
        matches!(self.receiver, Receiver::User(_))
    }
}

impl Label {
    /// Whether it is given to the members that are here now, and to nobody later.
    pub(super) fn is_past_the_log(self) -> bool {
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
