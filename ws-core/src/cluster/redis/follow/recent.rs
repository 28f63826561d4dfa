//! The last frames that were delivered, for clients that come back soon.

use std::collections::{HashSet, VecDeque};

use crate::cluster::Frame;
use crate::protocol::Position;

/// What was delivered lately, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Recent {
    frames: VecDeque<Frame>,
    marks: HashSet<u64>,
    messages: usize,
    bytes: usize,
    most_messages: usize,
}

impl Recent {
    const MOST_BYTES: usize = 1024 * 1024;

    /// Nothing, and at most this many messages later.
    pub(super) fn of(most_messages: usize) -> Self {
        Self {
            most_messages,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.messages += frame.messages.len();
        self.bytes += frame.size();
        self.marks.extend(frame.last.map(|last| last.mark));
        self.frames.push_back(frame);
        // The last one is kept in any case: it tells where the node stands.
        while (self.messages > self.most_messages || self.bytes > Self::MOST_BYTES)
            && self.frames.len() > 1
            && let Some(frame) = self.frames.pop_front()
        {
            self.messages -= frame.messages.len();
            self.bytes -= frame.size();
            self.forget_mark(&frame);
        }
    }

    /// Takes the frames before its first one, of those that lead up to it, as many as there is room for.
    pub(super) fn extend_back(&mut self, frames: &[Frame]) {
        let first = self.frames.front().and_then(|frame| frame.last);
        let is_first = |frame: &Frame| first.is_some() && frame.last == first;
        let before = frames.iter().position(is_first).unwrap_or(0);
        for frame in frames.iter().take(before).rev() {
            let messages = self.messages + frame.messages.len();
            let bytes = self.bytes + frame.size();
            if messages > self.most_messages || bytes > Self::MOST_BYTES {
                return;
            }
            self.marks.extend(frame.last.map(|last| last.mark));
            self.frames.push_front(frame.clone());
            (self.messages, self.bytes) = (messages, bytes);
        }
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.frames.front().and_then(Frame::first_seq)
    }

    /// Forgets what was delivered behind a position, or everything where that was not delivered lately. Returns it.
    pub(super) fn cut_behind(&mut self, head: Position) -> VecDeque<Frame> {
        let kept = self
            .frames
            .iter()
            .position(|frame| frame.last == Some(head))
            .map_or(0, |place| place + 1);
        let cut = self.frames.split_off(kept);
        self.messages = self.frames.iter().map(|frame| frame.messages.len()).sum();
        self.bytes = self.frames.iter().map(Frame::size).sum();
        for frame in &cut {
            self.forget_mark(frame);
        }
        cut
    }

    fn forget_mark(&mut self, frame: &Frame) {
        if let Some(last) = frame.last {
            self.marks.remove(&last.mark);
        }
    }

    /// Whether a frame of this mark was delivered lately.
    pub(super) fn has_mark(&self, mark: u64) -> bool {
        self.marks.contains(&mark)
    }

    pub(super) fn has(&self, last: Position) -> bool {
        self.frames
            .binary_search_by_key(&Some(last.seq), |frame| {
                frame.last.map(|position| position.seq)
            })
            .ok()
            .and_then(|place| self.frames.get(place))
            .is_some_and(|frame| frame.last == Some(last))
    }

    /// Whether a frame was delivered before: certainly, or, further back than this reaches, as its number says.
    pub(super) fn has_delivered(&self, at: Position, last: Position) -> bool {
        let oldest = self.oldest();
        last.seq <= at.seq && (oldest.is_none_or(|oldest| last.seq < oldest) || self.has(last))
    }

    pub(super) fn after(&self, from: Position) -> Option<Vec<Frame>> {
        let place = self.frames.iter().rposition(|frame| frame.contains(from))?;
        Some(self.frames.range(place..).cloned().collect())
    }

    /// Everything, which begins behind this number.
    pub(super) fn all_behind(&self, seq: u64) -> Option<Vec<Frame>> {
        let begins = self.oldest() == Some(seq + 1);
        begins.then(|| self.frames.iter().cloned().collect())
    }

    /// Whether something else was delivered at the place of this position.
    pub(super) fn has_another(&self, position: Position) -> bool {
        let is_before = |frame: &Frame| frame.last.is_some_and(|last| last.seq < position.seq);
        let place = self.frames.partition_point(is_before);
        self.frames.get(place).is_some_and(|frame| {
            let begins = frame.first_seq().is_some_and(|first| first <= position.seq);
            begins && !frame.contains(position)
        })
    }
}
