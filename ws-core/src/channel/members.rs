//! Who is in a channel on this node, and what each of them is sent.

use std::collections::{HashMap, hash_map};
use std::mem::take;
use std::ops::Range;
use std::sync::Arc;

use crate::client::Connection;
use crate::protocol::{Close, CloseCode, ConnectionId, Encoded, Position};

/// The connections in a channel on this node.
///
/// Each has a place, which it keeps as long as it is here, so that a delivery may go from place to place while connections
/// come and go: see [`begin`](Self::begin).
#[derive(Default)]
pub(super) struct Members {
    places: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_connection: HashMap<ConnectionId, usize>,
    by_user: HashMap<Arc<str>, Places>,
    /// The number of the last delivery that has begun.
    turn: u64,
    /// Where the log stands, as far as its delivery has begun here.
    head: Option<Position>,
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
    Reading { held: Vec<Parcel>, bytes: usize },
    /// It was given everything up to here. The log may have been read ahead of its delivery, which then brings the same
    /// again.
    Given(Position),
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
    pub(super) message: Encoded,
}

/// Who of this node's members a message is for.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Receiver {
    All,
    AllBut(ConnectionId),
    User(Arc<str>),
    AllButUser(Arc<str>),
}

impl Members {
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

    /// Gives messages of a delivery to the members at some of the places: puts them into their queues, and returns whose
    /// queues are to be written. `None` where there are no places.
    pub(super) fn deliver(
        &mut self,
        turn: u64,
        parcels: &[Parcel],
        places: Range<usize>,
    ) -> Option<Vec<Arc<Connection>>> {
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
                .filter_map(|entry| entry.give(turn, parcels)),
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
        let mut given = Vec::new();
        for place in self.by_user.get(user).into_iter().flat_map(Places::iter) {
            if let Some(Some(entry)) = self.places.get_mut(*place) {
                given.extend(entry.give(turn, std::slice::from_ref(parcel)));
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
            return_: held.then(|| {
                Box::new(Return::Reading {
                    held: Vec::new(),
                    bytes: 0,
                })
            }),
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

    /// Takes what was held and lies behind what the connection was `given`. `None` where nothing is held any more: from now on
    /// the connection is sent what is delivered.
    pub(super) fn release(
        &mut self,
        id: ConnectionId,
        given: Option<Position>,
    ) -> Option<Vec<Encoded>> {
        let place = self.by_connection.get(&id).copied()?;
        let entry = self.places.get_mut(place)?.as_mut()?;
        match entry.return_.as_deref_mut() {
            Some(Return::Reading { held, bytes }) if !held.is_empty() => {
                *bytes = 0;
                let held = take(held).into_iter();
                let behind = held.filter(|parcel| is_behind(parcel, given));
                Some(behind.map(|parcel| parcel.message).collect())
            }
            _ => {
                entry.return_ = given.map(|given| Box::new(Return::Given(given)));
                None
            }
        }
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
            let (turn, head) = (self.turn, self.head);
            *self = Self {
                turn,
                head,
                ..Self::default()
            };
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

    /// The user as whom a connection is here.
    pub(super) fn user_of(&self, id: ConnectionId) -> Option<&str> {
        let place = *self.by_connection.get(&id)?;
        Some(&self.places.get(place)?.as_ref()?.user)
    }

    /// Every connection here.
    pub(super) fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.places.iter().flatten().map(|entry| &entry.connection)
    }
}

/// Whether a connection that was given everything up to a position was not given this message.
fn is_behind(parcel: &Parcel, given: Option<Position>) -> bool {
    let both = parcel.position.zip(given);
    both.is_none_or(|(position, given)| position.seq > given.seq)
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

impl Entry {
    /// Puts messages into the connection's queue. Returns the connection where somebody has to write them.
    fn give(&mut self, turn: u64, parcels: &[Parcel]) -> Option<Arc<Connection>> {
        if turn <= self.since {
            return None;
        }
        let Self {
            user,
            connection,
            return_,
            ..
        } = self;
        let mine = parcels.iter().filter(|parcel| match &parcel.receiver {
            Receiver::All => true,
            Receiver::AllBut(other) => *other != connection.id,
            Receiver::User(other) => other == user,
            Receiver::AllButUser(other) => other != user,
        });
        let is_enlisted = match return_.as_deref_mut() {
            None => connection
                .outbox
                .enlist(mine.map(|parcel| parcel.message.clone())),
            Some(Return::Given(given)) => {
                let behind = mine.filter(|parcel| is_behind(parcel, Some(*given)));
                connection
                    .outbox
                    .enlist(behind.map(|parcel| parcel.message.clone()))
            }
            Some(Return::Reading { held, bytes }) => {
                for parcel in mine {
                    *bytes += parcel.message.len();
                    held.push(parcel.clone());
                }
                if *bytes > Members::MOST_HELD {
                    *held = Vec::new();
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
