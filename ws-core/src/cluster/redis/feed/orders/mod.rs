//! Orders that are kept apart from the log: which are new to this node. Does nothing itself.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem::replace;

use crate::cluster::{Frame, Marks};

/// What a feed knows of the orders to end connections that are kept apart from the log, for nodes that do not hear them.
///
/// Whether an order was carried out is not known here: the sinks know that.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// What was ordered last. `None` before the first look.
    known: Option<LastOrders>,
    /// The mark of the last order to disconnect everyone when this node began to listen, or 0. It may be the last one again where
    /// Redis loses what it has written since.
    before: u64,
    /// The last orders as the last look found them. An order is kept before it is published, and may be on its way behind what was
    /// sent before it: so only an order that is seen twice is taken from where it is kept.
    seen: LastOrders,
    /// Redis was seen to have no orders for single users: it numbers the next ones from the beginning.
    begins_anew: bool,
    /// The orders that came past the log.
    came: Marks,
    /// The orders that were found where they are kept, to be told when the log was delivered as far as it reached then.
    found: VecDeque<FoundOrders>,
    /// How many were found so far.
    count: u64,
}

/// What was ordered last.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::cluster::redis) struct LastOrders {
    /// The mark of the last order to disconnect everyone, or 0.
    pub(in crate::cluster::redis) everyone: u64,
    /// The number of the last order to disconnect single users, or 0.
    pub(in crate::cluster::redis) users: u64,
}

/// The orders to disconnect single users that have come since they were last looked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster::redis) struct Missed {
    /// The number of the one before them, or 0.
    pub(in crate::cluster::redis) behind: u64,
    /// The number of the last one.
    pub(in crate::cluster::redis) last: u64,
    /// Whether the numbers go on from there without a break.
    pub(super) is_continued: bool,
    /// Where the log stood when they were seen. It has what was sent before them.
    pub(super) log: u64,
}

impl Missed {
    /// Whether some of them are not kept any more, given the first one that was found.
    pub(super) fn is_cut(self, first: Option<&Frame>) -> bool {
        let first = first.and_then(|first| first.last);
        self.is_continued && first.is_none_or(|first| first.seq > self.behind + 1)
    }
}

/// Orders that were found where they are kept.
#[derive(Debug)]
struct FoundOrders {
    /// Its number among all that were found.
    number: u64,
    /// Where the log stood then.
    log: u64,
    orders: Frame,
}

impl Orders {
    /// Sets what was ordered last when this node began to listen.
    pub(super) fn set_known(&mut self, known: LastOrders) {
        if self.known.is_none() {
            self.known = Some(known);
            self.before = known.everyone;
        }
    }

    /// Notes that orders came past the log under this mark. Whether that is the first time.
    pub(super) fn note_delivered(&mut self, mark: u64) -> bool {
        self.came.add(mark)
    }

    /// Notes which order to disconnect everyone was seen to be the last. Whether it is new, and was seen twice.
    pub(super) fn find_everyone(&mut self, mark: u64) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        let seen = replace(&mut self.seen.everyone, mark);
        if [known.everyone, self.before].contains(&mark) || seen != mark {
            return false;
        }
        known.everyone = mark;
        true
    }

    /// Notes which number the last order to disconnect single users was seen to have, and where the log stood then. Returns the orders
    /// that are to be read.
    pub(super) fn find_missed(&mut self, last: u64, log: u64) -> Option<Missed> {
        let known = self.known.as_mut()?;
        if last > 0 {
            // Where Redis has lost some, the next one has a number that was used before.
            known.users = known.users.min(last);
        } else {
            self.begins_anew = true;
        }
        let seen = replace(&mut self.seen.users, last);
        let (behind, last) = (known.users, seen.min(last));
        (behind < last).then_some(Missed {
            behind,
            last,
            is_continued: behind > 0 && !self.begins_anew,
            log,
        })
    }

    /// Notes that the orders to disconnect single users were read up to this number. Whether that is new.
    pub(super) fn note_read(&mut self, number: u64) -> bool {
        let Some(known) = self.known.as_mut().filter(|known| known.users < number) else {
            return false;
        };
        known.users = number;
        self.begins_anew = false;
        true
    }

    /// Adds orders that were found when the log stood at `log`.
    pub(super) fn add_found(&mut self, orders: Frame, log: u64) {
        self.count += 1;
        self.found.push_back(FoundOrders {
            number: self.count,
            log,
            orders,
        });
    }

    /// The number of the last one that waits to be told.
    pub(super) fn waiting(&self) -> Option<u64> {
        Some(self.found.back()?.number)
    }

    /// Takes what is to be told once the log was delivered up to here.
    pub(super) fn take_reached(&mut self, log: u64) -> Vec<Frame> {
        self.take(|found| found.log <= log)
    }

    /// Takes what has waited long enough: everything up to this number.
    pub(super) fn take_overdue(&mut self, number: u64) -> Vec<Frame> {
        self.take(|found| found.number <= number)
    }

    fn take(&mut self, is_taken: impl Fn(&FoundOrders) -> bool) -> Vec<Frame> {
        let mut taken = Vec::new();
        while self.found.front().is_some_and(&is_taken)
            && let Some(found) = self.found.pop_front()
        {
            taken.push(found.orders);
        }
        taken
    }
}
