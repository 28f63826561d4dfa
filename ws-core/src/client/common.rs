//! What the connections of one server have in common.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

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

    /// Counts what one connection has waiting now, instead of before. Returns what all have.
    pub(super) fn count(&self, before: usize, now: usize) -> usize {
        if now == before {
            return self.waiting.all();
        }
        self.metrics.waiting(before, now);
        self.waiting.change(before, now)
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
    /// The connections that have something waiting.
    connections: AtomicUsize,
    excess: Notify,
}

impl Waiting {
    /// What all have.
    pub(super) fn all(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What each may have where all have too much. Where they have more than the bound, at least one has more than that.
    pub(super) fn share(&self, bound: usize) -> usize {
        bound / self.connections.load(Ordering::Relaxed).max(1)
    }

    /// Somebody has more than their share, and is not the one who has noticed.
    pub(super) fn is_too_much(&self) {
        self.excess.notify_one();
    }

    /// Waits until somebody has more than their share, and others wait for more. Cancel safe.
    pub(crate) async fn excess(&self) {
        self.excess.notified().await;
    }

    fn change(&self, before: usize, now: usize) -> usize {
        match (before, now) {
            (0, 1..) => drop(self.connections.fetch_add(1, Ordering::Relaxed)),
            (1.., 0) => drop(self.connections.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        // A sum of what was added and not yet subtracted: it wraps around only where it is wrong.
        let change = now.wrapping_sub(before);
        let all = self.bytes.fetch_add(change, Ordering::Relaxed);
        all.wrapping_add(change)
    }
}
