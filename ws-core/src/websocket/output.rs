//! The sending half of a connection: writes bytes, and knows nothing of messages.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::io::{AsyncWrite, WriteHalf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::unconstrained;

use super::ByteStream;

/// Where the bytes go. Nothing here waits.
pub(crate) enum Output {
    Socket(OwnedWriteHalf),
    /// Any other stream, such as one under TLS.
    Stream(WriteHalf<Box<dyn ByteStream>>),
}

impl Output {
    /// Writes what the peer takes at the moment, or returns `WouldBlock`. Then a stream wakes the task of `cx` when it takes more;
    /// a socket has to be asked by that task.
    pub(crate) fn try_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => match slices {
                [slice] => socket.try_write(slice),
                slices => socket.try_write_vectored(slices),
            },
            Self::Stream(stream) => now(cx, |cx| {
                Pin::new(&mut *stream).poll_write_vectored(cx, slices)
            }),
        }
    }

    /// Flushes what a stream keeps. Where it cannot yet, it wakes the task of `cx` later.
    pub(crate) fn try_flush(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self {
            Self::Socket(_) => Ok(()),
            Self::Stream(stream) => match now(cx, |cx| Pin::new(&mut *stream).poll_flush(cx)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
                flushed => flushed,
            },
        }
    }
}

/// Polls once, unconstrained: a task that writes to many connections has spent its budget (see `tokio::task::coop`) long before a
/// stream takes no more, which would look as if its peer did not read. A stream of the application's may panic: then it is lost,
/// and the others that a delivery writes to are not.
fn now<T>(
    cx: &mut Context<'_>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> io::Result<T> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        pin!(unconstrained(poll_fn(poll))).poll(cx)
    }));
    match polled {
        Ok(Poll::Ready(done)) => done,
        Ok(Poll::Pending) => Err(ErrorKind::WouldBlock.into()),
        Err(_) => Err(io::Error::other("the stream panicked")),
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncRead, ReadBuf, split};

    use super::*;

    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Broken {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            panic!("the stream of somebody else is broken")
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_stream_that_panics_is_lost_and_ends_no_delivery() {
        let stream: Box<dyn ByteStream> = Box::new(Broken);
        let (_reading, writing) = split(stream);
        let mut cx = Context::from_waker(Waker::noop());
        let wrote = Output::Stream(writing).try_write(&mut cx, &[IoSlice::new(b"hello")]);
        assert_eq!(wrote.unwrap_err().kind(), ErrorKind::Other);
    }
}
