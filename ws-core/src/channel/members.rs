//! Who is in a channel on this node, and what each of them is sent.

use std::collections::{HashMap, HashSet, hash_map};
use std::ops::Range;
use std::sync::Arc;

use super::ahead::Ahead;
use super::early::{Pending, Publications};
use super::entry::{Entry, Meeting, Release, Stay};
use super::given::Given;
use super::packing::Bundle;
use crate::client::Connection;
use crate::cluster::Message;
use crate::protocol::{ConnectionId, Early, Place, Position, Seen};

/// The connections in a channel on this node.
///
/// Each has a place, which it keeps as long as it is here, so that a delivery may go from place to place while connections
/// come and go: see [`begin`](Self::begin).
pub(super) struct Members {
    /// What the channel's name adds to an event.
    place: Arc<Place>,
    places: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_connection: HashMap<ConnectionId, usize>,
    by_user: HashMap<Arc<str>, Places>,
    /// How many have come.
    stays: u64,
    /// The number of the last delivery that has begun.
    turn: u64,
    /// Where the log stands, as far as its delivery has begun here.
    head: Option<Position>,
    ahead: Ahead,
    early: Pending,
    /// The delivery with which the log had everything that was given early. `None` where it lacks something.
    settled: Option<u64>,
    /// Those who came back with something that they had been given early, which the log has yet to bring.
    awaiting: HashSet<Stay>,
}

/// Who is concerned by a gap.
#[derive(Default)]
pub(super) struct Gap {
    pub(super) told: Vec<(Arc<Connection>, Seen)>,
    pub(super) ahead: Vec<(Arc<str>, Arc<Connection>, Stay, Seen)>,
}

/// The places of one user, who mostly has one.
enum Places {
    One(usize),
    Several(Vec<usize>),
}

