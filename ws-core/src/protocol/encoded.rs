//! A message as one frame of RFC 6455, written once and shared by all that receive it.

use bytes::{Buf, Bytes};
use serde::Serialize;
use serde_json::Error;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

use super::{Close, Text, encode};
use crate::event::WhenSlow;

/// The longest header of a frame that is not masked (RFC 6455, section 5.2).
pub(super) const LONGEST_HEADER: usize = 10;

/// The most bytes of a message that are kept without being used.
const MOST_UNUSED: usize = 256;

/// A complete frame, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    frame: Bytes,
    header: u8,
    when_slow: WhenSlow,
    ephemeral: bool,
}

impl Encoded {
    /// A text message whose payload this closure writes.
    pub(super) fn text<E>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Self, E> {
        // The header is written last, when the length is known, right before the payload.
        let mut bytes = Vec::with_capacity(MOST_UNUSED);
        bytes.extend_from_slice(&[0; LONGEST_HEADER]);
        write(&mut bytes)?;
        let length = (bytes.len() - LONGEST_HEADER) as u64;
        let header = text_header();
        let size = header.len(length);
        let start = LONGEST_HEADER - size;
        if let Some(mut place) = bytes.get_mut(start..LONGEST_HEADER) {
            // Cannot fail: the slice has the size of the header.
            drop(header.format(length, &mut place));
        }
        // It may wait in many queues for a long time.
        if bytes.capacity() - bytes.len() > MOST_UNUSED {
            bytes.shrink_to_fit();
        }
        Ok(Self {
            frame: Bytes::from(bytes).slice(start..),
            header: u8::try_from(size).unwrap_or_default(),
            when_slow: WhenSlow::default(),
            ephemeral: false,
        })
    }

    /// A text message in JSON.
    pub(super) fn json<T: Serialize>(message: &T) -> Result<Self, Error> {
        Self::text(|bytes| encode::write(bytes, message))
    }

    /// A text message that was [written](write_text) before: its frame, and how long the frame's header is.
    pub(super) fn written(frame: Bytes, header: u8, when_slow: WhenSlow) -> Self {
        Self {
            frame,
            header,
            when_slow,
            ephemeral: false,
        }
    }

    /// A ping without payload, which the WebSocket library of every client answers.
    pub(crate) fn ping_frame() -> Self {
        Self::control(Frame::ping(Bytes::new()))
    }

    /// The frame that closes a connection.
    pub(crate) fn close_frame(close: &Close) -> Self {
        let code = close.code().sent();
        Self::control(Frame::close(Some(CloseFrame {
            code: code.number().into(),
            reason: close.reason().into(),
        })))
    }

    fn control(frame: Frame) -> Self {
        let mut bytes = Vec::with_capacity(frame.len());
        // Writing to a vector cannot fail.
        drop(frame.format(&mut bytes));
        Self::raw(bytes)
    }

    /// A frame that was written before.
    pub(crate) fn raw(frame: impl Into<Bytes>) -> Self {
        Self {
            frame: frame.into(),
            header: 0,
            when_slow: WhenSlow::default(),
            ephemeral: false,
        }
    }

    /// The same message with another policy for slow receivers.
    pub(crate) fn with_when_slow(self, when_slow: WhenSlow) -> Self {
        Self { when_slow, ..self }
    }

    /// The same message, which goes past the log of a channel or not.
    pub(crate) fn with_ephemeral(self, ephemeral: bool) -> Self {
        Self { ephemeral, ..self }
    }

    /// The same message in memory of its own.
    pub(crate) fn apart(&self) -> Self {
        Self {
            frame: Bytes::copy_from_slice(&self.frame),
            ..*self
        }
    }

    /// The text alone.
    pub(crate) fn into_text(self) -> Text {
        let mut bytes = self.frame;
        bytes.advance(usize::from(self.header));
        Text::new(bytes, self.when_slow, self.ephemeral)
    }

    /// What happens to it where its receiver is slow.
    pub(crate) fn when_slow(&self) -> WhenSlow {
        self.when_slow
    }

    /// The length of its payload in bytes.
    pub(crate) fn len(&self) -> usize {
        self.payload().len()
    }

    /// The payload, which is text in UTF-8.
    pub(crate) fn payload(&self) -> &[u8] {
        self.frame
            .get(usize::from(self.header)..)
            .unwrap_or_default()
    }

    /// What is written to the socket.
    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The same, with its memory.
    pub(super) fn into_frame(self) -> Bytes {
        self.frame
    }
}

/// Appends a text message of these parts, in one frame. Returns the length of the frame's header.
pub(super) fn write_text(parts: &[&[u8]], bytes: &mut Vec<u8>) -> u8 {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let header = text_header();
    let size = header.len(length as u64);
    bytes.reserve(size + length);
    // Writing to a vector cannot fail.
    drop(header.format(length as u64, bytes));
    for part in parts {
        bytes.extend_from_slice(part);
    }
    u8::try_from(size).unwrap_or_default()
}

/// The header of a text message in one frame, whatever its length.
fn text_header() -> FrameHeader {
    FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    }
}

#[cfg(test)]
impl Encoded {
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.payload()).unwrap()
    }
}

/// For tests, which write messages by hand.
#[cfg(test)]
impl From<String> for Encoded {
    fn from(text: String) -> Self {
        let written = Self::text(|bytes| {
            bytes.extend_from_slice(text.as_bytes());
            Ok::<_, std::convert::Infallible>(())
        });
        written.unwrap_or_else(|impossible| match impossible {})
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::CloseCode;
    use super::*;

    #[test]
    fn a_code_that_stands_for_a_lost_connection_is_never_on_the_wire() {
        for code in (0..5000).map(CloseCode::received) {
            let frame = Encoded::close_frame(&Close::new(code, ""));
            let number = code.number();
            let sent = match number {
                1005 | 1006 | 1015 => 1011,
                number => number,
            };
            assert_eq!(frame.frame()[2..], u16::to_be_bytes(sent), "{number}");
        }
    }

    #[test]
    fn a_text_has_the_header_of_its_length() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let encoded = Encoded::from("x".repeat(length));
            let mut cursor = Cursor::new(encoded.frame());
            let (header, found) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!(header.opcode, OpCode::Data(Data::Text));
            assert!(header.is_final);
            assert_eq!(found, length as u64);
            assert_eq!(
                encoded.frame().len() as u64,
                cursor.position() + length as u64
            );
            assert_eq!(encoded.payload(), "x".repeat(length).as_bytes());
        }
    }
}
