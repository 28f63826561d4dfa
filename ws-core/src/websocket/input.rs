//! The receiving half of a connection: reads, and gives messages to a closure.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf, ReadHalf};
use tokio::net::tcp::OwnedReadHalf;

use super::frame_reader::{Bounds, FrameReader, Received};
use super::{ByteStream, Output, pool};

/// Where the bytes come from. The [sending half](Output) belongs to the outbox, so that whoever sends may write to it.
pub(crate) enum Source {
    Socket(OwnedReadHalf),
    /// Any other stream, such as one under TLS. Its halves take turns.
    Stream(ReadHalf<Box<dyn ByteStream>>),
}

/// The receiving half of a connection.
pub(crate) struct Input {
    pub(crate) source: Source,
    frames: FrameReader,
}

impl Input {
    /// Begins with bytes that came together with the upgrade.
    pub(crate) fn new(source: Source, early: Vec<u8>) -> Self {
        Self {
            source,
            frames: FrameReader::with(early),
        }
    }

    /// Joins the two halves of a stream. What was read and not taken is dropped.
    pub(crate) fn join(self, output: Option<Output>) -> Option<Box<dyn ByteStream>> {
        match (self.source, output?) {
            (Source::Socket(reader), Output::Socket(writer)) => {
                let socket = reader.reunite(writer).ok()?;
                Some(Box::new(socket))
            }
            (Source::Stream(reader), Output::Stream(writer)) if reader.is_pair_of(&writer) => {
                Some(reader.unsplit(writer))
            }
            _ => None,
        }
    }

    /// Reads once, and gives every message that is complete, until `each` breaks. Ready after each read that brought
    /// something, so that the caller may bound how many there are.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        bounds: Bounds,
        mut each: impl FnMut(&mut Context<'_>, Received) -> ControlFlow<()>,
    ) -> Poll<ControlFlow<()>> {
        let Self { source, frames } = self;
        if frames.is_behind() {
            return Poll::Ready(frames.take(&[], bounds, |received| each(cx, received)));
        }
        pool::with_buffer(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            let read = match source {
                Source::Socket(half) => Pin::new(half).poll_read(cx, &mut buffer),
                Source::Stream(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            };
            Poll::Ready(match ready!(read) {
                Ok(()) if !buffer.filled().is_empty() => {
                    frames.take(buffer.filled(), bounds, |received| each(cx, received))
                }
                Ok(()) | Err(_) => each(cx, Received::Lost),
            })
        })
    }

    /// Waits for the next message. Cancel safe.
    pub(crate) async fn next(&mut self, bounds: Bounds) -> Received {
        let mut next = None;
        poll_fn(|cx| {
            while next.is_none() {
                let take = |_: &mut Context<'_>, received| {
                    next = Some(received);
                    ControlFlow::Break(())
                };
                let _: ControlFlow<()> = ready!(self.poll_read(cx, bounds, take));
            }
            Poll::Ready(())
        })
        .await;
        next.unwrap_or(Received::Lost)
    }
}

/// Reads once, and drops what was read. Returns how much that was; `None` where the stream failed.
pub(crate) fn read_away<IO: AsyncRead + Unpin>(
    stream: &mut IO,
    cx: &mut Context<'_>,
) -> Poll<Option<usize>> {
    pool::with_buffer(|buffer| {
        let mut buffer = ReadBuf::new(buffer);
        let read = ready!(Pin::new(stream).poll_read(cx, &mut buffer));
        Poll::Ready(read.ok().map(|()| buffer.filled().len()))
    })
}
