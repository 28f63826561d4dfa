//! Who is in a channel on this node, and what each of them is sent.

use std::collections::{HashMap, hash_map};
use std::mem::take;
use std::ops::Range;
use std::sync::Arc;

use super::early::{Pending, Publications};
use crate::client::Connection;
use crate::cluster::Message;
use crate::protocol::{self, Close, CloseCode, ConnectionId, Early, Encoded, Position, Seen};

/// The connections in a channel on this node.
///
/// Each has a place, which it keeps as long as it is here, so that a delivery may go from place to place while connections
/// come and go: see [`begin`](Self::begin).
pub(super) struct Members {
    /// The name of the channel.
    name: Arc<str>,
    places: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_connection: HashMap<ConnectionId, usize>,
    by_user: HashMap<Arc<str>, Places>,
    /// The number of the last delivery that has begun.
    turn: u64,
    /// Where the log stands, as far as its delivery has begun here.
    head: Option<Position>,
    early: Pending,
    /// The delivery with which the log had everything that was given early. `None` where it lacks something.
    settled: Option<u64>,
}

struct Entry {
    user: Arc<str>,
    connection: Arc<Connection>,
    /// The delivery that had begun when the connection came: later ones are for it.
    since: u64,
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

/// What is to be done for a connection that is given what it missed.
pub(super) enum Release {
    /// It is sent this, and then there may be more.
    Held(Vec<Encoded>),
    /// From now on it is sent what is delivered.
    Done,
    /// It was given the log up to here, but the log became another one meanwhile. Everything is held on.
    Doubtful(Seen),
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

/// Who is concerned by a gap.
#[derive(Default)]
pub(super) struct Gap {
    pub(super) told: Vec<(Arc<Connection>, Seen)>,
    pub(super) ahead: Vec<(Arc<str>, Arc<Connection>, Seen)>,
}

/// The places of one user, who mostly has one.
enum Places {
    One(usize),
    Several(Vec<usize>),
}

/// A message, written for this node's members.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) receiver: Receiver,
    pub(super) position: Option<Position>,
    /// Its place in its publication.
    pub(super) index: usize,
    pub(super) way: Way,
    pub(super) event: Encoded,
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
    /// Whether it is given to those who are here, and to nobody later.
    fn is_past_the_log(&self) -> bool {
        self.position.is_none() && self.way == Way::Usual
    }

    /// The message for a connection that was given this.
    fn message_for(&self, given: Option<Given>, channel: &str) -> Encoded {
        match (given, self.position) {
            (Some(given), Some(at)) if given.only_log => {
                let early = given.early;
                protocol::positioned(&self.event, channel, Seen { at, early })
            }
            _ => self.message.clone(),
        }
    }
}

impl Members {
    pub(super) fn of(channel: &str) -> Self {
        Self {
            name: channel.into(),
            places: Vec::new(),
            free: Vec::new(),
            by_connection: HashMap::new(),
            by_user: HashMap::new(),
            turn: 0,
            head: None,
            early: Pending::default(),
            settled: Some(0),
        }
    }

    /// The most bytes that are held for one connection.
    const MOST_HELD: usize = 8 * 1024 * 1024;

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
        self.head = head.or(self.head);
        self.turn
    }

    /// What lies between this position and what was delivered cannot be had. Returns who is told so, with where they stand
    /// then; and who has read the log further than it was delivered here, and may have missed nothing: for them, everything
    /// is held from now on.
    pub(super) fn skip_gap(&mut self, head: Position) -> Gap {
        let turn = self.begin(Some(head));
        let marks = self.early.marks();
        let mut gap = Gap::default();
        for entry in self.places.iter_mut().flatten() {
            let mut early = marks;
            match entry.return_.as_deref_mut() {
                None => {}
                // What was held is of the log that was, and so may be what is read just now.
                Some(Return::Reading(held)) => {
                    held.parcels.retain(Parcel::is_past_the_log);
                    held.has_gap = true;
                    continue;
                }
                Some(Return::Given(given)) if given.at.seq > head.seq => {
                    let (user, connection) = (&entry.user, &entry.connection);
                    let seen = given.seen();
                    gap.ahead
                        .push((Arc::clone(user), Arc::clone(connection), seen));
                    entry.hold(turn);
                    continue;
                }
                Some(Return::Given(given)) => {
                    given.at = head;
                    if given.only_log {
                        early = given.early;
                    }
                }
            }
            if entry.connection.is_session() {
                gap.told
                    .push((Arc::clone(&entry.connection), Seen { at: head, early }));
            }
        }
        gap
    }

    /// The same, for a delivery that brings again what was given early, up to this mark.
    pub(super) fn begin_again(&mut self, head: Option<Position>, settled: u64) -> u64 {
        self.early.settle(settled);
        let turn = self.begin(head);
        if self.early.marks().is_none() {
            self.settled = Some(turn);
        }
        turn
    }

