//! The evidence that another node lives, or is gone. Knows no clock and no Redis.

use std::time::Duration;

/// What this node knows of the life of another one.
///
/// A node that lives renews its lease while Redis is usable, and takes it again where it was lost. So a node is gone when its lease
/// is missing although it had the time to take it. Only time in which Redis answered counts, and it adds up over all faults.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// How long Redis was usable since the node may last have renewed its lease.
    silent: Duration,
    /// Whether its lease was missing at the last look.
    is_missing: bool,
}

impl Sign {
    /// Notes that its lease is held for this much longer. `usable` is how long Redis was usable since the last look.
    pub(super) fn held(self, left: Duration, usable: Duration, lease: Duration) -> Self {
        Self {
            silent: (self.silent + usable).min(lease.saturating_sub(left)),
            is_missing: false,
        }
    }

    /// Notes that its lease is missing. Where this node has lost its own as well, one fault took both, and the other node is given
    /// its time again: once, because repeated faults must not prolong it for ever.
    pub(super) fn missing(self, is_own_lost: bool, usable: Duration) -> Self {
        let is_lost_together = is_own_lost && !self.is_missing;
        Self {
            silent: if is_lost_together {
                Duration::ZERO
            } else {
                self.silent + usable
            },
            is_missing: true,
        }
    }

    /// How much longer Redis must be usable until the node is gone; zero where it is. `None` where its lease is held.
    ///
    /// A node looks after each third of its lease, and has another one for the answer.
    pub(super) fn gone_in(self, lease: Duration) -> Option<Duration> {
        let enough = lease * 2 / 3;
        self.is_missing.then(|| enough.saturating_sub(self.silent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(9);
    const SECOND: Duration = Duration::from_secs(1);

    /// A node that has just renewed its lease.
    fn renewed() -> Sign {
        Sign::default().held(LEASE, SECOND, LEASE)
    }

    fn is_gone(sign: Sign) -> bool {
        sign.gone_in(LEASE) == Some(Duration::ZERO)
    }

    #[test]
    fn a_node_that_is_killed_is_gone_as_soon_as_its_lease_ends() {
        let mut sign = renewed();
        for left in [6, 3] {
            sign = sign.held(left * SECOND, 3 * SECOND, LEASE);
            assert_eq!(sign.gone_in(LEASE), None);
        }
        assert!(is_gone(sign.missing(false, 3 * SECOND)));
    }

    #[test]
    fn a_node_whose_lease_was_lost_with_that_of_this_one_has_the_time_to_come_back() {
        let sign = renewed().held(3 * SECOND, 6 * SECOND, LEASE);
        let lost = sign.missing(true, 3 * SECOND);
        assert_eq!(lost.gone_in(LEASE), Some(6 * SECOND));
        assert!(!is_gone(lost.missing(false, 5 * SECOND)));
        assert!(is_gone(lost.missing(false, 6 * SECOND)));
        assert_eq!(lost.held(LEASE, 5 * SECOND, LEASE), renewed());
    }

    #[test]
    fn a_node_whose_lease_ended_while_redis_was_away_is_not_gone_though_this_one_has_kept_its_own()
    {
        // Nothing of the outage counts.
        let sign = renewed().held(6 * SECOND, 3 * SECOND, LEASE);
        let missing = sign.missing(false, Duration::ZERO);
        assert_eq!(missing.gone_in(LEASE), Some(3 * SECOND));
    }

    #[test]
    fn faults_in_a_row_do_not_begin_the_wait_again() {
        let mut sign = renewed().missing(true, Duration::ZERO);
        for _ in 0..5 {
            // Redis is away for long each time, and usable for a second.
            sign = sign.missing(true, Duration::ZERO);
            sign = sign.missing(false, SECOND);
        }
        assert!(!is_gone(sign));
        assert!(is_gone(sign.missing(true, SECOND)));
    }

    #[test]
    fn a_node_with_a_longer_lease_is_not_gone_before_it_was_silent_for_long() {
        let sign = Sign::default().held(4 * LEASE, 100 * SECOND, LEASE);
        assert_eq!(sign.missing(false, SECOND).gone_in(LEASE), Some(5 * SECOND));
    }
}
