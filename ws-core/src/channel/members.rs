//! Who is in a channel on this node, and what each of them is sent.

use std::collections::HashMap;
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
    by_user: HashMap<Arc<str>, Vec<usize>>,
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
    /// What was delivered while the connection is given what it missed before.
    held: Option<Held>,
    /// Up to here the connection was given what it missed. The log may have been read ahead of its delivery, which then
    /// brings the same again.
    given: Option<Position>,
}

#[derive(Default)]
struct Held {
    messages: Vec<Parcel>,
    bytes: usize,
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

    /// Gives messages of a delivery to the members at some of the places. `false` where there are no places behind them.
    pub(super) fn deliver(&mut self, turn: u64, parcels: &[Parcel], places: Range<usize>) -> bool {
        let end = self.places.len().min(places.end);
        let there = self.places.get_mut(places.start..end);
        for entry in there.into_iter().flatten().flatten() {
            entry.give(turn, parcels);
        }
        places.end < self.places.len()
    }

    /// Gives one message of a delivery to a user.
    pub(super) fn deliver_to(&mut self, turn: u64, user: &str, parcel: &Parcel) {
        for place in self.by_user.get(user).into_iter().flatten() {
            if let Some(Some(entry)) = self.places.get_mut(*place) {
                entry.give(turn, std::slice::from_ref(parcel));
            }
        }
    }

    /// Adds a connection, which is sent what is delivered from now on. Where `held`, it is kept for
    /// [`release`](Self::release).
    pub(super) fn add(&mut self, user: Arc<str>, connection: Arc<Connection>, held: bool) {
        let id = connection.id;
        let entry = Entry {
            user: Arc::clone(&user),
            connection,
            since: self.turn,
            held: held.then(Held::default),
            given: None,
        };
        let place = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(place) {
            Some(free) => *free = Some(entry),
            None => self.places.push(Some(entry)),
        }
        self.by_connection.insert(id, place);
        self.by_user.entry(user).or_default().push(place);
    }

    /// Sends what was held, from now on also what is delivered, where it lies behind what the connection was `given`.
    pub(super) fn release(&mut self, id: ConnectionId, given: Option<Position>) {
        let place = self.by_connection.get(&id).copied();
        let Some(Some(entry)) = place.and_then(|place| self.places.get_mut(place)) else {
            return;
        };
        let held = entry.held.take().unwrap_or_default();
        entry.given = given;
        let messages: Vec<Encoded> = held
            .messages
            .into_iter()
            .filter(|parcel| is_behind(parcel, given))
            .map(|parcel| parcel.message)
            .collect();
        entry.connection.send_all(messages);
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
        if let Some(places) = self.by_user.get_mut(&entry.user) {
            places.retain(|other| *other != place);
            if places.is_empty() {
                self.by_user.remove(&entry.user);
            }
        }
        if self.by_connection.is_empty() {
            // Nobody is here whose place has to be kept, and so many may not come again.
            (self.places, self.free) = (Vec::new(), Vec::new());
        }
        true
    }

    /// The connections of a user.
    pub(super) fn of_user(&self, user: &str) -> Vec<Arc<Connection>> {
        let places = self.by_user.get(user).into_iter().flatten();
        places
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

impl Entry {
    fn give(&mut self, turn: u64, parcels: &[Parcel]) {
        if turn <= self.since {
            return;
        }
        let given = self.given;
        let is_mine = |parcel: &&Parcel| match &parcel.receiver {
            Receiver::All => true,
            Receiver::AllBut(connection) => *connection != self.connection.id,
            Receiver::User(user) => *user == self.user,
            Receiver::AllButUser(user) => *user != self.user,
        };
        let mine = parcels
            .iter()
            .filter(is_mine)
            .filter(|parcel| is_behind(parcel, given));
        match &mut self.held {
            None => self
                .connection
                .send_all(mine.map(|parcel| parcel.message.clone())),
            Some(held) => {
                held.messages.extend(mine.cloned());
                held.bytes = held
                    .messages
                    .iter()
                    .map(|parcel| parcel.message.len())
                    .sum();
                if held.bytes > Members::MOST_HELD {
                    *held = Held::default();
                    self.connection.close(Close::new(
                        CloseCode::SLOW,
                        "the channel is faster than its history is read",
                    ));
                }
            }
        }
    }
}
