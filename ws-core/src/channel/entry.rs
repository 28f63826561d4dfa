use std::mem::take;
use std::sync::Arc;

use super::packing::Bundle;
use super::parcel::{Label, Parcel, Receiver, Way};
use crate::client::Connection;
use crate::protocol::{
    Close, CloseCode, ConnectionId, Early, Encoded, Frames, Place, Position, Seen, Text,
};

/// The most bytes that are held for one connection.
const MOST_HELD: usize = 8 * 1024 * 1024;

/// One stay of a connection in a channel: from one registration to the end of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) connection: ConnectionId,
    /// Of no other one in the channel.
    pub(super) number: u64,
}

/// A connection in a channel on this node.
pub(super) struct Entry {
    pub(super) stay: Stay,
    pub(super) user: Arc<str>,
    pub(super) connection: Arc<Connection>,
    /// The delivery that had begun when the connection came: later ones are for it.
    pub(super) since: u64,
    /// The delivery that had begun when what it missed was last about to be read: what was given early until then is part of
    /// that.
    read: u64,
    /// Of a connection that resumes.
    return_: Option<Box<Return>>,
}

/// How far a connection that resumes has come.
enum Return {
    /// It is given what it missed. What is delivered meanwhile is held.
    Reading(Held),
    /// It was given what it missed.
    Given(Given),
}

/// What is delivered while a connection is given what it missed.
#[derive(Default)]
struct Held {
    messages: Vec<Kept>,
    bytes: usize,
    /// The log became another one meanwhile.
    has_gap: bool,
}

/// A message that is held.
struct Kept {
    label: Label,
    event: Text,
    /// The event with its position, as most are given it.
    message: Encoded,
}

impl Held {
    fn push(&mut self, kept: Kept) {
        self.bytes += kept.size();
        self.messages.push(kept);
    }

    fn keep(&mut self, is_kept: impl Fn(Label) -> bool) {
        self.messages.retain(|kept| is_kept(kept.label));
        self.bytes = self.messages.iter().map(Kept::size).sum();
    }
}

impl Kept {
    /// What it costs to keep it, in bytes.
    fn size(&self) -> usize {
        size_of::<Self>() + self.event.len() + self.message.len()
    }
}

/// What a connection that resumes was given before it takes part in deliveries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// Everything up to here. The log may have been read ahead of its delivery, which then brings the same again.
    pub(super) at: Position,
    /// What it was given early, on whatever node.
    pub(super) early: Option<Early>,
    /// It was given something early on another node, which the log does not have yet. Only in the order of the log can it be
    /// given the rest.
    pub(super) only_log: bool,
    /// The delivery here has come further than that.
    pub(super) is_reached: bool,
}

/// What is to be done for a connection that is given what it missed.
pub(super) enum Release {
    /// It is sent this, and was given so much then; and there may be more.
    Held(Vec<Encoded>, Option<Given>),
    /// From now on it is sent what is delivered.
    Done,
    /// It was given the log up to here, but the log became another one meanwhile. Everything is held on.
    Doubtful(Seen),
}

/// What a gap means for a connection.
pub(super) enum Meeting {
    /// It is told, and stands here then.
    Told(Seen),
    /// It has read the log up to here, further than it was delivered, and may have missed nothing. Everything is held.
    Ahead(Seen),
    /// Whoever reads what it missed sees to it.
    Later,
}

impl Entry {
    /// A connection that is sent what is delivered from now on: at once, or, where `held`, after what it missed.
    pub(super) fn new(
        user: Arc<str>,
        connection: Arc<Connection>,
        number: u64,
        since: u64,
        held: bool,
    ) -> Self {
        Self {
            stay: Stay {
                connection: connection.id,
                number,
            },
            user,
            connection,
            since,
            read: since,
            return_: held.then(|| Box::new(Return::Reading(Held::default()))),
        }
    }

    /// What was delivered before the delivery of this number, and behind `head`, cannot be had.
    pub(super) fn meet_gap(&mut self, turn: u64, head: Position, marks: Option<Early>) -> Meeting {
        let mut early = marks;
        match self.return_mut() {
            None => {}
            // What was held is of the log that was, and so may be what is read just now.
            Some(Return::Reading(held)) => {
                held.keep(Label::is_past_the_log);
                held.has_gap = true;
                return Meeting::Later;
            }
            Some(Return::Given(given)) if given.at.seq > head.seq => {
                let seen = given.seen();
                self.hold(turn);
                return Meeting::Ahead(seen);
            }
            Some(Return::Given(given)) => {
                given.at = head;
                if given.only_log {
                    early = given.early;
                }
            }
        }
        Meeting::Told(Seen { at: head, early })
    }

    /// What it missed is about to be read, with everything that the log has now, and that was given early up to this delivery.
    /// What comes from now on is held.
    pub(super) fn begin_reading(&mut self, turn: u64) {
        self.read = turn;
        if let Some(Return::Reading(held)) = self.return_mut() {
            held.has_gap = false;
            held.keep(Label::is_past_the_log);
        }
    }

    /// Whether the log became another one since.
    pub(super) fn has_gap(&self) -> bool {
        matches!(self.return_.as_deref(), Some(Return::Reading(held)) if held.has_gap)
    }

