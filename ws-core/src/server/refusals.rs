//! What the log says about refused connections: at most one line a minute for each reason, however many there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::addresses;
use crate::error::Refused;
use crate::limits::Limits;

const HOW_OFTEN: &str =
    "This is logged at most once a minute; `refused` counts the connections since the last line";

/// The reasons that the log has given, and when. There are as many entries as there are reasons.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Refused, Logged>>);

struct Logged {
    at: Instant,
    /// The connections that were refused since then.
    since: u64,
}

impl Refusals {
    const SILENCE: Duration = Duration::from_secs(60);

    /// Logs that a connection is refused, unless a line with the same reason is less than a minute old.
    pub(super) fn log(
        &self,
        why: Refused,
        address: Option<IpAddr>,
        contract: &str,
        limits: &Limits,
    ) {
        let Some(refused) = self.count(why, Instant::now()) else {
            return;
        };
        let reason = match why {
            Refused::ShuttingDown => "the server is shutting down".to_owned(),
            Refused::Full => format!(
                "the server has {}, which is the maximum (`Limits::with_connections`)",
                limits.connections
            ),
            Refused::TooManyFromAddress => format!(
                "{} has {}, which is the maximum (`Limits::with_connections_per_address`)",
                address.map_or_else(|| "an address".to_owned(), addresses::name),
                limits.connections_per_address.unwrap_or_default()
            ),
            // It is logged with the origin.
            Refused::Origin => return,
        };
        if why == Refused::ShuttingDown {
            // Every rolling restart does this, so it needs no attention.
            tracing::info!(
                contract,
                refused,
                "connections are refused: {reason}. {HOW_OFTEN}"
            );
        } else {
            tracing::warn!(
                contract,
                refused,
                "connections are refused: {reason}. {HOW_OFTEN}"
            );
        }
    }

    /// Counts a connection that is refused now. Returns how many the next line is about, or `None` if the last line with
    /// this reason is less than a minute old.
    fn count(&self, why: Refused, now: Instant) -> Option<u64> {
        let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refused = 1;
        if let Some(logged) = reasons.get_mut(&why) {
            logged.since += 1;
            if now.saturating_duration_since(logged.at) < Self::SILENCE {
                return None;
            }
            refused = logged.since;
        }
        reasons.insert(why, Logged { at: now, since: 0 });
        Some(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_logged_once_a_minute_with_the_number_of_refusals() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let count = |why, after| refusals.count(why, start + Duration::from_secs(after));
        assert_eq!(count(Refused::Full, 0), Some(1));
        assert_eq!(count(Refused::Full, 1), None);
        assert_eq!(count(Refused::TooManyFromAddress, 2), Some(1));
        assert_eq!(count(Refused::Full, 59), None);
        assert_eq!(count(Refused::Full, 60), Some(3));
        assert_eq!(count(Refused::TooManyFromAddress, 61), None);
        assert_eq!(count(Refused::Full, 119), None);
        // Nothing was refused for an hour.
        assert_eq!(count(Refused::Full, 3_720), Some(2));
    }
}
