use std::mem::take;
use std::sync::Arc;

use super::parcel::{Parcel, Receiver, Way};
use crate::client::Connection;
use crate::protocol::{Close, CloseCode, Early, Encoded, Place, Position, Seen};

/// The most bytes that are held for one connection.
const MOST_HELD: usize = 8 * 1024 * 1024;

/// A connection in a channel on this node.
pub(super) struct Entry {
    pub(super) user: Arc<str>,
    pub(super) connection: Arc<Connection>,
    /// The delivery that had begun when the connection came: later ones are for it.
    pub(super) since: u64,
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
    parcels: Vec<Parcel>,
    bytes: usize,
    /// The log became another one meanwhile.
    has_gap: bool,
}

impl Held {
    fn keep(&mut self, is_kept: impl Fn(&Parcel) -> bool) {
        self.parcels.retain(is_kept);
        self.bytes = self.parcels.iter().map(Parcel::size).sum();
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
    /// It is sent this, and then there may be more.
    Held(Vec<Encoded>),
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
    pub(super) fn new(user: Arc<str>, connection: Arc<Connection>, since: u64, held: bool) -> Self {
        Self {
            user,
            connection,
            since,
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
                held.keep(Parcel::is_past_the_log);
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

    /// What it missed is about to be read. What is given early from now on is held.
    pub(super) fn begin_reading(&mut self) {
        if let Some(Return::Reading(held)) = self.return_mut() {
            held.has_gap = false;
            held.keep(|parcel| parcel.way != Way::Early);
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
            (Some(Return::Reading(held)), given) if !held.parcels.is_empty() => {
                held.bytes = 0;
                let parcels = take(&mut held.parcels).into_iter();
                let behind = parcels.filter(|parcel| is_new(parcel, given));
                let messages = behind.map(|parcel| message_for(&parcel, given, channel));
                Release::Held(messages.collect())
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
        parcels: &[Parcel],
    ) -> Option<Arc<Connection>> {
        if turn <= self.since {
            return None;
        }
        if let Some(Return::Given(given)) = self.return_mut() {
            if given.is_like_the_others() && settled.is_some_and(|settled| settled < turn) {
                self.return_ = None;
            } else if let Some(last) = parcels.iter().filter_map(|parcel| parcel.position).last() {
                given.is_reached = last.seq >= given.at.seq;
            }
        }
        let Self {
            user,
            connection,
            return_,
            ..
        } = self;
        let mine = parcels.iter().filter(|parcel| match &parcel.receiver {
            Receiver::All => true,
            Receiver::AllBut(sender) => !connection.is_or_was(*sender),
            Receiver::User(other) => other == user,
            Receiver::AllButUser(other) => other != user,
        });
        let is_enlisted = match return_.as_deref_mut() {
            None => {
                let usual = mine.filter(|parcel| parcel.way != Way::Again);
                connection
                    .outbox
                    .enlist(usual.map(|parcel| parcel.message.clone()))
            }
            Some(Return::Given(given)) => {
                let new = mine.filter(|parcel| is_new(parcel, Some(*given)));
                connection
                    .outbox
                    .enlist(new.map(|parcel| message_for(parcel, Some(*given), channel)))
            }
            Some(Return::Reading(held)) => {
                for parcel in mine {
                    let parcel = parcel.apart();
                    held.bytes += parcel.size();
                    held.parcels.push(parcel);
                }
                if held.bytes > MOST_HELD {
                    held.parcels = Vec::new();
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

/// Whether a connection was not given this message before, and is to be given it on this way.
fn is_new(parcel: &Parcel, given: Option<Given>) -> bool {
    let only_log = given.is_some_and(|given| given.only_log);
    let is_way = match parcel.way {
        Way::Usual => true,
        Way::Early => !only_log,
        Way::Again => only_log,
    };
    let both = parcel.position.zip(given);
    is_way
        && both.is_none_or(|(position, given)| {
            let was_early = given
                .early
                .is_some_and(|early| early.has(position.nonce, parcel.index));
            position.seq > given.at.seq && !was_early
        })
}

/// The message for a connection that was given this.
fn message_for(parcel: &Parcel, given: Option<Given>, channel: &Place) -> Encoded {
    match (given, parcel.position) {
        (Some(given), Some(at)) if given.only_log => {
            let early = given.early;
            channel.write(&parcel.event, Seen { at, early })
        }
        _ => parcel.message.clone(),
    }
}