    /// The same, for a delivery of what the log does not have yet.
    pub(super) fn begin_early(&mut self, early: Early, messages: Arc<[Message]>) -> u64 {
        self.early.add(early, messages);
        self.settled = None;
        self.begin(None)
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
        parcels: &[Parcel],
        places: Range<usize>,
    ) -> Option<Vec<Arc<Connection>>> {
        let (name, settled) = (&self.name, self.settled);
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
                .filter_map(|entry| entry.give(name, turn, settled, parcels)),
        );
        Some(given)
    }

    /// Gives one message of a delivery to a user, and returns whose queues are to be written.
    pub(super) fn deliver_to(
        &mut self,
        turn: u64,
        user: &str,
        parcel: &Parcel,
    ) -> Vec<Arc<Connection>> {
        let (name, settled) = (&self.name, self.settled);
        let mut given = Vec::new();
        for place in self.by_user.get(user).into_iter().flat_map(Places::iter) {
            if let Some(Some(entry)) = self.places.get_mut(*place) {
                given.extend(entry.give(name, turn, settled, std::slice::from_ref(parcel)));
            }
        }
        given
    }

    /// Adds a connection, which is sent what is delivered from now on. Where `held`, it is kept until
    /// [`release`](Self::release).
    pub(super) fn add(&mut self, user: Arc<str>, connection: Arc<Connection>, held: bool) {
        let id = connection.id;
        let entry = Entry {
            user: Arc::clone(&user),
            connection,
            since: self.turn,
            return_: held.then(|| Box::new(Return::Reading(Held::default()))),
        };
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
    }

    /// Takes what was held and lies behind what the connection was `given`. Where nothing is held any more, the connection is
    /// sent what is delivered from now on.
    pub(super) fn release(&mut self, id: ConnectionId, given: Option<Given>) -> Release {
        let name = Arc::clone(&self.name);
        let Some(entry) = self.entry(id) else {
            return Release::Done;
        };
        match (entry.return_.as_deref_mut(), given) {
            (Some(Return::Reading(held)), Some(given)) if held.has_gap => {
                Release::Doubtful(given.seen())
            }
            (Some(Return::Reading(held)), given) if !held.parcels.is_empty() => {
                held.bytes = 0;
                let parcels = take(&mut held.parcels).into_iter();
                let behind = parcels.filter(|parcel| is_new(parcel, given));
                let messages = behind.map(|parcel| parcel.message_for(given, &name));
                Release::Held(messages.collect())
            }
            (_, given) => {
                entry.return_ = given.map(|given| Box::new(Return::Given(given)));
                Release::Done
            }
        }
    }

    /// Returns where the log stands, and what was given early and is not in it yet, at a moment at which what a connection
    /// missed is about to be read. What is given early later is held.
    pub(super) fn begin_reading(&mut self, id: ConnectionId) -> (Option<Seen>, Publications) {
        if let Some(Return::Reading(held)) = self.entry(id).and_then(Entry::return_mut) {
            held.has_gap = false;
            held.parcels.retain(|parcel| parcel.way != Way::Early);
        }
        (self.now(), self.early.publications())
    }

    /// Whether the log became another one since [`begin_reading`](Self::begin_reading).
    pub(super) fn has_gap(&mut self, id: ConnectionId) -> bool {
        let return_ = self.entry(id).and_then(Entry::return_mut);
        matches!(return_, Some(Return::Reading(held)) if held.has_gap)
    }

    fn entry(&mut self, id: ConnectionId) -> Option<&mut Entry> {
        let place = self.by_connection.get(&id).copied()?;
        self.places.get_mut(place)?.as_mut()
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
        let places = self.by_user.get(user).into_iter();
        places
            .flat_map(Places::iter)
            .filter_map(|place| self.places.get(*place)?.as_ref())
            .map(|entry| Arc::clone(&entry.connection))
            .collect()
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

    /// The connections that were here when this delivery began.
    pub(super) fn there_before(&self, turn: u64) -> Vec<Arc<Connection>> {
        let entries = self.places.iter().flatten();
        entries
            .filter(|entry| entry.since < turn)
            .map(|entry| Arc::clone(&entry.connection))
            .collect()
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

impl Entry {
    fn return_mut(&mut self) -> Option<&mut Return> {
        self.return_.as_deref_mut()
    }

    /// Holds everything that is delivered from now on.
    fn hold(&mut self, turn: u64) {
        self.since = turn;
        self.return_ = Some(Box::new(Return::Reading(Held::default())));
    }

    /// Puts messages into the connection's queue. Returns the connection where somebody has to write them.
    fn give(
        &mut self,
        name: &str,
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
                    .enlist(new.map(|parcel| parcel.message_for(Some(*given), name)))
            }
            Some(Return::Reading(held)) => {
                for parcel in mine {
                    held.bytes += parcel.message.len();
                    held.parcels.push(parcel.clone());
                }
                if held.bytes > Members::MOST_HELD {
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
