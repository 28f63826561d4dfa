use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

type Hook = Arc<dyn Fn(Presence) + Send + Sync>;

/// Calls the application's hook, with one change at a time and in the order in which they happened.
#[derive(Default)]
pub(super) struct Changes {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hook: Option<Hook>,
    noted: VecDeque<Change>,
    /// Somebody is at work already, and will also do what is noted now.
    working: bool,
}

impl Changes {
    pub(super) fn set_hook(&self, hook: Hook) {
        self.lock().hook = Some(hook);
    }

    pub(super) fn note(&self, change: Change) {
        let mut state = self.lock();
        if state.hook.is_some() {
            state.noted.push_back(change);
        }
    }

    /// Calls the hook for what was noted. The hook may itself cause changes: they are noted, and follow.
    pub(super) fn act(&self) {
        if std::mem::replace(&mut self.lock().working, true) {
            return;
        }
        let done = Working(self);
        while let Some((hook, change)) = done.next() {
            hook(change.into());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the work even where the hook panics.
struct Working<'a>(&'a Changes);

impl Working<'_> {
    /// The next change, or the end of the work, decided under one lock.
    fn next(&self) -> Option<(Hook, Change)> {
        let mut state = self.0.lock();
        let hook = state.hook.clone();
        let next = hook.zip(state.noted.pop_front());
        state.working = next.is_some();
        next
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.lock().working = false;
    }
}
