//! The members of a channel on this node, and how far each of them was given what the log has.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::ahead::Ahead;
use super::early::{Pending, Publications};
use super::entry::{Entry, GapEffect, Release, Stay};
use super::given::Given;
use super::packing::Bundle;
use super::seats::Seats;
use crate::client::Connection;
use crate::cluster::Message;
use crate::protocol::{ChannelSuffix, ConnectionId, Early, Position, Seen};

/// The connections in a channel on this node, and how far the log was delivered to them.
///
/// Deliveries are numbered: each is a round, begun by [`begin`](Self::begin). A connection takes part in the rounds that begin
/// after it has come.
pub(super) struct Members {
    /// What is written behind each event.
    suffix: Arc<ChannelSuffix>,
    seats: Seats,
    /// How many stays have begun.
    stays: u64,
    /// The number of the last delivery that has begun.
    round: u64,
    /// Where the log stands, as far as its delivery has begun here.
    head: Option<Position>,
    ahead: Ahead,
    early: Pending,
    /// The round with which the log had everything that was given early. `None` while it lacks something.
    settled: Option<u64>,
    /// Stays of clients that came back with something they had been given early, which the log has yet to bring.
    awaiting: HashSet<Stay>,
}

/// The members that a gap concerns.
#[derive(Default)]
pub(super) struct GapReceivers {
    /// To be told of the gap, with where they stand behind it.
    pub(super) told: Vec<(Arc<Connection>, Seen)>,
    /// Have read the log further than it was delivered here: they may have missed nothing, and are to read it again.
    pub(super) ahead: Vec<(Arc<str>, Arc<Connection>, Stay, Seen)>,
}

impl Members {
    pub(super) fn of(suffix: Arc<ChannelSuffix>) -> Self {
        Self {
            suffix,
            seats: Seats::default(),
            stays: 0,
            round: 0,
            head: None,
            ahead: Ahead::default(),
            early: Pending::default(),
            settled: Some(0),
            awaiting: HashSet::new(),
        }
    }

    /// Where the log stands, as far as its delivery has begun here.
    pub(super) fn head(&self) -> Option<Position> {
        self.head
    }

    /// Notes where the log stands, where that is not known yet.
    pub(super) fn set_head(&mut self, head: Option<Position>) {
        self.head = self.head.or(head);
    }

    /// Begins a round, after which the log stands at `head`. It is not for connections that come from now on.
    pub(super) fn begin(&mut self, head: Option<Position>) -> u64 {
        self.round += 1;
        if let Some(head) = head {
            self.head = Some(head);
            self.ahead.forget_behind(head);
        }
        self.round
    }

    /// Goes on at `head`, because what lies before it cannot be had. For the members that have read further, everything is held
    /// from now on.
    pub(super) fn skip_gap(&mut self, head: Position) -> GapReceivers {
        self.ahead = Ahead::default();
        self.early.skip(head);
        let round = self.begin(Some(head));
        self.note_settled();
        let marks = self.early.marks();
        self.note_brought(&[]);
        let mut receivers = GapReceivers::default();
        for entry in self.seats.iter_mut() {
            let connection = Arc::clone(&entry.connection);
            match entry.skip_gap(round, head, marks) {
                GapEffect::Missed(seen) if connection.is_session() => {
                    receivers.told.push((connection, seen));
                }
                GapEffect::Ahead(seen) => {
                    let user = Arc::clone(&entry.user);
                    receivers.ahead.push((user, connection, entry.stay, seen));
                }
                GapEffect::Missed(_) | GapEffect::FoundByReader => {}
            }
        }
        receivers
    }

    /// Begins a round of frames that end at `head`. `settled` is the last mark of what was given early that they confirm.
    pub(super) fn begin_frames(
        &mut self,
        head: Option<Position>,
        settled: Option<u64>,
        brought: &[Position],
    ) -> u64 {
        if let Some(settled) = settled {
            self.early.settle(settled);
        }
        let round = self.begin(head);
        self.note_settled();
        self.note_brought(brought);
        round
    }

    /// Whether a member awaits what it was given early elsewhere.
    pub(super) fn is_early_awaited(&self) -> bool {
        !self.awaiting.is_empty()
    }

    /// Tells the members that await something that these frames were brought.
    fn note_brought(&mut self, brought: &[Position]) {
        let mut awaiting = std::mem::take(&mut self.awaiting);
        let (round, is_settled) = (self.round, self.settled.is_some());
        awaiting.retain(|stay| {
            let entry = self.seats.of_stay(*stay);
            entry.is_some_and(|entry| entry.still_awaits(round, brought, is_settled))
        });
        self.awaiting = awaiting;
    }

    /// Notes that the log has taken the publication of this mark, which was given early.
    pub(super) fn note_taken(&mut self, mark: u64, at: Position) {
        self.early.note_taken(mark, at);
        self.note_settled();
        self.note_brought(&[]);
    }

    /// Notes the round with which the log has everything that was given early.
    fn note_settled(&mut self) {
        if self.early.marks().is_none() {
            self.settled = self.settled.or(Some(self.round));
        }
    }

    /// Begins a round of messages that the log does not have yet.
    pub(super) fn begin_early(&mut self, early: Early, messages: Arc<[Message]>) -> u64 {
        self.early.add(early, messages);
        self.settled = None;
        self.begin(None)
    }

