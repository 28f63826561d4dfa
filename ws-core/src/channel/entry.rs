//! One connection in a channel: what it is given, and what is held for it while it is given what it missed.

use std::sync::Arc;

use super::given::{Given, is_new, message_for};
use super::held::{Held, HeldMessage, TooMuch};
use super::packing::Bundle;
use super::parcel::{Parcel, Receiver, Way};
use crate::client::Connection;
use crate::protocol::{
    ChannelSuffix, Close, CloseCode, ConnectionId, Early, Encoded, EncodedFrames, Position, Seen,
};

/// One stay of a connection in a channel, from a registration to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stay {
    pub(super) connection: ConnectionId,
    /// No other stay in the channel has it.
    pub(super) number: u64,
}

/// A connection in a channel on this node.
pub(super) struct Entry {
    pub(super) stay: Stay,
    pub(super) user: Arc<str>,
    pub(super) connection: Arc<Connection>,
    /// The round that had begun when the connection came: later ones are for it.
    pub(super) since: u64,
    /// The round that was current when the last read of the log for it began. The read covers what was given early before.
    read: u64,
    /// `None` of a connection that is given what the others are.
    catch_up: Option<Box<CatchUp>>,
}

/// How far a connection that resumes has caught up.
enum CatchUp {
    /// It is being given what it missed. What is delivered meanwhile is held.
    Reading(Held),
    /// It was given what it missed, and may know more, or less, than the others do.
    Given(Given),
}

/// What comes next for a connection that was given what the log has.
pub(super) enum Release {
    /// Send it these messages. It was given that much then; there may be more.
    Held(Vec<Encoded>, Option<Given>),
    /// Nothing: it takes part in deliveries from now on.
    Done,
    /// Read the log from here: it became another one meanwhile, or more came than was held. Everything is still held.
    ReadAgain(Seen),
}

/// What a gap means for a connection.
pub(super) enum GapEffect {
    /// It misses something, and stands here behind the gap.
    Missed(Seen),
    /// It has read the log up to here, further than it was delivered, and may have missed nothing. Everything is held.
    Ahead(Seen),
    /// Whoever reads for it what it missed finds the gap.
    FoundByReader,
}

