//! What the connections of one server have in common.

use std::mem::replace;
use std::sync::Arc;
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
    pub(crate) fn for_tests(limits: Limits) -> Arc<Self> {
        Arc::new(Self::new(limits, ServerMetrics::new("test", &[])))
    }

    /// The bytes that wait for all.
    pub(crate) fn all_waiting(&self) -> usize {
        self.waiting.change(0, 0)
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

/// What waits for one client outside of its outbox. It counts among what waits for all, until this is dropped.
pub(crate) struct Share {
    common: Arc<Common>,
    bytes: usize,
}

impl Share {
    pub(super) fn of(common: Arc<Common>) -> Self {
        Self { common, bytes: 0 }
    }

    /// The most bytes that may wait for one client.
    pub(crate) fn limit(&self) -> usize {
        self.common.limits.outbox
    }

    /// Counts so many bytes from now on. `false` where these are more than before, and too many for all.
    pub(crate) fn set(&mut self, bytes: usize) -> bool {
        let before = replace(&mut self.bytes, bytes);
        if bytes == before {
            return true;
        }
        let all = self.common.waiting.change(before, bytes);
        self.common.metrics.waiting(before, bytes);
        bytes < before || all <= self.common.limits.outboxes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}
