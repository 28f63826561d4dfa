//! What a client that came back was given, and which of the following messages it is still to be given.

use super::parcel::{Label, Way};
use crate::protocol::{ChannelSuffix, Early, Encoded, Position, Seen, Text};

/// What a connection that resumes was given before it takes part in deliveries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// It was given everything up to here. The log may have been read ahead of its delivery, which then brings the same again.
    pub(super) at: Position,
    /// What it was given early, on whatever node.
    pub(super) early: Option<Early>,
    /// Give it only what the log brings, and nothing early: another node has already given it events that the log does not have
    /// yet, or it has read the log further than this node.
    pub(super) only_log: bool,
    /// It was not given something that was given early here, and is given that when the log brings it.
    pub(super) lacks_early: bool,
    /// The delivery here has come as far as `at`.
    pub(super) is_reached: bool,
    /// The number of the message with which the log had brought what it was given early.
    pub(super) logged: Option<u64>,
    /// The round after which it is given what the others are, although it was given something early on another node.
    pub(super) end: Option<u64>,
}

impl Given {
    pub(super) fn new(at: Position, early: Option<Early>, only_log: bool) -> Self {
        Self {
            at,
            early,
            only_log,
            lacks_early: false,
            is_reached: false,
            logged: None,
            end: None,
        }
    }

    /// What it was given early and the log has yet to bring behind this position.
    pub(super) fn early_at(self, at: Position) -> Option<Early> {
        let is_before = self.logged.is_some_and(|logged| logged < at.seq);
        self.early.filter(|_| !is_before)
    }

    /// Notes that it was given a message, now or early.
    pub(super) fn note_given(&mut self, label: Label) {
        match (label.way, label.position) {
            (Way::Early(_), _) if self.only_log => self.lacks_early = true,
            (Way::Early(early), _) => self.early = Some(early),
            (_, Some(position)) if position.seq > self.at.seq => self.at = position,
            _ => {}
        }
    }

    /// Whether it is given early messages from now on: the delivery here has come as far as the log was read for it, it was given
    /// nothing early on another node, and it lacks nothing that was given early here.
    pub(super) fn has_caught_up(self) -> bool {
        self.only_log && self.early.is_none() && self.is_reached && !self.lacks_early
    }

    /// Whether it is to be given what everyone is, as soon as the log has everything that was given early.
    pub(super) fn is_in_step(self) -> bool {
        // What this node has given early is settled by then.
        let is_settled = self.early.is_none() || !self.only_log;
        self.is_reached && is_settled
    }

    pub(super) fn seen(self) -> Seen {
        Seen {
            at: self.at,
            early: self.early,
        }
    }
}

/// Whether a connection was not given this message yet, and is to be given it on this way.
pub(super) fn is_new(label: Label, given: Option<Given>) -> bool {
    let only_log = given.is_some_and(|given| given.only_log);
    let is_way = match label.way {
        Way::Usual => true,
        Way::Early(_) => !only_log,
        Way::Again => only_log,
    };
    let both = label.position.zip(given);
    is_way
        && both.is_none_or(|(position, given)| {
            let was_early = given
                .early
                .is_some_and(|early| early.has(position.mark, label.index));
            position.seq > given.at.seq && !was_early
        })
}

/// The message for a connection that was given this.
pub(super) fn message_for(
    label: Label,
    event: &Text,
    message: Encoded,
    given: Option<Given>,
    suffix: &ChannelSuffix,
) -> Encoded {
    match (given, label.position) {
        (Some(given), Some(at)) if given.only_log => {
            let early = given.early_at(at);
            suffix.write(event, Seen { at, early })
        }
        _ => message,
    }
}
