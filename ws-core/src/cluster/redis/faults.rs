//! Faults that tests make happen.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Every so many-th push is lost; 0 for none, 1 for all.
    pub(super) lost: AtomicU64,
    pushes: AtomicU64,
    /// How many were lost.
    pub(super) losses: AtomicUsize,
}

impl Faults {
    pub(super) fn swallows(&self) -> bool {
        let lost = self.lost.load(Ordering::Relaxed);
        let swallows = lost > 0 && self.pushes.fetch_add(1, Ordering::Relaxed) % lost == lost - 1;
        if swallows {
            self.losses.fetch_add(1, Ordering::Relaxed);
        }
        swallows
    }
}
