//! How often one connection may send events.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::event::Rate;

/// The events of one connection whose rates are bounded.
#[derive(Default)]
pub(super) struct Rates {
    /// The event's name, or none for all events together, and when the next one would be due.
    due: HashMap<Option<&'static str>, Instant>,
}

impl Rates {
    /// Counts one event. `false` where it comes too early.
    ///
    /// This is the generic cell rate algorithm (ITU-T I.371): an event pushes the time at which the next one is due by its
    /// share of the period, and may come before that time by a whole period less a share, so that all of a period may come
    /// at once.
    pub(super) fn allow(&mut self, event: Option<&'static str>, rate: Rate, now: Instant) -> bool {
        let share = rate.per() / rate.times();
        let due = self.due.entry(event).or_insert(now);
        let next = (*due).max(now) + share;
        let is_allowed = next.duration_since(now) <= rate.per() + ROUNDING;
        if is_allowed {
            *due = next;
        }
        is_allowed
    }
}

/// The tolerance for periods that are no multiple of their share.
const ROUNDING: Duration = Duration::from_nanos(1);

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_whole_period_may_come_at_once_and_then_one_for_each_share() {
        let rate = Rate::new(10, Duration::from_secs(1));
        let mut rates = Rates::default();
        let start = Instant::now();
        let allowed = |rates: &mut Rates, after: u32| {
            (0..50)
                .filter(|_| rates.allow(Some("a.b"), rate, start + MILLISECOND * after))
                .count()
        };
        assert_eq!(allowed(&mut rates, 0), 10);
        assert_eq!(allowed(&mut rates, 99), 0);
        assert_eq!(allowed(&mut rates, 100), 1);
        assert_eq!(allowed(&mut rates, 400), 3);
        assert_eq!(allowed(&mut rates, 9_000), 10);
    }

    #[test]
    fn what_may_come_once_for_ever_comes_once() {
        let rate = Rate::new(1, Duration::MAX);
        let mut rates = Rates::default();
        let now = Instant::now();
        assert!(rates.allow(Some("a.b"), rate, now));
        assert!(!rates.allow(Some("a.b"), rate, now));
    }

    #[test]
    fn events_are_counted_apart() {
        let rate = Rate::new(1, Duration::from_secs(1));
        let mut rates = Rates::default();
        let now = Instant::now();
        assert!(rates.allow(Some("a.b"), rate, now));
        assert!(rates.allow(Some("a.c"), rate, now));
        assert!(rates.allow(None, rate, now));
        assert!(!rates.allow(Some("a.b"), rate, now));
    }

    #[test]
    fn a_period_that_its_times_do_not_divide_is_filled() {
        let rate = Rate::new(3, Duration::from_secs(1));
        let mut rates = Rates::default();
        let now = Instant::now();
        let allowed = (0..9).filter(|_| rates.allow(None, rate, now)).count();
        assert_eq!(allowed, 3);
    }
}
