//! What an event declares about its delivery: what happens when its receiver is slow, and how often it may come.

use std::fmt;
use std::time::Duration;

/// What becomes of an event whose receiver does not keep up: `#[ws(when_slow = "…")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenSlow {
    /// The connection is closed with 4008; a client that comes back is given what it missed.
    #[default]
    Disconnect,
    /// The oldest events that say so are dropped to make room for newer ones: for what is soon out of date, such as where a
    /// cursor is.
    DropOldest,
}

impl WhenSlow {
    /// The word in the contract file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::DropOldest => "drop_oldest",
        }
    }
}

/// How often something may happen: so many times in this time, at once or spread over it.
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
    /// So many times in this time. Zero times are one, no time is a nanosecond, and the longest time is 30 days.
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

    /// How many times.
    pub const fn times(&self) -> u32 {
        self.times
    }

    /// In which time.
    pub const fn per(&self) -> Duration {
        self.per
    }
}

/// As the derive reads it, where the time is a second, a minute or an hour.
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
