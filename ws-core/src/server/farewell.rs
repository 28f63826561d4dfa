//! The end of a stream: the last frame, and what the peer still sends. Knows nothing of messages.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::client::Remains;
use crate::websocket::{Input, read_away};

/// The most bytes that are read from a peer after its close: enough for the rest of a message that is far too long, whose sender
/// reads the close frame only when it has sent all of it.
const LAST_BYTES: usize = 64 * 1024 * 1024;

/// Ends a connection so that the close frame reaches the peer: writes it behind what was sent before, closes the sending
/// side, and reads what still comes. Closing at once, with bytes unread, would reset the connection, and the peer might
/// never see the frame (RFC 6455, section 7.1.1). Bounded in bytes and in time, whatever the peer does.
pub(super) async fn say(input: Input, mut remains: Remains, close_frame: &[u8], limit: Duration) {
    let Some(mut stream) = input.join(remains.take_output()) else {
        return;
    };
    let said = part(&mut stream, &mut remains, close_frame);
    if timeout(limit, said).await.is_err() {
        remains.give_up();
    }
}

async fn part<IO: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut IO,
    remains: &mut Remains,
    mut last: &[u8],
) {
    let mut away = Away::default();
    poll_fn(|cx| {
        if let Poll::Ready(written) = poll_write(stream, cx, remains, &mut last) {
            return Poll::Ready(written);
        }
        // A peer that is sending may read only once that was taken.
        let _: Poll<()> = away.poll(stream, cx);
        Poll::Pending
    })
    .await;
    // A peer that does not read may still send something, such as a close of its own.
    drop(stream.shutdown().await);
    poll_fn(|cx| away.poll(stream, cx)).await;
}

/// Writes what is left, and the last frame behind it. Ends where the stream does.
fn poll_write<IO: AsyncWrite + Unpin>(
    stream: &mut IO,
    cx: &mut Context<'_>,
    remains: &mut Remains,
    last: &mut &[u8],
) -> Poll<()> {
    if !ready!(remains.poll_write(cx, stream)) {
        return Poll::Ready(());
    }
    while !last.is_empty() {
        match ready!(Pin::new(&mut *stream).poll_write(cx, last)) {
            Ok(written @ 1..) => *last = last.get(written..).unwrap_or_default(),
            Ok(0) | Err(_) => break,
        }
    }
    Poll::Ready(())
}

/// What a peer still sends, which is read and dropped.
#[derive(Default)]
struct Away {
    read: usize,
    is_over: bool,
}

impl Away {
    fn poll<IO: AsyncRead + Unpin>(&mut self, stream: &mut IO, cx: &mut Context<'_>) -> Poll<()> {
        while !self.is_over {
            match ready!(read_away(stream, cx)) {
                Some(bytes @ 1..) => self.read += bytes,
                Some(0) | None => self.is_over = true,
            }
            self.is_over |= self.read > LAST_BYTES;
        }
        Poll::Ready(())
    }
}
