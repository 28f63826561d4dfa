//! How often a connection has done something within the last minute.

use std::time::{Duration, Instant};

/// Counts what happens on a connection, minute by minute.
#[derive(Default)]
pub(super) struct Budget {
    since: Option<Instant>,
    count: u32,
}

impl Budget {
    const WINDOW: Duration = Duration::from_secs(60);

    /// Counts one more. `true` where that is more than the limit.
    pub(super) fn exceed(&mut self, limit: u32) -> bool {
        self.exceed_at(limit, Instant::now())
    }

    fn exceed_at(&mut self, limit: u32, now: Instant) -> bool {
        let is_over = |since| now.saturating_duration_since(since) > Self::WINDOW;
        if self.since.is_none_or(is_over) {
            *self = Self {
                since: Some(now),
                count: 0,
            };
        }
        self.count = self.count.saturating_add(1);
        self.count > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_up_is_there_again_in_the_next_minute() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut used = |after| budget.exceed_at(2, start + Duration::from_secs(after));
        assert_eq!([used(0), used(30), used(60)], [false, false, true]);
        assert_eq!([used(61), used(62), used(63)], [false, false, true]);
    }
}
