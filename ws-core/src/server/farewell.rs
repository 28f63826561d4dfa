//! The end of a stream: the last frame, and what the peer still says.

use std::future::poll_fn;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::client::Remains;
use crate::websocket::{Input, Source, read_away};

/// The most bytes that are read from a peer that has been told to stop: enough for the rest of a message that is far too
/// long, whose sender reads the close frame only when it has sent it all.
const LAST_BYTES: usize = 64 * 1024 * 1024;

/// Ends a connection so that the close frame reaches the peer: writes it behind what was written before, closes the sending
/// side, and reads what still comes. Closing at once, with bytes unread, would reset the connection, and the peer might
/// never see the frame (RFC 6455, section 7.1.1). Bounded in time and bytes.
pub(super) async fn say(input: Input, remains: Remains, close_frame: &[u8], limit: Duration) {
    let Remains { socket, mut torn } = remains;
    torn.extend_from_slice(close_frame);
    let said = async {
        match (input.source, socket) {
            (Source::Socket(reader), Some(writer)) => {
                if let Ok(mut socket) = reader.reunite(writer) {
                    part(&mut socket, &torn).await;
                }
            }
            (Source::Stream(mut stream), _) => part(&mut stream, &torn).await,
            (Source::Socket(_), None) => {}
        }
    };
    drop(timeout(limit, said).await);
}

async fn part<IO: AsyncRead + AsyncWrite + Unpin>(stream: &mut IO, last: &[u8]) {
    // A peer that does not take it may still say something, such as that it closes, too.
    drop(stream.write_all(last).await);
    drop(stream.shutdown().await);
    let mut read = 0;
    while let Some(bytes @ 1..) = poll_fn(|cx| read_away(stream, cx)).await {
        read += bytes;
        if read > LAST_BYTES {
            break;
        }
    }
}
