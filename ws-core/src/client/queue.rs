//! The messages of one connection in order, and how much of the first was written. Knows nothing of streams.

use std::array;
use std::collections::VecDeque;
use std::io::{self, IoSlice};

use crate::event::WhenSlow;
use crate::protocol::EncodedFrames;

use super::writer::Write;

/// The most pieces of memory that are written at once.
const SLICES: usize = 64;

/// What each message counts besides its payload, so that many short ones do not get around the bound.
pub(super) const EACH: usize = 64;

/// What messages count while they wait.
pub(super) fn cost(frames: &EncodedFrames) -> usize {
    frames.payload() + EACH * frames.messages()
}

/// The queue of an outbox. At rest it owns no memory.
#[derive(Default)]
pub(super) struct Queue {
    frames: VecDeque<EncodedFrames>,
    /// How many messages these frames hold.
    messages: usize,
    /// What these messages count.
    bytes: usize,
    /// The bytes of the first frames that were written.
    written: usize,
}

/// There is no room for a message, and nothing may be dropped for it.
pub(super) struct TooMuch;

impl Queue {
    /// What the waiting messages count.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many messages wait.
    pub(super) fn len(&self) -> usize {
        self.messages
    }

    /// Makes room for this many more pushes.
    pub(super) fn reserve(&mut self, count: usize) {
        self.frames.reserve(count);
    }

    pub(super) fn push(&mut self, frames: EncodedFrames) {
        self.bytes += cost(&frames);
        self.messages += frames.messages();
        self.frames.push_back(frames);
    }

    /// Adds messages within a bound, for which others may have to go. Returns how many went, themselves among them.
    pub(super) fn push_within(
        &mut self,
        frames: EncodedFrames,
        limit: usize,
    ) -> Result<usize, TooMuch> {
        let mut dropped = 0;
        while self.bytes + cost(&frames) > limit {
            match self.drop_oldest() {
                0 => {
                    return match frames.when_slow() {
                        WhenSlow::DropOldest => Ok(dropped + frames.messages()),
                        WhenSlow::Disconnect => Err(TooMuch),
                    };
                }
                gone => dropped += gone,
            }
        }
        self.push(frames);
        Ok(dropped)
    }

    /// Drops the oldest frames that may be dropped, and returns how many messages they held. A frame that is partly written is kept.
    fn drop_oldest(&mut self) -> usize {
        let torn = usize::from(self.written > 0);
        let mut droppable = self.frames.iter().skip(torn);
        let oldest = droppable.position(|frames| frames.when_slow() == WhenSlow::DropOldest);
        let dropped = oldest.and_then(|index| self.frames.remove(torn + index));
        dropped.map_or(0, |dropped| self.forget(&dropped))
    }

    /// Uncounts frames that are gone, and returns how many messages they held.
    fn forget(&mut self, gone: &EncodedFrames) -> usize {
        self.bytes -= cost(gone);
        self.messages -= gone.messages();
        gone.messages()
    }

    /// Writes once, as many frames as one call takes.
    pub(super) fn write(&mut self, write: &mut Write<'_>) -> io::Result<usize> {
        let mut frames = self.frames.iter().map(EncodedFrames::as_bytes);
        let first = frames.next().unwrap_or_default();
        let first = first.get(self.written..).unwrap_or_default();
        let bytes = if self.frames.len() == 1 {
            write(&[IoSlice::new(first)])?
        } else {
            let count = self.frames.len().min(SLICES);
            let mut frames = [first].into_iter().chain(frames);
            let slices: [_; SLICES] =
                array::from_fn(|_| IoSlice::new(frames.next().unwrap_or_default()));
            write(slices.get(..count).unwrap_or_default())?
        };
        self.written += bytes;
        while let Some(first) = self.frames.front()
            && self.written >= first.as_bytes().len()
        {
            self.written -= first.as_bytes().len();
            if let Some(first) = self.frames.pop_front() {
                self.forget(&first);
            }
        }
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
        Ok(bytes)
    }

    /// Drops everything but a frame that is partly written. Returns how many messages were dropped.
    pub(super) fn abandon(&mut self) -> usize {
        let before = self.messages;
        self.frames.truncate(usize::from(self.written > 0));
        self.messages = self.frames.iter().map(EncodedFrames::messages).sum();
        self.bytes = self.frames.iter().map(cost).sum();
        before - self.messages
    }

    /// Whether nothing is left but a frame that is partly written.
    pub(super) fn is_abandoned(&self) -> bool {
        self.frames.len() <= usize::from(self.written > 0)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes everything, for tests without a socket.
    #[cfg(test)]
    pub(super) fn take(&mut self) -> VecDeque<EncodedFrames> {
        std::mem::take(self).frames
    }
}
