//! Messages in their order, and how much of the first one was written.

use std::array;
use std::collections::VecDeque;
use std::io::{self, IoSlice};

use crate::event::WhenSlow;
use crate::protocol::Encoded;

use super::outbox::Write;

/// The most messages that are written at once.
const SLICES: usize = 64;

/// What a message counts besides its payload: so that many short ones are no way around the bound.
pub(super) const EACH: usize = 64;

/// What a message counts as long as it waits.
pub(super) fn cost(message: &Encoded) -> usize {
    message.len() + EACH
}

/// The queue of an outbox. At rest it owns no memory.
#[derive(Default)]
pub(super) struct Queue {
    messages: VecDeque<Encoded>,
    /// What the messages count.
    bytes: usize,
    /// The bytes of the first frame that were written.
    written: usize,
}

/// There is no room for a message, and nothing that may be dropped for it.
pub(super) struct TooMuch;

impl Queue {
    /// What the messages count that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The messages that wait.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Makes room for this many more messages.
    pub(super) fn reserve(&mut self, count: usize) {
        self.messages.reserve(count);
    }

    pub(super) fn push(&mut self, message: Encoded) {
        self.bytes += cost(&message);
        self.messages.push_back(message);
    }

    /// Adds a message within a bound, for which others may have to go. Returns how many went, itself among them.
    pub(super) fn push_within(&mut self, message: Encoded, limit: usize) -> Result<usize, TooMuch> {
        let mut dropped = 0;
        while self.bytes + cost(&message) > limit {
            dropped += 1;
            if !self.drop_oldest() {
                return match message.when_slow() {
                    WhenSlow::DropOldest => Ok(dropped),
                    WhenSlow::Disconnect => Err(TooMuch),
                };
            }
        }
        self.push(message);
        Ok(dropped)
    }

    /// Drops the oldest message that may be dropped. A frame of which the beginning was written is not.
    fn drop_oldest(&mut self) -> bool {
        let torn = usize::from(self.written > 0);
        let mut droppable = self.messages.iter().skip(torn);
        let oldest = droppable.position(|message| message.when_slow() == WhenSlow::DropOldest);
        let dropped = oldest.and_then(|place| self.messages.remove(torn + place));
        self.bytes -= dropped.as_ref().map_or(0, cost);
        dropped.is_some()
    }

    /// Writes once, as many messages as may be.
    pub(super) fn write(&mut self, write: &mut Write<'_>) -> io::Result<usize> {
        let mut frames = self.messages.iter().map(Encoded::frame);
        let first = frames.next().unwrap_or_default();
        let first = first.get(self.written..).unwrap_or_default();
        let bytes = if self.messages.len() == 1 {
            write(&[IoSlice::new(first)])?
        } else {
            let count = self.messages.len().min(SLICES);
            let mut frames = [first].into_iter().chain(frames);
            let slices: [_; SLICES] =
                array::from_fn(|_| IoSlice::new(frames.next().unwrap_or_default()));
            write(slices.get(..count).unwrap_or_default())?
        };
        self.written += bytes;
        while let Some(first) = self.messages.front()
            && self.written >= first.frame().len()
        {
            self.written -= first.frame().len();
            self.bytes -= cost(first);
            self.messages.pop_front();
        }
        if self.messages.is_empty() {
            self.messages = VecDeque::new();
        }
        Ok(bytes)
    }

    /// The rest of a frame of which the beginning was written: nothing else may follow that beginning.
    pub(super) fn torn(&self) -> Vec<u8> {
        let first = self.messages.front().map(Encoded::frame);
        let rest = first.filter(|_| self.written > 0);
        rest.and_then(|frame| frame.get(self.written..))
            .unwrap_or_default()
            .to_vec()
    }

    /// Drops everything but a frame of which the beginning was written. Returns how many messages went.
    pub(super) fn abandon(&mut self) -> usize {
        let before = self.messages.len();
        self.messages.truncate(usize::from(self.written > 0));
        self.bytes = self.messages.iter().map(cost).sum();
        before - self.messages.len()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes everything, for tests without a socket.
    #[cfg(test)]
    pub(super) fn take(&mut self) -> VecDeque<Encoded> {
        std::mem::take(self).messages
    }
}
