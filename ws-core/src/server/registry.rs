//! The connections of a server, by their ids.

use std::array;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::Connection;
use crate::protocol::ConnectionId;

/// How many parts there are. The sweep takes one after the other, which spreads pings over time.
pub(super) const PARTS: u32 = 32;

/// The connections, in parts of about the same size.
pub(super) struct Registry {
    parts: [Mutex<Part>; PARTS as usize],
}

type Part = HashMap<ConnectionId, Arc<Connection>>;

impl Registry {
    pub(super) fn new() -> Self {
        Self {
            parts: array::from_fn(|_| Mutex::default()),
        }
    }

    pub(super) fn add(&self, connection: Arc<Connection>) {
        self.part_of(connection.id)
            .insert(connection.id, connection);
    }

    pub(super) fn remove(&self, id: ConnectionId) {
        let mut part = self.part_of(id);
        part.remove(&id);
        if part.is_empty() {
            *part = Part::new();
        }
    }

    pub(super) fn find(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.part_of(id).get(&id).cloned()
    }

    /// The connections of one part.
    pub(super) fn part(&self, number: u32) -> Vec<Arc<Connection>> {
        let part = self.parts.get((number % PARTS) as usize).map(lock);
        part.into_iter()
            .flat_map(|part| part.values().cloned().collect::<Vec<_>>())
            .collect()
    }

    /// All connections.
    pub(super) fn all(&self) -> impl Iterator<Item = Arc<Connection>> {
        (0..PARTS).flat_map(|number| self.part(number))
    }

    fn part_of(&self, id: ConnectionId) -> MutexGuard<'_, Part> {
        let [first, ..] = &self.parts;
        lock(self.parts.get(id.part(PARTS) as usize).unwrap_or(first))
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
