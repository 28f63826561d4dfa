//! What this node has published in a channel, until the log has brought it. Knows nothing of why that takes long.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::cluster::Message;
use crate::protocol::{Early, Position};

/// What this node has published in a channel and the log has not brought yet. Its members are given that early, where it takes too
/// long.
///
/// The marks of a node's publications are consecutive, so that two numbers say which of them a member has been given.
#[derive(Debug)]
pub(super) struct Sent {
    first: u64,
    next: u64,
    waiting: VecDeque<Publication>,
    bytes: usize,
    /// The first mark of what members were given early.
    first_early: Option<u64>,
    /// The end of a gap, behind which the log may bring the rest.
    gap: Option<u64>,
}

/// A publication that members are given early.
#[derive(Debug)]
pub(super) struct GivenEarly {
    /// The marks up to its own.
    pub(super) marks: Early,
    pub(super) messages: Arc<[Message]>,
    /// Where the log has it, if it has taken it already.
    pub(super) at: Option<Position>,
}

#[derive(Debug)]
struct Publication {
    mark: u64,
    messages: Arc<[Message]>,
    is_early: bool,
    /// Where the log has it, once it has taken it.
    at: Option<Position>,
}

impl Default for Sent {
    fn default() -> Self {
        let first = super::log::random_mark();
        Self {
            first,
            next: first,
            waiting: VecDeque::new(),
            bytes: 0,
            first_early: None,
            gap: None,
        }
    }
}

impl Sent {
    /// The most bytes that are kept. What is dropped for them is not given early.
    const MOST_BYTES: usize = 16 * 1024 * 1024;

    /// Notes a publication, and returns its mark.
    pub(super) fn add(&mut self, messages: Arc<[Message]>) -> u64 {
        let mark = self.next;
        self.next += 1;
        self.bytes += size(&messages);
        self.waiting.push_back(Publication {
            mark,
            messages,
            is_early: false,
            at: None,
        });
        while self.bytes > Self::MOST_BYTES
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.bytes -= size(&oldest.messages);
        }
        mark
    }

    /// Whether this is the mark of a publication that was noted here.
    pub(super) fn has_noted(&self, mark: u64) -> bool {
        mark.wrapping_sub(self.first) < self.next.wrapping_sub(self.first)
    }

    /// Forgets a publication and all before it, because the log has brought it.
    pub(super) fn settle(&mut self, mark: u64) {
        while let Some(first) = self.waiting.front()
            && mark.wrapping_sub(first.mark) < self.waiting.len() as u64
            && let Some(first) = self.waiting.pop_front()
        {
            self.bytes -= size(&first.messages);
        }
        if self.waiting.iter().all(|waiting| !waiting.is_early) {
            self.first_early = None;
        }
        if self.waiting.is_empty() {
            self.gap = None;
        }
    }

    /// Notes where the log has taken a publication. Whether members were given it early, and not from the log yet.
    pub(super) fn note_taken(&mut self, mark: u64, at: Position) -> bool {
        let mut waiting = self.waiting.iter_mut();
        let Some(taken) = waiting.find(|waiting| waiting.mark == mark) else {
            return false;
        };
        taken.at = Some(at);
        let is_early = taken.is_early;
        self.settle_gap();
        is_early
    }

    /// Notes a gap that ends here: what lies in it is not brought any more.
    pub(super) fn skip(&mut self, head: Position) {
        self.settle(head.mark);
        if !self.waiting.is_empty() {
            self.gap = Some(head.seq);
            self.settle_gap();
        }
    }

    fn settle_gap(&mut self) {
        let lies_in_gap = |waiting: &&Publication| {
            self.gap
                .zip(waiting.at)
                .is_some_and(|(gap, at)| at.seq <= gap)
        };
        let last = self.waiting.iter().rev().find(lies_in_gap);
        if let Some(mark) = last.map(|last| last.mark) {
            self.settle(mark);
        }
    }

    /// Takes everything that members have not been given yet.
    pub(super) fn take_early(&mut self) -> Vec<GivenEarly> {
        let mut early = Vec::new();
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.is_early) {
            waiting.is_early = true;
            let first = *self.first_early.get_or_insert(waiting.mark);
            early.push(GivenEarly {
                marks: Early::between(first, waiting.mark),
                messages: Arc::clone(&waiting.messages),
                at: waiting.at,
            });
        }
        early
    }
}

fn size(messages: &[Message]) -> usize {
    messages.iter().map(Message::size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(sent: &mut Sent) -> u64 {
        sent.add([Message::Blank].into())
    }

    fn marks(sent: &mut Sent) -> Vec<(u64, u32)> {
        let early = sent.take_early().into_iter();
        early
            .map(|early| (early.marks.first, early.marks.count))
            .collect()
    }

    fn at(seq: u64) -> Position {
        Position { seq, mark: 0 }
    }

    #[test]
    fn what_the_log_has_not_brought_is_given_early_once_and_in_order() {
        let mut sent = Sent::default();
        let first = add(&mut sent);
        let second = add(&mut sent);
        let third = add(&mut sent);
        sent.settle(first);
        assert_eq!(marks(&mut sent), [(second, 1), (second, 2)]);
        add(&mut sent);
        assert_eq!(marks(&mut sent), [(second, 3)]);
        assert_eq!(marks(&mut sent), []);
        sent.settle(third);
        let fifth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(second, 4)]);
        sent.settle(fifth);
        let sixth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(sixth, 1)], "the next time begins anew");
    }

    #[test]
    fn what_lies_in_a_gap_is_not_given_early_in_the_next_outage() {
        let mut sent = Sent::default();
        let first = add(&mut sent);
        let second = add(&mut sent);
        let third = add(&mut sent);
        assert!(!sent.note_taken(first, at(10)));
        sent.skip(at(15));
        assert_eq!(marks(&mut sent), [(second, 1), (second, 2)]);
        assert!(sent.note_taken(second, at(12)), "it is known too late");
        assert!(!sent.note_taken(second, at(12)));
        assert!(sent.note_taken(third, at(16)), "it is behind the gap");
        let fourth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(second, 3)]);
        let next = Position {
            seq: 30,
            mark: fourth,
        };
        sent.skip(next);
        let fifth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(fifth, 1)]);
    }

    #[test]
    fn marks_of_others_change_nothing() {
        let mut sent = Sent::default();
        let first = add(&mut sent);
        sent.settle(first + 1);
        sent.settle(first.wrapping_sub(1));
        assert_eq!(marks(&mut sent), [(first, 1)]);
    }
}
