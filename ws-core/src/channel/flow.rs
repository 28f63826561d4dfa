//! What waits in a channel in either direction, and whether a task is at work on it. Knows nothing of members or the cluster.

use super::incoming::{Delivery, Incoming};
use super::outgoing::{Batch, Outgoing};

/// Both queues of a channel. [`Core`](super::core::Core) has it locked whenever it is looked at.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    /// The point of the incoming queue that must have been passed before the next batch goes out.
    batch_after: Option<u64>,
    is_pumped: bool,
    /// The backend is being given a batch.
    is_telling: bool,
}

/// A queue has no room for a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Flow {
    /// What the members are given next.
    pub(super) fn next_delivery(&mut self) -> Option<Delivery> {
        self.incoming.next()
    }

    /// What the cluster is told next, once everything was given that was there before. What has come since does not hold it up:
    /// that may never end.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        if self.outgoing.is_empty() {
            return None;
        }
        let end = self.incoming.end();
        let after = *self.batch_after.get_or_insert(end);
        if !self.incoming.has_passed(after) {
            return None;
        }
        self.batch_after = None;
        self.is_telling = true;
        self.outgoing.next_batch()
    }

    /// The backend has taken a batch.
    pub(super) fn end_telling(&mut self) {
        self.is_telling = false;
    }

    /// Whether the cluster was not told everything yet.
    pub(super) fn has_untold(&self) -> bool {
        self.is_telling || !self.outgoing.is_empty()
    }

    /// Whether others may be about to send: several do, or more than one message came at once.
    pub(super) fn is_busy(&self) -> bool {
        self.incoming.is_busy() || self.outgoing.is_crowded()
    }

    /// Claims the work for a task. `false` where one is at it.
    pub(super) fn begin_pumping(&mut self) -> bool {
        !std::mem::replace(&mut self.is_pumped, true)
    }

    /// Ends the work where nothing is left to do. Whether it has ended.
    pub(super) fn end_pumping_if_empty(&mut self) -> bool {
        self.is_pumped = !(self.incoming.is_empty() && self.outgoing.is_empty());
        !self.is_pumped
    }

    /// Ends the work before its time, so that another task may take it up.
    pub(super) fn abort_pumping(&mut self) {
        self.is_pumped = false;
        self.is_telling = false;
    }

    /// Whether no task is at work.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        !self.is_pumped
    }
}
