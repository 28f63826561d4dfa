use std::sync::Arc;

use super::given::{Given, is_new, message_for};
use super::held::{Held, Kept, TooMuch};
use super::packing::Bundle;
use super::parcel::{Parcel, Receiver, Way};
use crate::client::Connection;
use crate::protocol::{
    Close, CloseCode, ConnectionId, Early, Encoded, Frames, Place, Position, Seen,
};

/// One stay of a connection in a channel: from one registration to the end of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The number of the delivery that was current when the last read of the log began. What was given early before that is
    /// covered by the read.
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

/// What is to be done for a connection that is given what it missed.
pub(super) enum Release {
    /// It is sent this, and was given so much then; and there may be more.
    Held(Vec<Encoded>, Option<Given>),
    /// From now on it is sent what is delivered.
    Done,
    /// It was given the log up to here, but the log became another one meanwhile, or there is more than is held. Everything is
    /// held on, and the log is to be read from there.
    Again(Seen),
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
        let held = held.then(|| Held::of(&connection));
        Self {
            stay: Stay {
                connection: connection.id,
                number,
            },
            user,
            connection,
            since,
            read: since,
            return_: held.map(|held| Box::new(Return::Reading(held))),
        }
    }

    /// What was delivered before the delivery of this number, and behind `head`, cannot be had.
    pub(super) fn meet_gap(&mut self, turn: u64, head: Position, marks: Option<Early>) -> Meeting {
        let mut early = marks;
        match self.return_mut() {
            None => {}
            // What was held is of the log that was, and so may be what is read just now.
            Some(Return::Reading(held)) => {
                held.meet_gap();
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
                    early = given.early_at(head);
                }
            }
        }
        Meeting::Told(Seen { at: head, early })
    }

    /// What it missed is about to be read, with everything that the log has now, and that was given early up to this delivery.
    /// What comes from now on is held. `early` is what the connection has seen before the log has it.
    pub(super) fn begin_reading(&mut self, turn: u64, early: Option<Early>) {
        self.read = turn;
        if let Some(Return::Reading(held)) = self.return_mut() {
            held.begin_reading(early);
        }
    }

    /// Whether it is given what it missed.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.return_.as_deref(), Some(Return::Reading(_)))
    }

    /// Whether the log became another one since.
    pub(super) fn has_gap(&self) -> bool {
        matches!(self.return_.as_deref(), Some(Return::Reading(held)) if held.has_gap)
    }

    /// The log brings these in the delivery of this number. Returns whether it has yet to bring what the connection was given
    /// early, or, where not all is settled, what the others were.
    pub(super) fn await_early(
        &mut self,
        turn: u64,
        brought: &[Position],
        is_settled: bool,
    ) -> bool {
        let find = |early: Option<Early>| {
            let mut brought = brought.iter();
            let found = brought.find(|last| early.is_some_and(|early| early.is_up_to(last.nonce)));
            found.map(|last| last.seq)
        };
        match self.return_mut() {
            None => false,
            Some(Return::Reading(held)) => {
                held.logged = held.logged.or_else(|| find(held.early));
                true
            }
            Some(Return::Given(given)) => {
                given.logged = given.logged.or_else(|| find(given.early));
                if given.logged.is_some() && is_settled {
                    given.end = Some(turn);
                }
                given.only_log && given.early.is_some() && given.end.is_none()
            }
        }
    }

    /// See [`Members::release`](super::members::Members::release).
    pub(super) fn release(&mut self, channel: &Place, mut given: Option<Given>) -> Release {
        if let (Some(Return::Reading(held)), Some(given)) = (self.return_mut(), &mut given) {
            given.logged = held.logged.filter(|_| given.early.is_some());
        }
        match (self.return_mut(), given) {
            (Some(Return::Reading(held)), Some(given)) if held.has_gap => {
                Release::Again(given.seen())
            }
            (Some(Return::Reading(held)), Some(given)) if held.has_more() => {
                let early = given.early_at(given.at);
                Release::Again(Seen {
                    early,
                    ..given.seen()
                })
            }
            (Some(Return::Reading(held)), mut given) => {
                let held = held.take();
                if held.is_empty() {
                    return self.take_part(given);
                }
                let mut messages = Vec::with_capacity(held.len());
                for Kept {
                    label,
                    event,
                    message,
                } in held
                {
                    if is_new(label, given) {
                        messages.push(message_for(label, &event, message, given, channel));
                    }
                    if let Some(given) = &mut given {
                        given.moves_on(label);
                    }
                }
                Release::Held(messages, given)
            }
            (_, given) => self.take_part(given),
        }
    }

    /// It was given what it missed, and is sent what is delivered from now on.
    fn take_part(&mut self, given: Option<Given>) -> Release {
        self.return_ = given.map(|given| Box::new(Return::Given(given)));
        Release::Done
    }

    fn return_mut(&mut self) -> Option<&mut Return> {
        self.return_.as_deref_mut()
    }

    /// Holds everything that is delivered from now on.
    fn hold(&mut self, turn: u64) {
        self.since = turn;
        let held = Held::of(&self.connection);
        self.return_ = Some(Box::new(Return::Reading(held)));
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
            if given.end.is_some_and(|end| end < turn) {
                *given = Given {
                    is_reached: given.is_reached,
                    ..Given::new(given.at, None, false)
                };
            }
            if given.is_no_more_ahead() {
                given.only_log = false;
            }
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
            Some(Return::Given(now)) => {
                let given = Some(*now);
                // So that nothing of this comes again where the log is read from there.
                let labels = bundles.iter().flat_map(Bundle::parcels);
                for label in labels.map(|parcel| parcel.label) {
                    if !(was_read && matches!(label.way, Way::Early(_))) {
                        now.moves_on(label);
                    }
                }
                let is_mine = |parcel: &Parcel<'_>| is_mine(parcel) && is_new(parcel.label, given);
                let new = bundles.iter().flat_map(|bundle| bundle.messages(is_mine));
                connection.outbox.enlist(new.map(|(parcel, message)| {
                    message_for(parcel.label, parcel.event, message, given, channel).into()
                }))
            }
            Some(Return::Reading(held)) => {
                for (parcel, message) in bundles.iter().flat_map(|bundle| bundle.messages(is_mine))
                {
                    if !held.wants(parcel.label) {
                        continue;
                    }
                    let kept = Kept {
                        label: parcel.label,
                        event: parcel.event.apart(),
                        message,
                    };
                    if let Err(TooMuch) = held.hold(kept) {
                        connection.close(Close::new(
                            CloseCode::SLOW,
                            "the channel is faster than its history can be read",
                        ));
                        break;
                    }
                }
                false
            }
        };
        is_enlisted.then(|| Arc::clone(connection))
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
