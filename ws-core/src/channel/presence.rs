use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{slice, vec};

use super::absence::{Absences, Alarm};
use crate::cluster::{Change, Member, Roll};
use crate::protocol::ConnectionId;

/// A user joined a channel with their first connection, or left it with their last one, on whatever node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The user with this id joined: they were not in the channel before.
    Joined(String),
    /// The user with this id left: they are not in the channel any more.
    Left(String),
}

impl From<Change> for Presence {
    fn from(change: Change) -> Self {
        match change {
            Change::Joined(user) => Self::Joined(String::from(&*user)),
            Change::Left(last) => Self::Left(String::from(&*last.user)),
        }
    }
}

/// A user in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participant {
    /// The user's id.
    pub user: String,
    /// The number of connections that the user has in the channel, on all nodes.
    ///
    /// It is 0 if the user has just left, and may still be back within the grace period of
    /// [`on_presence_after`](crate::Channel::on_presence_after).
    pub connections: usize,
    /// When the first of these connections was registered, or the last one of a user who may be back.
    pub since: SystemTime,
}

/// The users in a channel, on all nodes, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participants {
    users: Vec<Participant>,
    stale: bool,
}

impl Participants {
    /// Those of the roll, and those who are absent.
    pub(super) fn of(roll: Roll, absent: Absent) -> Self {
        let mut users: BTreeMap<Arc<str>, Participant> = BTreeMap::new();
        let new = |user: &str, since| Participant {
            user: user.to_owned(),
            connections: 0,
            since,
        };
        for Member { user, since, .. } in roll.members {
            let new = new(&user, since);
            let participant = users.entry(user).or_insert(new);
            participant.connections += 1;
            participant.since = participant.since.min(since);
        }
        for (user, since) in absent {
            let new = new(&user, since);
            users.entry(user).or_insert(new);
        }
        Self {
            users: users.into_values().collect(),
            stale: roll.is_stale,
        }
    }

    /// Returns an iterator over the users, ordered by id.
    ///
    /// ```
    /// # fn show(participants: &ws_core::Participants) {
    /// println!("{} are here", participants.len());
    /// for participant in participants {
    ///     println!("{}", participant.user);
    /// }
    /// # }
    /// ```
    pub fn iter(&self) -> slice::Iter<'_, Participant> {
        self.users.iter()
    }

    /// Returns the number of users.
    pub const fn len(&self) -> usize {
        self.users.len()
    }

    /// Returns `true` if there are no users.
    pub const fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Returns at most `most` users, ordered by id: the first ones, or those that come after the user `behind`.
    ///
    /// ```
    /// # fn show(participants: &ws_core::Participants) {
    /// let mut page = participants.page(None, 100);
    /// while let Some(last) = page.last() {
    ///     // …
    ///     page = participants.page(Some(&last.user), 100);
    /// }
    /// # }
    /// ```
    pub fn page(&self, behind: Option<&str>, most: usize) -> &[Participant] {
        let start = behind.map_or(0, |behind| {
            self.users
                .partition_point(|user| user.user.as_str() <= behind)
        });
        let rest = self.users.get(start..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest)
    }

    /// Returns the user with this id.
    pub fn get(&self, user: &str) -> Option<&Participant> {
        let place = self
            .users
            .binary_search_by(|participant| participant.user.as_str().cmp(user))
            .ok()?;
        self.users.get(place)
    }

    /// Returns `true` if some nodes could not be asked, so that what is known about their users may be out of date.
    pub const fn is_stale(&self) -> bool {
        self.stale
    }
}

impl<'a> IntoIterator for &'a Participants {
    type Item = &'a Participant;
    type IntoIter = slice::Iter<'a, Participant>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Participants {
    type Item = Participant;
    type IntoIter = vec::IntoIter<Participant>;

    fn into_iter(self) -> Self::IntoIter {
        self.users.into_iter()
    }
}

/// The application's hook, and for how long users may be away before it is told that they have left.
#[derive(Default)]
pub(super) struct Hook {
    state: Mutex<State>,
    /// Taken while the hook is called: what happens one after the other is told so.
    turn: Mutex<()>,
}

#[derive(Default)]
struct State {
    call: Option<Arc<Call>>,
    grace: Duration,
    /// Users who have left and may be back.
    away: Absences,
    /// The last connections of users who have left, where the hook has yet to take that.
    expected: HashMap<ConnectionId, Member>,
    /// For each running question who is there: the users in their time of grace when it began, without those who were told as left
    /// since. Who has come back meanwhile is still among them.
    asking: HashMap<u64, Absent>,
    asked: u64,
}

