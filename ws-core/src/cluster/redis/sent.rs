use std::collections::VecDeque;
use std::sync::Arc;

use crate::cluster::Message;
use crate::protocol::Early;

/// What this node has published in a channel and was not given from the log yet: what its members are given early, where
/// that takes too long.
///
/// The marks of a node's publications follow each other, so that two numbers say which of them somebody has been given.
#[derive(Debug)]
pub(super) struct Sent {
    first: u64,
    next: u64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The first of those that members have been given early.
    first_early: Option<u64>,
}

#[derive(Debug)]
struct Waiting {
    mark: u64,
    messages: Arc<[Message]>,
    is_early: bool,
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
        }
    }
}

impl Sent {
    /// More than this is not kept, and not given early.
    const MOST_BYTES: usize = 16 * 1024 * 1024;

    /// Notes a publication, and returns its mark.
    pub(super) fn add(&mut self, messages: Arc<[Message]>) -> u64 {
        let mark = self.next;
        self.next += 1;
        self.bytes += size(&messages);
        self.waiting.push_back(Waiting {
            mark,
            messages,
            is_early: false,
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

    /// The log has brought a publication, and so all before it.
    pub(super) fn is_logged(&mut self, mark: u64) {
        while let Some(first) = self.waiting.front()
            && mark.wrapping_sub(first.mark) < self.waiting.len() as u64
            && let Some(first) = self.waiting.pop_front()
        {
            self.bytes -= size(&first.messages);
        }
        if self.waiting.iter().all(|waiting| !waiting.is_early) {
            self.first_early = None;
        }
    }

    /// Everything that members have not been given yet, each with the marks up to its own.
    pub(super) fn take_early(&mut self) -> Vec<(Early, Arc<[Message]>)> {
        let mut early = Vec::new();
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.is_early) {
            waiting.is_early = true;
            let first = *self.first_early.get_or_insert(waiting.mark);
            let marks = Early::between(first, waiting.mark);
            early.push((marks, Arc::clone(&waiting.messages)));
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
        early.map(|(early, _)| (early.first, early.count)).collect()
    }

    #[test]
    fn what_the_log_has_not_brought_is_given_early_once_and_in_order() {
        let mut sent = Sent::default();
        let first = add(&mut sent);
        let second = add(&mut sent);
        let third = add(&mut sent);
        sent.is_logged(first);
        assert_eq!(marks(&mut sent), [(second, 1), (second, 2)]);
        add(&mut sent);
        assert_eq!(marks(&mut sent), [(second, 3)]);
        assert_eq!(marks(&mut sent), []);
        sent.is_logged(third);
        let fifth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(second, 4)]);
        sent.is_logged(fifth);
        let sixth = add(&mut sent);
        assert_eq!(marks(&mut sent), [(sixth, 1)], "the next time begins anew");
    }

    #[test]
    fn marks_of_others_change_nothing() {
        let mut sent = Sent::default();
        let first = add(&mut sent);
        sent.is_logged(first + 1);
        sent.is_logged(first.wrapping_sub(1));
        assert_eq!(marks(&mut sent), [(first, 1)]);
    }
}
