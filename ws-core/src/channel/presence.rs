use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::cluster::{Change, Roll};

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
    pub(super) fn of(roll: Roll) -> Self {
        let mut users: BTreeMap<Arc<str>, Participant> = BTreeMap::new();
        for member in roll.members {
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
            stale: roll.is_stale,
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
}
