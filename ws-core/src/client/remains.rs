//! What is left to write when a connection has ended. Knows nothing of the close frame behind it.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use super::Common;
use super::writer::{StreamState, Write, Writer};
use crate::websocket::Output;

/// The sending half of a connection that has ended, and what is still to be written before its close frame. Counts among what
/// waits for all clients, until it is written or dropped.
pub(crate) struct Remains {
    output: Option<Output>,
    writer: Writer,
    common: Arc<Common>,
    counted: usize,
}

impl Remains {
    /// The remains of a connection to which nothing was written yet.
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

    /// Takes the sending half, to be joined with the receiving one.
    pub(crate) fn take_output(&mut self) -> Option<Output> {
        self.output.take()
    }

    /// Writes everything to the stream of which the sending half was part. `false` where that is lost.
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

    /// Drops what is left, because its time is over. The client does not get it.
    pub(crate) fn give_up(&mut self) {
        let dropped = self.writer.queue.abandon();
        self.common.metrics.dropped_with_connection(dropped);
    }

    fn count(&mut self, waiting: usize) {
        // What did not count before does not begin to count.
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
