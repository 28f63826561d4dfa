//! What the connections of one server have in common.

use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::limits::Limits;
use crate::metrics::ServerMetrics;

/// The limits of each connection, and what is counted for all of them together.
pub(crate) struct Common {
    pub(crate) limits: Limits,
    pub(crate) waiting: WaitingBytes,
    pub(crate) metrics: ServerMetrics,
}

impl Common {
    pub(crate) fn new(limits: Limits, metrics: ServerMetrics) -> Self {
        Self {
            waiting: WaitingBytes::default(),
            metrics,
            limits,
        }
    }

    /// Counts what waits for one connection now, in place of what waited before. Returns what waits for all.
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
    pub(crate) fn for_tests(limits: Limits) -> Arc<Self> {
        Arc::new(Self::new(limits, ServerMetrics::new("test", &[])))
    }

    /// The bytes that wait for all.
    pub(crate) fn all_waiting(&self) -> usize {
        self.waiting.change(0, 0)
    }
}

/// How many bytes wait for slow clients, on all connections together.
#[derive(Default)]
pub(crate) struct WaitingBytes {
    bytes: AtomicUsize,
    /// How many connections have something waiting.
    connections: AtomicUsize,
    excess: Notify,
}

impl WaitingBytes {
    /// The bytes of all connections.
    pub(super) fn all(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What each connection may have while all together have too much. At least one has more than that then.
    pub(super) fn share(&self, bound: usize) -> usize {
        bound / self.connections.load(Ordering::Relaxed).max(1)
    }

    /// Wakes the sweep: some connection has more than its share, and it is not the one that has noticed.
    pub(super) fn notify_excess(&self) {
        self.excess.notify_one();
    }

    /// Waits until a connection has more than its share, and all together too much. Cancel safe.
    pub(crate) async fn excess(&self) {
        self.excess.notified().await;
    }

    fn change(&self, before: usize, now: usize) -> usize {
        match (before, now) {
            (0, 1..) => drop(self.connections.fetch_add(1, Ordering::Relaxed)),
            (1.., 0) => drop(self.connections.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        // A sum of what was added and not subtracted yet: it wraps around only if the counting is wrong.
        let change = now.wrapping_sub(before);
        let all = self.bytes.fetch_add(change, Ordering::Relaxed);
        all.wrapping_add(change)
    }
}

/// Counts what waits for one client outside of its outbox among what waits for all, until this is dropped.
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

    /// Counts this many bytes from now on. `false` where that is more than before, and too much for all together.
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

/// What may be given up, and be had again later.
impl Share {
    /// Counts this many bytes from now on, unless that is too much for all, and more than the share of one: then nothing is counted,
    /// and nothing is to be kept.
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        if self.set(bytes) {
            return true;
        }
        if self.is_excessive() {
            self.set(0);
            return false;
        }
        self.common.waiting.notify_excess();
        true
    }

    /// Whether too much waits for all, and more of it here than the share of one.
    pub(crate) fn is_excessive(&self) -> bool {
        let (waiting, bound) = (&self.common.waiting, self.common.limits.outboxes);
        waiting.all() > bound && self.bytes > waiting.share(bound)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}
