//! The application's presence hook, and who is absent before it is told that they have left. Knows changes, and nothing of where
//! they come from.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::absence::{Absences, Alarm};
use super::presence::Presence;
use crate::cluster::{Change, Member};
use crate::protocol::ConnectionId;

/// The application's hook, and for how long users may be away before it is told that they have left.
#[derive(Default)]
pub(super) struct Hook {
    state: Mutex<State>,
    /// Locked while the hook is called, so that it is told of changes in their order.
    calling: Mutex<()>,
}

#[derive(Default)]
struct State {
    call: Option<Arc<HookFn>>,
    grace: Duration,
    /// Users who have left and may be back.
    away: Absences,
    /// The last connections of users who have left, where that change still waits to be taken.
    expected: HashMap<ConnectionId, Member>,
    /// For each running inquiry, the users who were absent when it began, except those who were reported as left since. Users who
    /// have come back meanwhile are still among them.
    inquiries: HashMap<u64, Absent>,
    /// How many inquiries there were.
    inquired: u64,
}

/// Users who have left and were not reported as left yet, and since when they had been there.
pub(super) type Absent = HashMap<Arc<str>, SystemTime>;

/// A question who is there, which runs until this is dropped.
pub(super) struct Inquiry<'a> {
    hook: &'a Hook,
    number: u64,
}

impl Inquiry<'_> {
    /// The users who are absent, or were so when the inquiry began and are back.
    pub(super) fn absent(&self) -> Absent {
        let state = self.hook.state();
        let mut absent = state.absent();
        let before = state.inquiries.get(&self.number).into_iter().flatten();
        absent.extend(before.map(|(user, since)| (Arc::clone(user), *since)));
        absent
    }
}

impl Drop for Inquiry<'_> {
    fn drop(&mut self) {
        self.hook.state().inquiries.remove(&self.number);
    }
}

impl State {
    fn absent(&self) -> Absent {
        let expected = self.expected.values();
        let expected = expected.map(|last| (Arc::clone(&last.user), last.since));
        self.away.iter().chain(expected).collect()
    }
}

type HookFn = dyn Fn(Presence) + Send + Sync;

impl Hook {
    pub(super) fn set(&self, grace: Duration, call: impl Fn(Presence) + Send + Sync + 'static) {
        let replaced = {
            let mut state = self.state();
            state.grace = grace;
            state.call.replace(Arc::new(call))
        };
        // Dropped unlocked, because what the application has put into it may do anything then.
        drop(replaced);
    }

    /// Notes a change that has come, which is [taken](Self::take) when everything before it was delivered.
    pub(super) fn expect(&self, change: &Change) {
        let mut state = self.state();
        if let Change::Left(last) = change
            && !state.grace.is_zero()
        {
            state.expected.insert(last.connection, last.clone());
        }
    }

    /// Takes a change, and reports it, unless it falls within the time of grace. May return when [`expire`](Self::expire) is to be
    /// called.
    pub(super) fn take(&self, change: Change) -> Option<Alarm> {
        let _calling = self.calling();
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

    /// Reports the users whose time of grace is over. May return when this is to be called again.
    pub(super) fn expire(&self, alarm: Alarm) -> Option<Alarm> {
        loop {
            let _calling = self.calling();
            let user = {
                let mut state = self.state();
                let user = match state.away.next_due(alarm) {
                    Ok(user) => user,
                    Err(next) => return next,
                };
                for absent in state.inquiries.values_mut() {
                    absent.remove(&user);
                }
                user
            };
            self.call(Presence::Left(String::from(&*user)));
        }
    }

    /// Notes that nobody will call [`expire`](Self::expire) for this alarm.
    pub(super) fn forget(&self, alarm: Alarm) {
        self.state().away.ended(alarm);
    }

    /// Begins a question who is there.
    pub(super) fn inquire(&self) -> Inquiry<'_> {
        let mut state = self.state();
        let (number, absent) = (state.inquired, state.absent());
        state.inquired += 1;
        state.inquiries.insert(number, absent);
        Inquiry { hook: self, number }
    }

    /// Calls the hook, which may itself change it. A panic ends the call and nothing else.
    fn call(&self, presence: Presence) {
        let call = self.state().call.clone();
        let called = catch_unwind(AssertUnwindSafe(|| call.map(|call| call(presence))));
        if called.is_err() {
            tracing::error!("the hook `on_presence` panicked");
        }
    }

    fn calling(&self) -> MutexGuard<'_, ()> {
        self.calling.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Sets another hook when it is dropped.
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
