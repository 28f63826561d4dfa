//! What waits in a queue as one piece: a message, or several that were written one after the other.

use bytes::Bytes;

use super::Encoded;
use crate::event::WhenSlow;

/// Complete frames, cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct EncodedFrames {
    bytes: Bytes,
    messages: usize,
    payload: usize,
    when_slow: WhenSlow,
}

impl EncodedFrames {
    /// So many messages, with so many bytes of payload together.
    pub(super) fn new(bytes: Bytes, messages: usize, payload: usize, when_slow: WhenSlow) -> Self {
        Self {
            bytes,
            messages,
            payload,
            when_slow,
        }
    }

    /// What is written to the socket.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// The bytes of all payloads.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    /// What happens to them where their receiver is slow.
    pub(crate) fn when_slow(&self) -> WhenSlow {
        self.when_slow
    }
}

impl From<Encoded> for EncodedFrames {
    fn from(message: Encoded) -> Self {
        let (payload, when_slow) = (message.len(), message.when_slow());
        Self::new(message.into_frame(), 1, payload, when_slow)
    }
}

/// For tests, which look at what would be written.
#[cfg(test)]
impl EncodedFrames {
    /// The messages, one by one.
    pub(crate) fn split(self) -> Vec<Encoded> {
        use tungstenite::protocol::frame::FrameHeader;

        let mut messages = Vec::new();
        let mut rest = self.bytes;
        while !rest.is_empty() {
            let (_, payload) = FrameHeader::parse(&mut std::io::Cursor::new(&rest))
                .unwrap()
                .unwrap();
            let payload = usize::try_from(payload).unwrap();
            let header = match payload {
                0..126 => 2,
                126..65_536 => 4,
                _ => 10,
            };
            let frame = rest.split_to(usize::from(header) + payload);
            messages.push(Encoded::written(frame, header, self.when_slow));
        }
        messages
    }
}
