//! What is left when a connection ends.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::Common;
use super::writer::{StreamState, Write, Writer};
use crate::websocket::Output;

/// The sending half of a connection that has ended for everyone else, and what is still to be written before its close frame.
/// Counts among what all connections have waiting, until it is written or dropped.
pub(crate) struct Remains {
    output: Option<Output>,
    writer: Writer,
    common: Arc<Common>,
    counted: usize,
}

impl Remains {
    /// What is left where nothing was written yet.
    pub(crate) fn of(common: &Arc<Common>, output: Option<Output>) -> Self {
        Self::new(Arc::clone(common), output, Writer::default(), 0)
    }

    pub(super) fn new(
        common: Arc<Common>,
        output: Option<Output>,
        writer: Writer,
        counted: usize,
    ) -> Self {
        Self {
            output,
            writer,
            common,
            counted,
        }
    }

    /// The sending half, to be joined with the other.
    pub(crate) fn take_output(&mut self) -> Option<Output> {
        self.output.take()
    }

    /// Writes everything, to the stream that the sending half was part of. `false` where that is lost.
    pub(crate) fn poll_write<IO: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut IO,
    ) -> Poll<bool> {
        self.write_by(
            &mut |slices| match Pin::new(&mut *stream).poll_write_vectored(cx, slices) {
                Poll::Ready(written) => written,
                Poll::Pending => Err(ErrorKind::WouldBlock.into()),
            },
        );
        match self.writer.stream_state() {
            StreamState::Free => Poll::Ready(true),
            StreamState::Blocked => Poll::Pending,
            StreamState::Lost | StreamState::Ended => Poll::Ready(false),
        }
    }

    fn write_by(&mut self, write: &mut Write<'_>) {
        let wrote = self.writer.write_by(write);
        self.common.metrics.sent().wrote(wrote);
        self.count(self.writer.queue.bytes());
    }

    /// The time is over: what is left is dropped, and the client does not get it.
    pub(crate) fn give_up(&mut self) {
        let dropped = self.writer.queue.abandon();
        self.common.metrics.dropped_with_connection(dropped);
    }

    fn count(&mut self, waiting: usize) {
        // What did not wait for the client before does not begin to.
        let waiting = waiting.min(self.counted);
        self.common.count(self.counted, waiting);
        self.counted = waiting;
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        self.count(0);
    }
}

/// For tests, which look at what would be written.
#[cfg(test)]
impl Remains {
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_by(&mut |slices| std::io::Write::write_vectored(&mut bytes, slices));
        bytes
    }
}
