//! What an event declares about its delivery: what happens when its receiver is slow, and how often it may come.

use std::fmt;
use std::time::Duration;

/// What happens to an event whose receiver does not keep up: `#[ws(when_slow = "…")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenSlow {
    /// The connection is closed with 4008. A client that reconnects is sent what it missed.
    #[default]
    Disconnect,
    /// The oldest events with this policy are dropped to make room for newer ones. It suits what is soon out of date,
    /// such as the position of a cursor.
    DropOldest,
}

impl WhenSlow {
    /// Returns the word that stands for this policy in the contract file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::DropOldest => "drop_oldest",
        }
    }
}

/// How often something may happen: a number of times per period, all at once or spread over it.
///
/// ```
/// use std::time::Duration;
/// use ws_core::{Limits, Rate};
///
/// let limits = Limits::default().with_rate(Rate::new(100, Duration::from_secs(1)));
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    times: u32,
    per: Duration,
}

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Rate {
    /// Creates a rate of this many times per period.
    ///
    /// The number of times is at least 1. The period is at least one nanosecond and at most 30 days; values outside of
    /// this range are replaced by the nearest one.
    pub const fn new(times: u32, per: Duration) -> Self {
        let times = if times == 0 { 1 } else { times };
        let per = if per.is_zero() {
            Duration::from_nanos(1)
        } else if per.as_secs() >= MONTH.as_secs() {
            // One that can be added to the present.
            MONTH
        } else {
            per
        };
        Self { times, per }
    }

    /// Returns the number of times.
    pub const fn times(&self) -> u32 {
        self.times
    }

    /// Returns the period.
    pub const fn per(&self) -> Duration {
        self.per
    }
}

/// Writes the rate in the syntax of the derive if the period is a second, a minute or an hour, such as `10/s`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { times, per } = self;
        match (per.as_secs(), per.subsec_nanos()) {
            (1, 0) => write!(f, "{times}/s"),
            (60, 0) => write!(f, "{times}/min"),
            (3600, 0) => write!(f, "{times}/h"),
            _ => write!(f, "{times} in {per:?}"),
        }
    }
}