impl Members {
    pub(super) fn of(place: Arc<Place>) -> Self {
        Self {
            place,
            places: Vec::new(),
            free: Vec::new(),
            by_connection: HashMap::new(),
            by_user: HashMap::new(),
            stays: 0,
            turn: 0,
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

    /// Begins a delivery, after which the log stands there. Who comes from now on is not meant by it: it is older than they.
    pub(super) fn begin(&mut self, head: Option<Position>) -> u64 {
        self.turn += 1;
        if let Some(head) = head {
            self.head = Some(head);
            self.ahead.stands_at(head);
        }
        self.turn
    }

    /// What lies between this position and what was delivered cannot be had. Returns who is told so, with where they stand
    /// then; and who has read the log further than it was delivered here, and may have missed nothing: for them, everything
    /// is held from now on.
    pub(super) fn skip_gap(&mut self, head: Position) -> Gap {
        self.ahead = Ahead::default();
        self.early.skip(head);
        let turn = self.begin(Some(head));
        self.note_settled();
        let marks = self.early.marks();
        self.note_brought(&[]);
        let mut gap = Gap::default();
        for entry in self.places.iter_mut().flatten() {
            let connection = Arc::clone(&entry.connection);
            match entry.meet_gap(turn, head, marks) {
                Meeting::Told(seen) if connection.is_session() => {
                    gap.told.push((connection, seen));
                }
                Meeting::Ahead(seen) => {
                    let user = Arc::clone(&entry.user);
                    gap.ahead.push((user, connection, entry.stay, seen));
                }
                Meeting::Told(_) | Meeting::Later => {}
            }
        }
        gap
    }

    /// Begins to deliver frames that end at `head`. `settled` is the last mark of what was given early that they confirm.
    pub(super) fn begin_frames(
        &mut self,
        head: Option<Position>,
        settled: Option<u64>,
        brought: &[Position],
    ) -> u64 {
        if let Some(settled) = settled {
            self.early.settle(settled);
        }
        let turn = self.begin(head);
        self.note_settled();
        self.note_brought(brought);
        turn
    }

    /// Whether somebody here awaits what was given early elsewhere.
    pub(super) fn await_early(&self) -> bool {
        !self.awaiting.is_empty()
    }

    fn note_brought(&mut self, brought: &[Position]) {
        let mut awaiting = std::mem::take(&mut self.awaiting);
        let (turn, is_settled) = (self.turn, self.settled.is_some());
        awaiting.retain(|stay| {
            let entry = self.entry(*stay);
            entry.is_some_and(|entry| entry.await_early(turn, brought, is_settled))
        });
        self.awaiting = awaiting;
    }

    /// The log has taken the publication of this mark, which was given early.
    pub(super) fn taken(&mut self, mark: u64, at: Position) {
        self.early.taken(mark, at);
        self.note_settled();
        self.note_brought(&[]);
    }

    fn note_settled(&mut self) {
        if self.early.marks().is_none() {
            self.settled = self.settled.or(Some(self.turn));
        }
    }

    /// The same, for a delivery of what the log does not have yet.
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

    /// Where a connection that comes now stands: what was given before is older than it.
    pub(super) fn now(&self) -> Option<Seen> {
        Some(Seen {
            at: self.head?,
            early: self.early.marks(),
        })
    }

    /// Gives messages of a delivery to the members at some of the places: puts them into their queues, and returns whose
    /// queues are to be written. `None` where there are no places.
    pub(super) fn deliver(
        &mut self,
        turn: u64,
        bundles: &[Bundle<'_>],
        places: Range<usize>,
    ) -> Option<Vec<Arc<Connection>>> {
        let (channel, settled) = (&self.place, self.settled);
        let end = self.places.len().min(places.end);
        let there = self.places.get_mut(places.start..end)?;
        if there.is_empty() {
            return None;
        }
        let mut given = Vec::with_capacity(there.len());
        given.extend(
            there
                .iter_mut()
                .flatten()
                .filter_map(|entry| entry.give(channel, turn, settled, bundles)),
        );
        Some(given)
    }

    /// Gives messages of a delivery to a user, and returns whose queues are to be written.
    pub(super) fn deliver_to(
        &mut self,
        turn: u64,
        user: &str,
        bundles: &[Bundle<'_>],
    ) -> Vec<Arc<Connection>> {
        let (channel, settled) = (&self.place, self.settled);
        let mut given = Vec::new();
        for place in self.by_user.get(user).into_iter().flat_map(Places::iter) {
            if let Some(Some(entry)) = self.places.get_mut(*place) {
                given.extend(entry.give(channel, turn, settled, bundles));
            }
        }
        given
    }

    /// Adds a connection, which is sent what is delivered from now on. Where `held`, it is kept until
    /// [`release`](Self::release).
    pub(super) fn add(&mut self, user: Arc<str>, connection: Arc<Connection>, held: bool) -> Stay {
        let id = connection.id;
        self.stays += 1;
        let entry = Entry::new(Arc::clone(&user), connection, self.stays, self.turn, held);
        let stay = entry.stay;
        let place = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(place) {
            Some(free) => *free = Some(entry),
            None => self.places.push(Some(entry)),
        }
        self.by_connection.insert(id, place);
        match self.by_user.entry(user) {
            hash_map::Entry::Vacant(entry) => {
                entry.insert(Places::One(place));
            }
            hash_map::Entry::Occupied(mut entry) => entry.get_mut().push(place),
        }
        stay
    }

    /// Whether a stay lasts.
    pub(super) fn has(&mut self, stay: Stay) -> bool {
        self.entry(stay).is_some()
    }

    /// Takes what was held and lies behind what the connection was `given`. Where nothing is held any more, the connection is
    /// sent what is delivered from now on.
    pub(super) fn release(&mut self, stay: Stay, given: Option<Given>) -> Release {
        let channel = Arc::clone(&self.place);
        let Some(entry) = self.entry(stay) else {
            return Release::Done;
        };
        let release = entry.release(&channel, given);
        if matches!(release, Release::Done) && self.awaiting.contains(&stay) {
            // It may have come meanwhile.
            let (turn, is_settled) = (self.turn, self.settled.is_some());
            let entry = self.entry(stay);
            if !entry.is_some_and(|entry| entry.await_early(turn, &[], is_settled)) {
                self.awaiting.remove(&stay);
            }
        }
        release
    }

    /// Returns where the log stands, and what was given early and is not in it yet, at a moment at which what a connection
    /// missed is about to be read. What is given early later is held. `early` is what the connection has seen before the log has
    /// it. `None` where it has left.
    pub(super) fn begin_reading(
        &mut self,
        stay: Stay,
        early: Option<Early>,
    ) -> Option<(Option<Seen>, Publications)> {
        let turn = self.turn;
        self.entry(stay)?.begin_reading(turn, early);
        if early.is_some() {
            self.awaiting.insert(stay);
        }
        Some((self.now(), self.early.publications()))
    }

    /// Whether the log became another one since [`begin_reading`](Self::begin_reading).
    pub(super) fn has_gap(&mut self, stay: Stay) -> bool {
        self.entry(stay).is_some_and(|entry| entry.has_gap())
    }

    fn entry(&mut self, stay: Stay) -> Option<&mut Entry> {
        let place = self.by_connection.get(&stay.connection).copied()?;
        let entry = self.places.get_mut(place)?.as_mut()?;
        (entry.stay == stay).then_some(entry)
    }

    /// Whether a connection is given what it missed.
    pub(super) fn is_reading(&self, id: ConnectionId) -> bool {
        let place = self.by_connection.get(&id);
        let entry = place.and_then(|place| self.places.get(*place)?.as_ref());
        entry.is_some_and(Entry::is_reading)
    }

    /// Removes a connection, which is sent nothing more. `false` where it was not here.
    pub(super) fn remove(&mut self, id: ConnectionId) -> bool {
        let Some(place) = self.by_connection.remove(&id) else {
            return false;
        };
        let Some(entry) = self.places.get_mut(place).and_then(Option::take) else {
            return false;
        };
        self.free.push(place);
        self.awaiting.remove(&entry.stay);
        let is_last = self
            .by_user
            .get_mut(&entry.user)
            .is_some_and(|places| places.remove(place));
        if is_last {
            self.by_user.remove(&entry.user);
        }
        if self.by_connection.is_empty() {
            // Nobody is here whose place has to be kept, and so many may not come again.
            self.places = Vec::new();
            self.free = Vec::new();
            self.by_connection = HashMap::new();
            self.by_user = HashMap::new();
        }
        true
    }

    /// The connections of a user.
    pub(super) fn of_user(&self, user: &str) -> Vec<Arc<Connection>> {
        let entries = self.entries_of(user);
        entries.map(|entry| Arc::clone(&entry.connection)).collect()
    }

    fn entries_of(&self, user: &str) -> impl Iterator<Item = &Entry> {
        let places = self.by_user.get(user).into_iter();
        places
            .flat_map(Places::iter)
            .filter_map(|place| self.places.get(*place)?.as_ref())
    }

    /// The connection of this id.
    pub(super) fn find(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        let place = *self.by_connection.get(&id)?;
        let entry = self.places.get(place)?.as_ref()?;
        Some(Arc::clone(&entry.connection))
    }

    /// The user as whom a connection is here.
    pub(super) fn user_of(&self, id: ConnectionId) -> Option<&str> {
        let place = *self.by_connection.get(&id)?;
        Some(&self.places.get(place)?.as_ref()?.user)
    }

    /// The connections of a user, or of everyone, that were here when this delivery began.
    pub(super) fn there_before(&self, turn: u64, user: Option<&str>) -> Vec<Arc<Connection>> {
        let was_there = |entry: &&Entry| entry.since < turn;
        let connection = |entry: &Entry| Arc::clone(&entry.connection);
        match user {
            Some(user) => {
                let entries = self.entries_of(user).filter(was_there);
                entries.map(connection).collect()
            }
            None => {
                let entries = self.places.iter().flatten().filter(was_there);
                entries.map(connection).collect()
            }
        }
    }
}

impl Places {
    fn iter(&self) -> impl Iterator<Item = &usize> {
        match self {
            Self::One(place) => std::slice::from_ref(place).iter(),
            Self::Several(places) => places.iter(),
        }
    }

    fn push(&mut self, place: usize) {
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, place]),
            Self::Several(places) => places.push(place),
        }
    }

    /// Removes a place. `true` where it was the last.
    fn remove(&mut self, place: usize) -> bool {
        match self {
            Self::One(last) => *last == place,
            Self::Several(places) => {
                places.retain(|other| *other != place);
                places.is_empty()
            }
        }
    }
}