/// Users who have left, of whom the hook was not told yet, and since when they had been there.
pub(super) type Absent = HashMap<Arc<str>, SystemTime>;

/// Somebody asks who is there, until this is dropped.
pub(super) struct Asking<'a> {
    hook: &'a Hook,
    number: u64,
}

impl Asking<'_> {
    /// The users who are absent, or were when this was asked and are back.
    pub(super) fn absent(&self) -> Absent {
        let state = self.hook.state();
        let mut absent = state.absent();
        let before = state.asking.get(&self.number).into_iter().flatten();
        absent.extend(before.map(|(user, since)| (Arc::clone(user), *since)));
        absent
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.hook.state().asking.remove(&self.number);
    }
}

impl State {
    fn absent(&self) -> Absent {
        let expected = self.expected.values();
        let expected = expected.map(|last| (Arc::clone(&last.user), last.since));
        self.away.iter().chain(expected).collect()
    }
}

type Call = dyn Fn(Presence) + Send + Sync;

impl Hook {
    pub(super) fn set(&self, grace: Duration, call: impl Fn(Presence) + Send + Sync + 'static) {
        let replaced = {
            let mut state = self.state();
            state.grace = grace;
            state.call.replace(Arc::new(call))
        };
        // Unlocked, for what the application gave it may do anything when it goes.
        drop(replaced);
    }

    /// A change has come, which the hook [takes](Self::take) when everything before it was given.
    pub(super) fn expect(&self, change: &Change) {
        let mut state = self.state();
        if let Change::Left(last) = change
            && !state.grace.is_zero()
        {
            state.expected.insert(last.connection, last.clone());
        }
    }

    /// Takes a change. Where it is to be reported later, if at all, may return when somebody is to call
    /// [`expire`](Self::expire).
    pub(super) fn take(&self, change: Change) -> Option<Alarm> {
        let _turn = self.turn();
        {
            let mut state = self.state();
            match &change {
                Change::Joined(user) if state.away.remove(user) => return None,
                Change::Joined(_) => {}
                Change::Left(last) => {
                    state.expected.remove(&last.connection);
                    let grace = state.grace;
                    if !grace.is_zero() {
                        return state.away.add(last, grace);
                    }
                }
            }
        }
        self.call(change.into());
        None
    }

    /// Reports those whose grace is over. Returns when this is to be called again, if at all.
    pub(super) fn expire(&self, alarm: Alarm) -> Option<Alarm> {
        loop {
            let _turn = self.turn();
            let user = {
                let mut state = self.state();
                let user = match state.away.next_due(alarm) {
                    Ok(user) => user,
                    Err(next) => return next,
                };
                for absent in state.asking.values_mut() {
                    absent.remove(&user);
                }
                user
            };
            self.call(Presence::Left(String::from(&*user)));
        }
    }

    /// Nobody calls [`expire`](Self::expire) at this time.
    pub(super) fn forget(&self, alarm: Alarm) {
        self.state().away.ended(alarm);
    }

    /// Somebody begins to ask who is there.
    pub(super) fn ask(&self) -> Asking<'_> {
        let mut state = self.state();
        let (number, absent) = (state.asked, state.absent());
        state.asked += 1;
        state.asking.insert(number, absent);
        Asking { hook: self, number }
    }

    /// Calls the hook, which may itself change it. A panic ends the call and nothing else.
    fn call(&self, presence: Presence) {
        let call = self.state().call.clone();
        let called = catch_unwind(AssertUnwindSafe(|| call.map(|call| call(presence))));
        if called.is_err() {
            tracing::error!("the hook `on_presence` panicked");
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Weak, mpsc};
    use std::thread;

    use super::*;

    /// Sets another hook when it goes.
    struct Again(Weak<Hook>);

    impl Drop for Again {
        fn drop(&mut self) {
            if let Some(hook) = self.0.upgrade() {
                hook.set(Duration::ZERO, |_| {});
            }
        }
    }

    #[test]
    fn what_a_hook_owns_may_set_another_one_when_it_is_replaced() {
        let (set, is_set) = mpsc::channel();
        thread::spawn(move || {
            let hook = Arc::new(Hook::default());
            let again = Again(Arc::downgrade(&hook));
            hook.set(Duration::ZERO, move |_| drop(again.0.upgrade()));
            hook.set(Duration::ZERO, |_| {});
            set.send(()).unwrap();
        });
        assert_eq!(is_set.recv_timeout(Duration::from_secs(10)), Ok(()));
    }
}
