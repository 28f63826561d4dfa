<<<<<<< HEAD
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
=======
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
>>>>>>> main
use std::time::SystemTime;

use crate::cluster::{Change, Member};

/// A user came to a channel with their first connection, or left it with their last one, on whatever node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The user was not there before.
    Joined(String),
    /// The user is not there any more.
    Left(String),
}

impl From<Change> for Presence {
    fn from(change: Change) -> Self {
        match change {
            Change::Joined(user) => Self::Joined(String::from(&*user)),
            Change::Left(user) => Self::Left(String::from(&*user)),
        }
    }
}

/// A user in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participant {
    /// The user's id.
    pub user: String,
    /// How many connections the user has in the channel, on all nodes.
    pub connections: usize,
    /// When the first of these connections was registered.
    pub since: SystemTime,
}

/// The users in a channel, on all nodes, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participants {
    users: Vec<Participant>,
    stale: bool,
}

impl Participants {
    pub(super) fn of(members: Vec<Member>) -> Self {
        let mut users: BTreeMap<Arc<str>, Participant> = BTreeMap::new();
        for member in members {
            let user = String::from(&*member.user);
            let since = member.since;
            let participant = users.entry(member.user).or_insert(Participant {
                user,
                connections: 0,
                since,
            });
            participant.connections += 1;
            participant.since = participant.since.min(since);
        }
        Self {
            users: users.into_values().collect(),
            stale: false,
        }
    }

    /// The users, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Participant> {
        self.users.iter()
    }

    /// The user of this id.
    pub fn get(&self, user: &str) -> Option<&Participant> {
        let place = self
            .users
            .binary_search_by(|participant| participant.user.as_str().cmp(user))
            .ok()?;
        self.users.get(place)
    }

    /// Whether other nodes could not be asked: what is known of their users is then of an earlier time.
    pub const fn is_stale(&self) -> bool {
        self.stale
    }
}

/// The application's hook.
#[derive(Default)]
pub(super) struct Hook(Mutex<Option<Arc<Call>>>);

type Call = dyn Fn(Presence) + Send + Sync;

impl Hook {
    pub(super) fn set(&self, call: impl Fn(Presence) + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(call));
    }

    /// Calls the hook, which may itself change it. A panic ends the call and nothing else.
    pub(super) fn call(&self, presence: Presence) {
        let call = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let called = catch_unwind(AssertUnwindSafe(|| call.map(|call| call(presence))));
        if called.is_err() {
            tracing::error!("the hook `on_presence` panicked");
        }
    }
<<<<<<< HEAD

    /// Calls the hook for what was noted. The hook may itself cause changes: they are noted, and follow.
    pub(super) fn act(&self) {
        if std::mem::replace(&mut self.lock().working, true) {
            return;
        }
        while let Some((hook, change)) = self.next() {
            // Whoever came or left is not the one to suffer for the hook.
            if catch_unwind(AssertUnwindSafe(|| hook(change.into()))).is_err() {
                tracing::error!("the hook `on_presence` panicked");
            }
        }
    }

    /// The next change, or the end of the work, decided under one lock.
    fn next(&self) -> Option<(Hook, Change)> {
        let mut state = self.lock();
        let hook = state.hook.clone();
        let next = hook.zip(state.noted.pop_front());
        state.working = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Arc<str> {
        name.into()
    }

    fn member(name: &str, since: u64) -> Member {
        let since = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since);
        Member {
            user: user(name),
            connection: crate::protocol::ConnectionId::random(),
            since,
        }
    }

    #[test]
    fn participants_are_users_with_their_connections_since_the_first() {
        let participants =
            Participants::of(vec![member("bob", 9), member("ana", 7), member("bob", 3)]);
        let names: Vec<&str> = participants
            .iter()
            .map(|participant| participant.user.as_str())
            .collect();
        assert_eq!(names, ["ana", "bob"]);
        let bob = participants.get("bob").unwrap();
        assert_eq!(bob.connections, 2);
        assert_eq!(bob.since, member("bob", 3).since);
        assert_eq!(participants.get("cid"), None);
    }

    #[test]
    fn a_hook_that_panics_or_causes_changes_is_called_for_each_in_order() {
        let changes = Arc::new(Changes::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (inner, noted) = (Arc::clone(&changes), Arc::clone(&seen));
        changes.set_hook(Arc::new(move |presence| {
            noted.lock().unwrap().push(presence.clone());
            if presence == Presence::Joined("ana".into()) {
                inner.note(Change::Left(user("ana")));
                inner.act();
                panic!("the hook's own");
            }
        }));
        changes.note(Change::Joined(user("ana")));
        changes.note(Change::Joined(user("bob")));
        changes.act();
        let expected = [
            Presence::Joined("ana".into()),
            Presence::Joined("bob".into()),
            Presence::Left("ana".into()),
        ];
        assert_eq!(*seen.lock().unwrap(), expected);
    }
=======
>>>>>>> main
}
