//! Users who have left a channel and are not reported as left yet, because they may come back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::cluster::Member;

/// Each user once, and one timer for all of them.
#[derive(Default)]
pub(super) struct Absences {
    by_user: HashMap<Arc<str>, Absence>,
    /// In the order in which they are reported.
    due: BTreeMap<Due, Arc<str>>,
    leaves: u64,
    /// The timer that is in charge. Others end when they see it.
    timer: Option<Alarm>,
    timers: u64,
}

/// When a user is reported, and the number of the leave.
type Due = (Instant, u64);

struct Absence {
    /// When the last connection was registered.
    since: SystemTime,
    due: Due,
}

/// When a timer is to look for users who are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) at: Instant,
    timer: u64,
}

impl Absences {
    /// Adds a user, who is reported after this time unless they come back. Returns an alarm where a new timer is needed.
    pub(super) fn add(&mut self, last: &Member, grace: Duration) -> Option<Alarm> {
        self.remove(&last.user);
        self.leaves += 1;
        let now = Instant::now();
        // An endless grace cannot be added to a time.
        let at = now.checked_add(grace).unwrap_or(now + LONGEST_GRACE);
        let (since, due) = (last.since, (at, self.leaves));
        self.due.insert(due, Arc::clone(&last.user));
        let absence = Absence { since, due };
        self.by_user.insert(Arc::clone(&last.user), absence);
        if self.timer.is_some_and(|alarm| alarm.at <= at) {
            return None;
        }
        self.timers += 1;
        let timer = self.timers;
        self.timer = Some(Alarm { at, timer });
        self.timer
    }

    /// Removes a user, who is back or reported. `false` where they were not absent.
    pub(super) fn remove(&mut self, user: &str) -> bool {
        let Some(absence) = self.by_user.remove(user) else {
            return false;
        };
        self.due.remove(&absence.due);
        true
    }

    /// Takes a user who is due now. Where there is none, returns when this timer is to look again, if at all.
    pub(super) fn next_due(&mut self, alarm: Alarm) -> Result<Arc<str>, Option<Alarm>> {
        if self.timer != Some(alarm) {
            return Err(None);
        }
        let first = self.due.first_key_value();
        let Some(((at, _), user)) = first.map(|(due, user)| (*due, Arc::clone(user))) else {
            self.timer = None;
            return Err(None);
        };
        if at > Instant::now() {
            self.timer = Some(Alarm { at, ..alarm });
            return Err(self.timer);
        }
        self.remove(&user);
        Ok(user)
    }

    /// Notes that a timer has ended.
    pub(super) fn ended(&mut self, alarm: Alarm) {
        if self.timer == Some(alarm) {
            self.timer = None;
        }
    }

    /// The users, and since when each had been there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Arc<str>, SystemTime)> {
        let absences = self.by_user.iter();
        absences.map(|(user, absence)| (Arc::clone(user), absence.since))
    }
}

/// A month: longer than anybody can mean.
const LONGEST_GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::protocol::ConnectionId;

    fn last(user: &str) -> Member {
        Member {
            user: user.into(),
            connection: ConnectionId::random(),
            since: SystemTime::now(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_timer_serves_all_and_what_is_kept_is_bounded_by_who_is_absent() {
        let mut absences = Absences::default();
        let alarm = absences.add(&last("ana"), Duration::from_secs(60)).unwrap();
        for _ in 0..6_000 {
            assert!(absences.remove("bea") || absences.leaves == 1);
            assert_eq!(absences.add(&last("bea"), Duration::from_secs(60)), None);
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!((absences.due.len(), absences.iter().count()), (2, 2));
        assert!(!absences.remove("cid"));
        advance(Duration::from_secs(54)).await;
        assert_eq!(absences.next_due(alarm).as_deref(), Ok("ana"));
        let next = absences.next_due(alarm).unwrap_err().unwrap();
        assert_eq!(next.at - Instant::now(), Duration::from_millis(5_999));
        absences.remove("bea");
        assert_eq!(absences.next_due(next), Err(None));
        assert!(absences.due.is_empty());
        // The next one begins another.
        assert!(absences.add(&last("ana"), Duration::ZERO).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_grace_does_not_wait_for_the_timer_of_a_longer_one() {
        let mut absences = Absences::default();
        let long = absences.add(&last("ana"), Duration::from_secs(60)).unwrap();
        let short = absences.add(&last("bea"), Duration::from_secs(1)).unwrap();
        advance(Duration::from_secs(1)).await;
        assert_eq!(absences.next_due(short).as_deref(), Ok("bea"));
        let next = absences.next_due(short).unwrap_err().unwrap();
        advance(Duration::from_secs(59)).await;
        assert_eq!(absences.next_due(long), Err(None), "it has given way");
        assert_eq!(absences.next_due(next).as_deref(), Ok("ana"));
        // Whose timer was lost with its runtime is served by the next.
        let lost = absences.next_due(next).unwrap_err();
        assert_eq!(lost, None);
        let lost = absences.add(&last("ana"), Duration::from_secs(1)).unwrap();
        absences.ended(lost);
        let next = absences.add(&last("bea"), Duration::from_secs(2)).unwrap();
        advance(Duration::from_secs(2)).await;
        assert_eq!(absences.next_due(next).as_deref(), Ok("ana"));
        assert_eq!(absences.next_due(next).as_deref(), Ok("bea"));
    }
}
