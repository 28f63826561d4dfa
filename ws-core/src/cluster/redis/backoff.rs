//! How long to wait before trying again.

use std::time::Duration;

/// How long to wait before the next attempt: twice as long each time up to a bound, and not as long as others wait.
#[derive(Debug)]
pub(super) struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(shortest: Duration, longest: Duration) -> Self {
        Self {
            shortest,
            longest,
            next: shortest,
        }
    }

    pub(super) fn reset(&mut self) {
        self.next = self.shortest;
    }

    pub(super) fn next(&mut self) -> Duration {
        let next = self.next;
        self.next = (2 * next).min(self.longest);
        next.mul_f64(rand::random_range(0.5..1.0))
    }
}