    /// What was read from the log ahead of what the cluster brings.
    pub(super) fn ahead(&mut self) -> &mut Ahead {
        &mut self.ahead
    }

    /// What was given early, and the log has yet to bring again.
    pub(super) fn early(&self) -> &Pending {
        &self.early
    }

    /// The position of a connection that comes now: everything that was given before is older than it.
    pub(super) fn now(&self) -> Option<Seen> {
        Some(Seen {
            at: self.head?,
            early: self.early.marks(),
        })
    }

    /// Puts messages of a round into the queues of the members on some of the seats, and returns those whose queues are to be
    /// written. `None` behind the last seat.
    pub(super) fn deliver(
        &mut self,
        round: u64,
        bundles: &[Bundle<'_>],
        seats: Range<usize>,
    ) -> Option<Vec<Arc<Connection>>> {
        let (suffix, settled) = (&self.suffix, self.settled);
        let seats = self.seats.range_mut(seats)?;
        let mut given = Vec::with_capacity(seats.len());
        given.extend(
            seats
                .iter_mut()
                .flatten()
                .filter_map(|entry| entry.give(suffix, round, settled, bundles)),
        );
        Some(given)
    }

    /// Puts messages of a round into the queues of a user's connections, and returns those whose queues are to be written.
    pub(super) fn deliver_to(
        &mut self,
        round: u64,
        user: &str,
        bundles: &[Bundle<'_>],
    ) -> Vec<Arc<Connection>> {
        let (suffix, settled) = (&self.suffix, self.settled);
        let mut given = Vec::new();
        self.seats.for_each_of_user(user, |entry| {
            given.extend(entry.give(suffix, round, settled, bundles));
        });
        given
    }

    /// Adds a connection, which is sent what is delivered from now on. Where `held`, that is kept until
    /// [`release`](Self::release).
    pub(super) fn add(&mut self, user: Arc<str>, connection: Arc<Connection>, held: bool) -> Stay {
        self.stays += 1;
        let entry = Entry::new(user, connection, self.stays, self.round, held);
        let stay = entry.stay;
        self.seats.add(entry);
        stay
    }

    /// Whether a stay lasts.
    pub(super) fn has(&mut self, stay: Stay) -> bool {
        self.seats.of_stay(stay).is_some()
    }

    /// Takes what was held and lies behind what the connection was `given`. Once nothing is held, the connection takes part in
    /// deliveries.
    pub(super) fn release(&mut self, stay: Stay, given: Option<Given>) -> Release {
        let Some(entry) = self.seats.of_stay(stay) else {
            return Release::Done;
        };
        let release = entry.release(&self.suffix, given);
        if matches!(release, Release::Done) && self.awaiting.contains(&stay) {
            // What it awaits may have come while it was held.
            let (round, is_settled) = (self.round, self.settled.is_some());
            let entry = self.seats.of_stay(stay);
            if !entry.is_some_and(|entry| entry.still_awaits(round, &[], is_settled)) {
                self.awaiting.remove(&stay);
            }
        }
        release
    }

    /// Prepares to read what a connection missed. Returns where the log stands now, and what was given early and is not in it yet;
    /// what is given early later is held. `early` is what the connection was given early elsewhere. `None` where it has left.
    pub(super) fn begin_reading(
        &mut self,
        stay: Stay,
        early: Option<Early>,
    ) -> Option<(Option<Seen>, Publications)> {
        let round = self.round;
        self.seats.of_stay(stay)?.begin_reading(round, early);
        if early.is_some() {
            self.awaiting.insert(stay);
        }
        Some((self.now(), self.early.publications()))
    }

    /// Whether the log became another one since [`begin_reading`](Self::begin_reading).
    pub(super) fn has_gap(&mut self, stay: Stay) -> bool {
        self.seats
            .of_stay(stay)
            .is_some_and(|entry| entry.has_gap())
    }

    /// Whether a connection is being given what it missed.
    pub(super) fn is_reading(&self, id: ConnectionId) -> bool {
        self.seats.get(id).is_some_and(Entry::is_reading)
    }

    /// Removes a connection, which is sent nothing more.
    pub(super) fn remove(&mut self, id: ConnectionId) {
        if let Some(entry) = self.seats.remove(id) {
            self.awaiting.remove(&entry.stay);
        }
    }

    /// The connections of a user.
    pub(super) fn of_user(&self, user: &str) -> Vec<Arc<Connection>> {
        self.seats.of_user(user).map(Entry::connection).collect()
    }

    /// The connection of this id.
    pub(super) fn find(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.seats.get(id).map(Entry::connection)
    }

    /// The user under whose id a connection is here.
    pub(super) fn user_of(&self, id: ConnectionId) -> Option<&str> {
        Some(&self.seats.get(id)?.user)
    }

    /// The connections of a user, or of everyone, that were here when this round began.
    pub(super) fn present_before(&self, round: u64, user: Option<&str>) -> Vec<Arc<Connection>> {
        let was_here = |entry: &&Entry| entry.since < round;
        match user {
            Some(user) => {
                let entries = self.seats.of_user(user).filter(was_here);
                entries.map(Entry::connection).collect()
            }
            None => {
                let entries = self.seats.iter().filter(was_here);
                entries.map(Entry::connection).collect()
            }
        }
    }
}
