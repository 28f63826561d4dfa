//! Writes what is queued to the client, as far as its connection takes it. Knows nothing of bounds.

use std::io::{self, ErrorKind, IoSlice};
use std::mem::take;
use std::task::{Context, Waker};

use super::queue::Queue;
use crate::metrics::WriteCounts;
use crate::websocket::Output;

/// Writes as much as the connection takes, or returns `WouldBlock`.
pub(crate) type Write<'a> = dyn FnMut(&[IoSlice<'_>]) -> io::Result<usize> + 'a;

/// The queue of a connection, and its sending half.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) queue: Queue,
    /// `None` in tests and measurements without a connection, and after its end.
    output: Option<Output>,
    stream_state: StreamState,
    has_taken: bool,
}

/// What the last write has shown of the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum StreamState {
    /// The client took everything.
    #[default]
    Free,
    /// It takes nothing more at the moment.
    Blocked,
    /// The connection is lost.
    Lost,
    /// Nothing is written any more.
    Ended,
}

impl Writer {
    pub(super) fn to(output: Option<Output>) -> Self {
        Self {
            output,
            ..Self::default()
        }
    }

    pub(super) fn stream_state(&self) -> StreamState {
        self.stream_state
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty() && matches!(self.stream_state, StreamState::Free | StreamState::Ended)
    }

    /// Whether the client has taken something since the last call.
    pub(super) fn progress(&mut self) -> bool {
        take(&mut self.has_taken)
    }

    /// Writes as much as the client takes. A stream that takes no more wakes this task when it does again.
    pub(super) fn write(&mut self, task: Option<&Waker>) -> WriteCounts {
        // Taken out, so that the queue can be borrowed beside it.
        let Some(mut output) = self.output.take() else {
            return WriteCounts::default();
        };
        let mut cx = Context::from_waker(task.unwrap_or(Waker::noop()));
        let wrote = self.write_by(&mut |slices| output.try_write(&mut cx, slices));
        if self.stream_state == StreamState::Free && output.try_flush(&mut cx).is_err() {
            self.stream_state = StreamState::Lost;
        }
        self.output = Some(output);
        wrote
    }

    /// As [`write`](Self::write), with another way to write.
    pub(super) fn write_by(&mut self, write: &mut Write<'_>) -> WriteCounts {
        let mut wrote = WriteCounts::default();
        if matches!(self.stream_state, StreamState::Lost | StreamState::Ended) {
            return wrote;
        }
        self.stream_state = StreamState::Free;
        while !self.queue.is_empty() && self.stream_state == StreamState::Free {
            let before = self.queue.len();
            match self.queue.write(write) {
                Ok(0) => self.stream_state = StreamState::Lost,
                Ok(_) => {
                    self.has_taken = true;
                    wrote += WriteCounts {
                        messages: before - self.queue.len(),
                        writes: 1,
                    };
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => self.stream_state = StreamState::Blocked,
                    ErrorKind::Interrupted => {}
                    _ => self.stream_state = StreamState::Lost,
                },
            }
        }
        wrote
    }

    /// Takes out what is left at the end, for the caller to write. This writer writes nothing more.
    pub(super) fn end(&mut self) -> (Option<Output>, Self) {
        let mut rest = take(self);
        self.stream_state = StreamState::Ended;
        if rest.stream_state == StreamState::Lost {
            rest.queue.clear();
        }
        (rest.output.take(), rest)
    }
}

/// For tests, which look at what would be written.
#[cfg(test)]
impl Writer {
    /// Takes what is queued, as if it had been written.
    pub(super) fn take(&mut self) -> impl Iterator<Item = crate::protocol::EncodedFrames> {
        if self.stream_state == StreamState::Blocked {
            self.stream_state = StreamState::Free;
        }
        self.queue.take().into_iter()
    }
}
