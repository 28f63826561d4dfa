#![doc = include_str!("../docs/metrics.md")]

// Knows what is counted, and nothing of why. Without the feature there is the same interface, with nothing behind it.

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod silent;

#[cfg(feature = "metrics")]
use recorded as implementation;
#[cfg(not(feature = "metrics"))]
use silent as implementation;

use std::ops::AddAssign;

#[cfg(feature = "redis")]
pub(crate) use implementation::ClusterMetrics;
pub(crate) use implementation::{NodeMetrics, ReceivedMetrics, SentMetrics, ServerMetrics, Timer};

/// What was written to sockets: so many messages to their end, in so many system calls.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct WriteCounts {
    pub(crate) messages: usize,
    pub(crate) writes: usize,
}

impl AddAssign for WriteCounts {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.writes += other.writes;
    }
}
