//! From the bytes of one connection to its messages.

use std::borrow::Cow;
use std::io::{self, Cursor, Read, Write};
use std::mem::take;
use std::ops::ControlFlow;

use bytes::Bytes;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::WebSocketContext;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;
use tungstenite::{Message, Utf8Bytes};

use super::pool;
use crate::protocol::{Close, CloseCode};

/// What a client may send at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most bytes of a message.
    pub(crate) message: usize,
    /// The most bytes of a frame.
    pub(crate) frame: usize,
    /// The most frames of a message.
    pub(crate) fragments: usize,
}

/// What comes from the peer.
#[derive(Debug)]
pub(crate) enum Received {
    Text(Utf8Bytes),
    /// A control frame, and the frame that answers it.
    Control(Option<Bytes>),
    /// The peer closes with this code, and this frame answers it.
    Closed(Close, Bytes),
    /// The peer broke the protocol, and is to be told so with this code.
    Broken(Close),
    /// The connection is gone.
    Lost,
}

/// What is kept of the frames of a connection between two reads: nothing, as long as whole messages come.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// Bytes that were not taken yet: the beginning of a frame, or what follows the message that was asked for.
    rest: Vec<u8>,
    /// The rest may have whole frames.
    is_behind: bool,
    /// The context that has the beginning of a fragmented message.
    fragmented: Option<Fragmented>,
    /// The peer has closed or failed: what comes after that has no meaning.
    ended: bool,
}

#[derive(Debug)]
struct Fragmented {
    context: Box<WebSocketContext>,
    frames: usize,
}

impl FrameReader {
    /// Begins with bytes that were read before.
    pub(super) fn with(early: Vec<u8>) -> Self {
        Self {
            is_behind: !early.is_empty(),
            rest: early,
            ..Self::default()
        }
    }

    /// Whether there may be whole messages already, without another read.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Takes bytes, and gives `each` what they complete, until it breaks: then the rest waits for the next call.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        bounds: Bounds,
        mut each: impl FnMut(Received) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let flow = if self.rest.is_empty() {
            let (used, flow) = self.run(bytes, bounds, &mut each);
            self.rest
                .extend_from_slice(bytes.get(used..).unwrap_or_default());
            flow
        } else {
            let mut all = take(&mut self.rest);
            all.extend_from_slice(bytes);
            let (used, flow) = self.run(&all, bounds, &mut each);
            all.drain(..used);
            if !all.is_empty() {
                self.rest = all;
            }
            flow
        };
        if self.ended {
            self.rest = Vec::new();
        }
        self.is_behind = flow.is_break() && !self.rest.is_empty();
        flow
    }

    /// Goes from frame to frame, and returns how many bytes that were.
    fn run(
        &mut self,
        bytes: &[u8],
        bounds: Bounds,
        each: &mut impl FnMut(Received) -> ControlFlow<()>,
    ) -> (usize, ControlFlow<()>) {
        let mut used = 0;
        let mut flow = ControlFlow::Continue(());
        let mut lent = None;
        while flow.is_continue()
            && !self.ended
            && let Some(frame) = bytes
                .get(used..)
                .and_then(|rest| Whole::first(rest, bounds))
        {
            used += frame.bytes.len();
            let Fragmented { context, frames } = lent
                .take()
                .or_else(|| self.fragmented.take())
                .unwrap_or_else(|| Fragmented {
                    context: pool::context(bounds),
                    frames: 0,
                });
            let mut turn = Fragmented {
                context,
                frames: frames + usize::from(frame.is_data),
            };
            let received = turn.receive(&frame, bounds);
            if frame.is_data && frame.is_final {
                turn.frames = 0;
            }
            self.ended = matches!(received, Some(Received::Closed(..) | Received::Broken(_)));
            if !self.ended {
                lent = Some(turn);
            }
            if let Some(received) = received {
                // Handlers run in here, so nothing of the thread may be borrowed meanwhile.
                flow = each(received);
            }
        }
        match lent {
            Some(Fragmented { context, frames: 0 }) => pool::put_back(context),
            inside => self.fragmented = inside.or_else(|| self.fragmented.take()),
        }
        (used, flow)
    }
}

/// A frame that is there from its first byte to its last, or as much as it takes to refuse it.
struct Whole<'a> {
    bytes: &'a [u8],
    is_data: bool,
    is_final: bool,
}

impl<'a> Whole<'a> {
    fn first(bytes: &'a [u8], bounds: Bounds) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let (header, length) = match FrameHeader::parse(&mut cursor) {
            Ok(header) => header?,
            // The context finds the same fault.
            Err(_) => return Some(Self::faulty(bytes)),
        };
        if length > bounds.frame as u64 {
            return Some(Self::faulty(bytes));
        }
        let end = usize::try_from(cursor.position() + length).ok()?;
        Some(Self {
            bytes: bytes.get(..end)?,
            is_data: matches!(header.opcode, OpCode::Data(_)),
            is_final: header.is_final,
        })
    }

    fn faulty(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            is_data: true,
            is_final: false,
        }
    }
}

impl Fragmented {
    /// Lets the library read one frame. `None` where it is a fragment, and more belongs to it.
    fn receive(&mut self, frame: &Whole<'_>, bounds: Bounds) -> Option<Received> {
        if self.frames > bounds.fragments {
            return Some(broken(
                CloseCode::TOO_LARGE,
                format!("a message has at most {} frames", bounds.fragments),
            ));
        }
        let mut wire = Wire {
            input: frame.bytes,
            output: Vec::new(),
        };
        Some(match self.context.read(&mut wire) {
            Ok(Message::Text(text)) => Received::Text(text),
            Ok(Message::Ping(_)) => {
                // The library answers with its next write, which would be that of another connection.
                drop(self.context.flush(&mut wire));
                Received::Control(Some(wire.output.into()))
            }
            Ok(Message::Pong(_) | Message::Frame(_)) => Received::Control(None),
            Ok(Message::Binary(_)) => broken(CloseCode::UNSUPPORTED, "messages are text"),
            Ok(Message::Close(frame)) => {
                // This also flushes. It fails because the connection is closed now.
                drop(self.context.flush(&mut wire));
                // RFC 6455, section 7.1.5: without a frame no code was given, and the connection is closed all the same.
                let close = frame.map_or_else(Close::normal, |frame| {
                    Close::new(
                        CloseCode::received(frame.code.into()),
                        frame.reason.to_string(),
                    )
                });
                Received::Closed(close, wire.output.into())
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return None,
            Err(error) => failed(&error),
        })
    }
}

fn failed(error: &Error) -> Received {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => broken(
            CloseCode::TOO_LARGE,
            format!("a message has at most {max_size} bytes"),
        ),
        Error::Utf8(_) => broken(CloseCode::INVALID_DATA, "a text message is UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Received::Lost,
        Error::Protocol(error) => broken(CloseCode::PROTOCOL, error.to_string()),
        error => broken(CloseCode::PROTOCOL, error.to_string()),
    }
}

fn broken(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Received {
    Received::Broken(Close::new(code, reason))
}

/// What a context reads and writes: the bytes of one frame, and what answers it.
struct Wire<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // No bytes would mean the end of the stream.
        match self.input.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            read => Ok(read),
        }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
