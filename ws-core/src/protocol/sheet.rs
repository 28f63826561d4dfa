//! Messages that are written one after the other into one piece of memory, to be given together to whoever receives all of them.

use bytes::Bytes;

use super::encoded::write_text;
use super::{Encoded, EncodedFrames};
use crate::event::WhenSlow;

/// Messages that share memory: whatever keeps one keeps all of them.
#[derive(Debug)]
pub(crate) struct Sheet {
    bytes: Bytes,
    messages: usize,
    payload: usize,
    when_slow: WhenSlow,
}

/// Where a message stands on its sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    start: usize,
    end: usize,
    header: u8,
}

impl Span {
    /// How many bytes the message has with its header.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// A sheet that is being written.
#[derive(Debug)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    messages: usize,
    payload: usize,
    when_slow: WhenSlow,
}

impl Draft {
    /// For messages with this policy for slow receivers.
    pub(crate) fn new(capacity: usize, when_slow: WhenSlow) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
            messages: 0,
            payload: 0,
            when_slow,
        }
    }

    /// The bytes that were written.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes a message of these parts.
    pub(super) fn write(&mut self, parts: &[&[u8]]) -> Span {
        let start = self.bytes.len();
        let header = write_text(parts, &mut self.bytes);
        let end = self.bytes.len();
        self.messages += 1;
        self.payload += end - start - usize::from(header);
        Span { start, end, header }
    }

    pub(crate) fn finish(self) -> Sheet {
        Sheet {
            bytes: self.bytes.into(),
            messages: self.messages,
            payload: self.payload,
            when_slow: self.when_slow,
        }
    }
}

impl Sheet {
    /// All messages, as one.
    pub(crate) fn whole(&self) -> EncodedFrames {
        EncodedFrames::new(
            self.bytes.clone(),
            self.messages,
            self.payload,
            self.when_slow,
        )
    }

    /// The bytes of all messages with their headers.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The message that stands there.
    pub(crate) fn message(&self, span: Span) -> Encoded {
        let frame = self.bytes.slice(span.start..span.end);
        Encoded::written(frame, span.header, self.when_slow)
    }
}
