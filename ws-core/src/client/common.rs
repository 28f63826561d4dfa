//! What the connections of one server have in common.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::Limits;
use crate::metrics::ServerMetrics;

/// The bounds of each connection, and what counts for all of them together.
pub(crate) struct Common {
    pub(crate) limits: Limits,
    pub(crate) waiting: Waiting,
    pub(crate) metrics: ServerMetrics,
}

impl Common {
    pub(crate) fn new(limits: Limits, metrics: ServerMetrics) -> Self {
        Self {
            waiting: Waiting::default(),
            metrics,
            limits,
        }
    }
}

#[cfg(test)]
impl Common {
    pub(crate) fn for_tests(limits: Limits) -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self::new(limits, ServerMetrics::new("test", &[])))
    }
}

/// The bytes that wait for slow clients, of all connections.
#[derive(Default)]
pub(crate) struct Waiting {
    bytes: AtomicUsize,
}

impl Waiting {
    /// Counts what one connection has waiting now, instead of before. Returns what all have.
    pub(super) fn change(&self, before: usize, now: usize) -> usize {
        // A sum of what was added and not yet subtracted: it wraps around only where it is wrong.
        let change = now.wrapping_sub(before);
        let all = self.bytes.fetch_add(change, Ordering::Relaxed);
        all.wrapping_add(change)
    }
}
