//! Where the connections in a channel sit on this node: found by connection, by user, and from seat to seat. Knows nothing of
//! deliveries.

use std::collections::{HashMap, hash_map};
use std::ops::Range;
use std::sync::Arc;

use super::entry::{Entry, Stay};
use crate::protocol::ConnectionId;

/// The connections in a channel on this node. Each keeps its seat as long as it is here, so that a delivery may go from seat to
/// seat while connections come and go.
#[derive(Default)]
pub(super) struct Seats {
    seats: Vec<Option<Entry>>,
    free: Vec<usize>,
    by_connection: HashMap<ConnectionId, usize>,
    by_user: HashMap<Arc<str>, UserSeats>,
}

/// The seats of one user, who mostly has one.
enum UserSeats {
    One(usize),
    Several(Vec<usize>),
}

impl Seats {
    pub(super) fn add(&mut self, entry: Entry) {
        let (connection, user) = (entry.stay.connection, Arc::clone(&entry.user));
        let seat = self.free.pop().unwrap_or(self.seats.len());
        match self.seats.get_mut(seat) {
            Some(free) => *free = Some(entry),
            None => self.seats.push(Some(entry)),
        }
        self.by_connection.insert(connection, seat);
        match self.by_user.entry(user) {
            hash_map::Entry::Vacant(entry) => {
                entry.insert(UserSeats::One(seat));
            }
            hash_map::Entry::Occupied(mut entry) => entry.get_mut().push(seat),
        }
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) -> Option<Entry> {
        let seat = self.by_connection.remove(&connection)?;
        let entry = self.seats.get_mut(seat)?.take()?;
        self.free.push(seat);
        let is_last = self
            .by_user
            .get_mut(&entry.user)
            .is_some_and(|seats| seats.remove(seat));
        if is_last {
            self.by_user.remove(&entry.user);
        }
        if self.by_connection.is_empty() {
            // Nobody is here whose seat has to be kept, and so many may not come again.
            *self = Self::default();
        }
        Some(entry)
    }

    pub(super) fn get(&self, connection: ConnectionId) -> Option<&Entry> {
        let seat = *self.by_connection.get(&connection)?;
        self.seats.get(seat)?.as_ref()
    }

    /// The entry of a stay, as long as it lasts.
    pub(super) fn of_stay(&mut self, stay: Stay) -> Option<&mut Entry> {
        let seat = *self.by_connection.get(&stay.connection)?;
        let entry = self.seats.get_mut(seat)?.as_mut()?;
        (entry.stay == stay).then_some(entry)
    }

    pub(super) fn of_user(&self, user: &str) -> impl Iterator<Item = &Entry> {
        let seats = self.by_user.get(user).into_iter().flat_map(UserSeats::iter);
        seats.filter_map(|seat| self.seats.get(*seat)?.as_ref())
    }

    pub(super) fn for_each_of_user(&mut self, user: &str, mut act: impl FnMut(&mut Entry)) {
        for seat in self.by_user.get(user).into_iter().flat_map(UserSeats::iter) {
            if let Some(Some(entry)) = self.seats.get_mut(*seat) {
                act(entry);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.seats.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.seats.iter_mut().flatten()
    }

    /// Some of the seats, taken or not. `None` behind the last one.
    pub(super) fn range_mut(&mut self, seats: Range<usize>) -> Option<&mut [Option<Entry>]> {
        let end = self.seats.len().min(seats.end);
        let seats = self.seats.get_mut(seats.start..end)?;
        (!seats.is_empty()).then_some(seats)
    }
}

impl UserSeats {
    fn iter(&self) -> impl Iterator<Item = &usize> {
        match self {
            Self::One(seat) => std::slice::from_ref(seat).iter(),
            Self::Several(seats) => seats.iter(),
        }
    }

    fn push(&mut self, seat: usize) {
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, seat]),
            Self::Several(seats) => seats.push(seat),
        }
    }

    /// Removes a seat. Whether none is left.
    fn remove(&mut self, seat: usize) -> bool {
        match self {
            Self::One(last) => *last == seat,
            Self::Several(seats) => {
                seats.retain(|other| *other != seat);
                seats.is_empty()
            }
        }
    }
}