impl Entry {
    /// An entry that is given what is delivered from now on: at once, or, where `held`, after what it missed.
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
            catch_up: held.map(|held| Box::new(CatchUp::Reading(held))),
        }
    }

    /// Goes on at `head`, where this round begins: what lies before it cannot be had. `marks` are those of what was given early.
    pub(super) fn skip_gap(
        &mut self,
        round: u64,
        head: Position,
        marks: Option<Early>,
    ) -> GapEffect {
        let mut early = marks;
        match self.catch_up() {
            None => {}
            // What was held is of the earlier log, and so may be what is being read.
            Some(CatchUp::Reading(held)) => {
                held.note_gap();
                return GapEffect::FoundByReader;
            }
            Some(CatchUp::Given(given)) if given.at.seq > head.seq => {
                let seen = given.seen();
                self.hold(round);
                return GapEffect::Ahead(seen);
            }
            Some(CatchUp::Given(given)) => {
                given.at = head;
                if given.only_log {
                    early = given.early_at(head);
                }
            }
        }
        GapEffect::Missed(Seen { at: head, early })
    }

    /// Prepares to read what it missed: everything that the log has now, and that was given early up to this round. What comes
    /// from now on is held. `early` is what the connection was given early elsewhere.
    pub(super) fn begin_reading(&mut self, round: u64, early: Option<Early>) {
        self.read = round;
        if let Some(CatchUp::Reading(held)) = self.catch_up() {
            held.begin_reading(early);
        }
    }

    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// Whether it is being given what it missed.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.catch_up.as_deref(), Some(CatchUp::Reading(_)))
    }

    /// Whether the log became another one since the reading began.
    pub(super) fn has_gap(&self) -> bool {
        matches!(self.catch_up.as_deref(), Some(CatchUp::Reading(held)) if held.has_gap)
    }

    /// Notes what the log brings in this round. Returns whether it has yet to bring what the connection was given early, or, where
    /// not all is settled, what the others were.
    pub(super) fn still_awaits(
        &mut self,
        round: u64,
        brought: &[Position],
        is_settled: bool,
    ) -> bool {
        let find = |early: Option<Early>| {
            let mut brought = brought.iter();
            let found = brought.find(|last| early.is_some_and(|early| early.is_up_to(last.mark)));
            found.map(|last| last.seq)
        };
        match self.catch_up() {
            None => false,
            Some(CatchUp::Reading(held)) => {
                held.logged = held.logged.or_else(|| find(held.early));
                true
            }
            Some(CatchUp::Given(given)) => {
                given.logged = given.logged.or_else(|| find(given.early));
                if given.logged.is_some() && is_settled {
                    given.end = Some(round);
                }
                given.only_log && given.early.is_some() && given.end.is_none()
            }
        }
    }

    /// Takes what was held, behind what the connection was `given`.
    pub(super) fn release(&mut self, suffix: &ChannelSuffix, mut given: Option<Given>) -> Release {
        if let (Some(CatchUp::Reading(held)), Some(given)) = (self.catch_up(), &mut given) {
            given.logged = held.logged.filter(|_| given.early.is_some());
        }
        match (self.catch_up(), given) {
            (Some(CatchUp::Reading(held)), Some(given)) if held.has_gap => {
                Release::ReadAgain(given.seen())
            }
            (Some(CatchUp::Reading(held)), Some(given)) if held.has_more() => {
                let early = given.early_at(given.at);
                Release::ReadAgain(Seen {
                    early,
                    ..given.seen()
                })
            }
            (Some(CatchUp::Reading(held)), mut given) => {
                let held = held.take();
                if held.is_empty() {
                    return self.take_part(given);
                }
                let mut messages = Vec::with_capacity(held.len());
                for HeldMessage {
                    label,
                    event,
                    message,
                } in held
                {
                    if is_new(label, given) {
                        messages.push(message_for(label, &event, message, given, suffix));
                    }
                    if let Some(given) = &mut given {
                        given.note_given(label);
                    }
                }
                Release::Held(messages, given)
            }
            (_, given) => self.take_part(given),
        }
    }

    /// Ends the catching up: it is given what is delivered from now on.
    fn take_part(&mut self, given: Option<Given>) -> Release {
        self.catch_up = given.map(|given| Box::new(CatchUp::Given(given)));
        Release::Done
    }

    fn catch_up(&mut self) -> Option<&mut CatchUp> {
        self.catch_up.as_deref_mut()
    }

    /// Holds everything that is delivered from now on.
    fn hold(&mut self, round: u64) {
        self.since = round;
        let held = Held::of(&self.connection);
        self.catch_up = Some(Box::new(CatchUp::Reading(held)));
    }

    /// Puts messages into the connection's queue. Returns the connection where the caller has to write them.
    pub(super) fn give(
        &mut self,
        suffix: &ChannelSuffix,
        round: u64,
        settled: Option<u64>,
        bundles: &[Bundle<'_>],
    ) -> Option<Arc<Connection>> {
        if round <= self.since {
            return None;
        }
        if let Some(CatchUp::Given(given)) = self.catch_up() {
            if given.end.is_some_and(|end| end < round) {
                *given = Given {
                    is_reached: given.is_reached,
                    ..Given::new(given.at, None, false)
                };
            }
            if given.has_caught_up() {
                given.only_log = false;
            }
            if given.is_in_step() && settled.is_some_and(|settled| settled < round) {
                self.catch_up = None;
            } else if let Some(last) = last_position(bundles) {
                given.is_reached = last.seq >= given.at.seq;
            }
        }
        let Self {
            user,
            connection,
            read,
            catch_up,
            ..
        } = self;
        // The round may reach it after the log was read for it.
        let was_read = round <= *read;
        let is_mine = |parcel: &Parcel<'_>| {
            let is_meant = match &parcel.receiver {
                Receiver::All => true,
                Receiver::AllBut(sender) => !connection.is_or_was(*sender),
                Receiver::User(other) => other == user,
                Receiver::AllButUser(other) => other != user,
            };
            is_meant && !(was_read && matches!(parcel.label.way, Way::Early(_)))
        };
        let is_enlisted = match catch_up.as_deref_mut() {
            None => {
                let is_usual =
                    |parcel: &Parcel<'_>| parcel.label.way != Way::Again && is_mine(parcel);
                let holds = |frames: &EncodedFrames| connection.outbox.fits_at_once(frames);
                let usual = bundles
                    .iter()
                    .flat_map(|bundle| bundle.frames(is_usual, holds));
                connection.outbox.enlist(usual)
            }
            Some(CatchUp::Given(now)) => {
                let given = Some(*now);
                // Noted even where it is not for this connection, so that a read of the log from here does not bring it again.
                let labels = bundles.iter().flat_map(Bundle::parcels);
                for label in labels.map(|parcel| parcel.label) {
                    if !(was_read && matches!(label.way, Way::Early(_))) {
                        now.note_given(label);
                    }
                }
                let is_mine = |parcel: &Parcel<'_>| is_mine(parcel) && is_new(parcel.label, given);
                let new = bundles.iter().flat_map(|bundle| bundle.messages(is_mine));
                connection.outbox.enlist(new.map(|(parcel, message)| {
                    message_for(parcel.label, parcel.event, message, given, suffix).into()
                }))
            }
            Some(CatchUp::Reading(held)) => {
                for (parcel, message) in bundles.iter().flat_map(|bundle| bundle.messages(is_mine))
                {
                    if !held.wants(parcel.label) {
                        continue;
                    }
                    let kept = HeldMessage {
                        label: parcel.label,
                        event: parcel.event.apart(),
                        message,
                    };
                    if let Err(TooMuch) = held.hold(kept) {
                        connection.close(Close::new(
                            CloseCode::SLOW_CONSUMER,
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

/// Where the log stands behind these.
fn last_position(bundles: &[Bundle<'_>]) -> Option<Position> {
    let mut parcels = bundles
        .iter()
        .rev()
        .flat_map(|bundle| bundle.parcels().rev());
    parcels.find_map(|parcel| parcel.label.position)
}
