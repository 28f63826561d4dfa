//! RFC 6455 over a stream of bytes. The only place that knows the library that speaks it.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes};

use super::limits::Limits;
use crate::protocol::{Close, CloseCode, Encoded};

/// The bytes that are read at once. Larger buffers stay resident for every connection.
const BUFFER: usize = 4096;

/// The bytes of messages that are gathered for one write, unless a single message has more. The kernel's work for a write
/// costs many times that of copying a message.
const GATHERED: usize = 16 * 1024;

/// The most bytes that are read from a peer that has been told to stop: enough for the rest of a message that is far too
/// long, whose sender reads the close frame only when it has sent it all.
const LAST_BYTES: usize = 64 * 1024 * 1024;

/// What comes from the peer.
pub(super) enum Received {
    Text(Utf8Bytes),
    /// A control frame, which the library answers.
    Control,
    /// The peer closes, with this code.
    Closed(Close),
    /// The peer broke the protocol, and is told so with this code.
    Broken(Close),
    /// The connection is gone.
    Lost,
}

/// The receiving half of a connection.
pub(super) struct Reader<IO>(SplitStream<WebSocketStream<IO>>);

/// The sending half of a connection.
pub(super) struct Writer<IO>(SplitSink<WebSocketStream<IO>, Message>);

/// Nothing can be sent any more.
#[derive(Debug)]
pub(super) struct Lost;

/// Takes over a stream whose upgrade is done.
pub(super) async fn open<IO>(stream: IO, limits: &Limits) -> (Reader<IO>, Writer<IO>)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(GATHERED)
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (writer, reader) = socket.split();
    (Reader(reader), Writer(writer))
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Reader<IO> {
    /// Waits for the next message. Cancel safe.
    pub(super) async fn next(&mut self) -> Received {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Received::Text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::Control,
            Some(Ok(Message::Binary(_))) => broken(CloseCode::UNSUPPORTED, "messages are text"),
            Some(Ok(Message::Close(Some(frame)))) => Received::Closed(Close::new(
                CloseCode::received(frame.code.into()),
                frame.reason.to_string(),
            )),
            // RFC 6455, section 7.1.5: no code was given, and the connection was closed all the same.
            Some(Ok(Message::Close(None))) => Received::Closed(Close::normal()),
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { max_size, .. }))) => broken(
                CloseCode::TOO_LARGE,
                format!("a message has at most {max_size} bytes"),
            ),
            Some(Err(Error::Utf8(_))) => broken(CloseCode::INVALID, "a text message is UTF-8"),
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                Received::Lost
            }
            Some(Err(Error::Protocol(error))) => broken(CloseCode::PROTOCOL, error.to_string()),
            Some(Err(_)) | None => Received::Lost,
        }
    }
}

fn broken(code: CloseCode, reason: impl Into<std::borrow::Cow<'static, str>>) -> Received {
    Received::Broken(Close::new(code, reason))
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Writer<IO> {
    /// Writes messages, in as few writes as the socket takes.
    pub(super) async fn send(&mut self, messages: VecDeque<Encoded>) -> Result<(), Lost> {
        for message in messages {
            self.0
                .feed(Message::Text(message.into_text()))
                .await
                .map_err(|_| Lost)?;
        }
        self.0.flush().await.map_err(|_| Lost)
    }

    /// Pings a peer that only its library answers.
    pub(super) async fn ping(&mut self) -> Result<(), Lost> {
        self.0
            .send(Message::Ping(bytes::Bytes::new()))
            .await
            .map_err(|_| Lost)
    }

    /// Writes the close frame.
    async fn close(&mut self, close: &Close) -> Result<(), Lost> {
        let frame = CloseFrame {
            code: close.code().number().into(),
            reason: close.reason().into(),
        };
        self.0
            .send(Message::Close(Some(frame)))
            .await
            .map_err(|_| Lost)
    }
}

/// Ends a connection so that the close frame reaches the peer: writes it where the end is ours, and the answer to the peer's
/// where it is theirs; then closes the sending side and reads what still comes. Closing at once, with bytes unread, would
/// reset the connection, and the peer might never see the frame (RFC 6455, section 7.1.1). Bounded in time and bytes.
pub(super) async fn finish<IO>(
    mut reader: Reader<IO>,
    mut writer: Writer<IO>,
    farewell: Option<&Close>,
    limit: Duration,
) where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let finished = async {
        match farewell {
            Some(close) => drop(writer.close(close).await),
            None => {
                while let Received::Text(_) | Received::Control = reader.next().await {}
                drop(writer.0.flush().await);
            }
        }
        let Ok(socket) = reader.0.reunite(writer.0) else {
            return;
        };
        let mut stream = socket.into_inner();
        drop(stream.shutdown().await);
        let mut rest = [0; BUFFER];
        let mut read = 0;
        while let Ok(bytes @ 1..) = stream.read(&mut rest).await {
            read += bytes;
            if read > LAST_BYTES {
                break;
            }
        }
    };
    drop(timeout(limit, finished).await);
}
