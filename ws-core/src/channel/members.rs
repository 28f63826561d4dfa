//! Who is in a channel on this node, and what each of them is sent.

use std::collections::HashMap;
use std::sync::Arc;

use crate::client::Connection;
use crate::cluster::Target;
use crate::protocol::{Close, ConnectionId, Encoded, Position};

/// The connections in a channel on this node.
#[derive(Default)]
pub(super) struct Members {
    by_connection: HashMap<ConnectionId, Entry>,
    by_user: HashMap<Arc<str>, Vec<ConnectionId>>,
    /// Where the log stands, as far as it was delivered here.
    pub(super) head: Option<Position>,
}

struct Entry {
    user: Arc<str>,
    connection: Arc<Connection>,
    /// What was delivered while the connection is given what it missed before.
    held: Option<Vec<(Option<Position>, Encoded)>>,
}

impl Members {
    /// Adds a connection, which is sent what is delivered from now on. Where `held`, it is kept for
    /// [`release`](Self::release).
    pub(super) fn add(&mut self, user: Arc<str>, connection: Arc<Connection>, held: bool) {
        let id = connection.id;
        self.by_user.entry(Arc::clone(&user)).or_default().push(id);
        self.by_connection.insert(
            id,
            Entry {
                user,
                connection,
                held: held.then(Vec::new),
            },
        );
    }

    /// Sends what was held and lies behind `from`.
    pub(super) fn release(&mut self, id: ConnectionId, from: Option<Position>) {
        let Some(entry) = self.by_connection.get_mut(&id) else {
            return;
        };
        for (position, message) in entry.held.take().unwrap_or_default() {
            if position.is_none()
                || position.map(|position| position.seq) > from.map(|from| from.seq)
            {
                entry.send(position, message);
            }
        }
    }

    /// Removes a connection. `false` where it was not here.
    pub(super) fn remove(&mut self, id: ConnectionId) -> bool {
        let Some(entry) = self.by_connection.remove(&id) else {
            return false;
        };
        if let Some(connections) = self.by_user.get_mut(&entry.user) {
            connections.retain(|other| *other != id);
            if connections.is_empty() {
                self.by_user.remove(&entry.user);
            }
        }
        true
    }

    /// The connections of a user.
    pub(super) fn of_user(&self, user: &str) -> Vec<Arc<Connection>> {
        let connections = self.by_user.get(user).into_iter().flatten();
        connections
            .filter_map(|id| self.by_connection.get(id))
            .map(|entry| Arc::clone(&entry.connection))
            .collect()
    }

    pub(super) fn user_of(&self, id: ConnectionId) -> Option<&str> {
        self.by_connection.get(&id).map(|entry| &*entry.user)
    }

    /// Sends a message to those it is meant for.
    pub(super) fn deliver(
        &mut self,
        target: &Target,
        position: Option<Position>,
        message: &Encoded,
    ) {
        match target {
            Target::All => self
                .by_connection
                .values_mut()
                .for_each(|entry| entry.send(position, message.clone())),
            Target::Others(sender) => {
                let others = self
                    .by_connection
                    .iter_mut()
                    .filter(|(id, _)| *id != sender);
                others.for_each(|(_, entry)| entry.send(position, message.clone()));
            }
            Target::User(user) => {
                for id in self.by_user.get(user).into_iter().flatten() {
                    if let Some(entry) = self.by_connection.get_mut(id) {
                        entry.send(position, message.clone());
                    }
                }
            }
        }
    }

    /// Sends a message to every connection here, but those of one user.
    pub(super) fn deliver_except(&mut self, user: Option<&str>, message: &Encoded) {
        let entries = self
            .by_connection
            .values_mut()
            .filter(|entry| user != Some(&*entry.user));
        entries.for_each(|entry| entry.send(None, message.clone()));
    }

    /// Closes every connection here.
    pub(super) fn close(&self, close: &Close) {
        self.by_connection
            .values()
            .for_each(|entry| entry.connection.close(close.clone()));
    }
}

impl Entry {
    /// A connection that does not take the message is being closed, and its client is told so.
    fn send(&mut self, position: Option<Position>, message: Encoded) {
        match &mut self.held {
            Some(held) => held.push((position, message)),
            None => drop(self.connection.outbox.push(message)),
        }
    }
}