    /// See [`Members::release`](super::members::Members::release).
    pub(super) fn release(&mut self, channel: &Place, given: Option<Given>) -> Release {
        match (self.return_mut(), given) {
            (Some(Return::Reading(held)), Some(given)) if held.has_gap => {
                Release::Doubtful(given.seen())
            }
            (Some(Return::Reading(held)), mut given) if !held.messages.is_empty() => {
                held.bytes = 0;
                let mut messages = Vec::with_capacity(held.messages.len());
                for kept in take(&mut held.messages) {
                    if is_new(kept.label, given) {
                        let message = kept.message;
                        messages.push(message_for(
                            kept.label,
                            &kept.event,
                            message,
                            given,
                            channel,
                        ));
                    }
                    if let Some(given) = &mut given {
                        given.moves_on(kept.label);
                    }
                }
                Release::Held(messages, given)
            }
            (_, given) => {
                self.return_ = given.map(|given| Box::new(Return::Given(given)));
                Release::Done
            }
        }
    }

    fn return_mut(&mut self) -> Option<&mut Return> {
        self.return_.as_deref_mut()
    }

    /// Holds everything that is delivered from now on.
    fn hold(&mut self, turn: u64) {
        self.since = turn;
        self.return_ = Some(Box::new(Return::Reading(Held::default())));
    }

    /// Puts messages into the connection's queue. Returns the connection where somebody has to write them.
    pub(super) fn give(
        &mut self,
        channel: &Place,
        turn: u64,
        settled: Option<u64>,
        bundles: &[Bundle<'_>],
    ) -> Option<Arc<Connection>> {
        if turn <= self.since {
            return None;
        }
        if let Some(Return::Given(given)) = self.return_mut() {
            if given.is_like_the_others() && settled.is_some_and(|settled| settled < turn) {
                self.return_ = None;
            } else if let Some(last) = last_position(bundles) {
                given.is_reached = last.seq >= given.at.seq;
            }
        }
        let Self {
            user,
            connection,
            read,
            return_,
            ..
        } = self;
        // The delivery may come to it when it was read already.
        let was_read = turn <= *read;
        let is_mine = |parcel: &Parcel<'_>| {
            let is_mine = match &parcel.receiver {
                Receiver::All => true,
                Receiver::AllBut(sender) => !connection.is_or_was(*sender),
                Receiver::User(other) => other == user,
                Receiver::AllButUser(other) => other != user,
            };
            is_mine && !(was_read && matches!(parcel.label.way, Way::Early(_)))
        };
        let is_enlisted = match return_.as_deref_mut() {
            None => {
                let is_usual =
                    |parcel: &Parcel<'_>| parcel.label.way != Way::Again && is_mine(parcel);
                let holds = |frames: &Frames| connection.outbox.holds_at_once(frames);
                let usual = bundles
                    .iter()
                    .flat_map(|bundle| bundle.frames(is_usual, holds));
                connection.outbox.enlist(usual)
            }
            Some(Return::Given(given)) => {
                let given = Some(*given);
                let is_mine = |parcel: &Parcel<'_>| is_mine(parcel) && is_new(parcel.label, given);
                let new = bundles.iter().flat_map(|bundle| bundle.messages(is_mine));
                connection.outbox.enlist(new.map(|(parcel, message)| {
                    message_for(parcel.label, parcel.event, message, given, channel).into()
                }))
            }
            Some(Return::Reading(held)) => {
                for (parcel, message) in bundles.iter().flat_map(|bundle| bundle.messages(is_mine))
                {
                    held.push(Kept {
                        label: parcel.label,
                        event: parcel.event.apart(),
                        message,
                    });
                }
                if held.bytes > MOST_HELD {
                    held.messages = Vec::new();
                    connection.close(Close::new(
                        CloseCode::SLOW,
                        "the channel is faster than its history is read",
                    ));
                }
                false
            }
        };
        is_enlisted.then(|| Arc::clone(connection))
    }
}

impl Given {
    /// It was given this besides, or had been given it early.
    fn moves_on(&mut self, label: Label) {
        match (label.way, label.position) {
            (Way::Early(early), _) if !self.only_log => self.early = Some(early),
            (_, Some(position)) if position.seq > self.at.seq => self.at = position,
            _ => {}
        }
    }

    /// Whether it is to be given what everyone is, as soon as nothing is given early that the log lacks.
    fn is_like_the_others(self) -> bool {
        self.is_reached && self.early.is_none()
    }

    fn seen(self) -> Seen {
        Seen {
            at: self.at,
            early: self.early,
        }
    }
}

/// Where the log stands after these.
fn last_position(bundles: &[Bundle<'_>]) -> Option<Position> {
    let mut parcels = bundles
        .iter()
        .rev()
        .flat_map(|bundle| bundle.parcels().rev());
    parcels.find_map(|parcel| parcel.label.position)
}

/// Whether a connection was not given this message before, and is to be given it on this way.
fn is_new(label: Label, given: Option<Given>) -> bool {
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
                .is_some_and(|early| early.has(position.nonce, label.index));
            position.seq > given.at.seq && !was_early
        })
}

/// The message for a connection that was given this.
fn message_for(
    label: Label,
    event: &Text,
    message: Encoded,
    given: Option<Given>,
    channel: &Place,
) -> Encoded {
    match (given, label.position) {
        (Some(given), Some(at)) if given.only_log => {
            let early = given.early;
            channel.write(event, Seen { at, early })
        }
        _ => message,
    }
}
