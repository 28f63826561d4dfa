//! The text of an event, as it goes from node to node: without the frame that each client's connection puts around it.

use bytes::{Bytes, BytesMut};

use crate::event::WhenSlow;

/// The text of an event, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    bytes: Bytes,
    when_slow: WhenSlow,
    ephemeral: bool,
}

/// The same, lent by whoever has written it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lent<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) when_slow: WhenSlow,
    pub(crate) ephemeral: bool,
}

impl Lent<'_> {
    /// A copy at the end of memory that it shares with others, if there is any.
    pub(crate) fn copy_to(self, memory: &mut BytesMut) -> Text {
        memory.extend_from_slice(self.bytes);
        let bytes = memory.split().freeze();
        Text::new(bytes, self.when_slow, self.ephemeral)
    }
}

impl Text {
    /// The text that another node has written. `None` where that is no text.
    #[cfg(feature = "redis")]
    pub(crate) fn of(bytes: Bytes, when_slow: WhenSlow) -> Option<Self> {
        str::from_utf8(&bytes).ok()?;
        Some(Self {
            bytes,
            when_slow,
            ephemeral: false,
        })
    }

    pub(super) fn new(bytes: Bytes, when_slow: WhenSlow, ephemeral: bool) -> Self {
        Self {
            bytes,
            when_slow,
            ephemeral,
        }
    }

    /// The same text in memory of its own, for when it may be kept long after those that share its memory.
    pub(crate) fn apart(&self) -> Self {
        Self {
            bytes: Bytes::copy_from_slice(&self.bytes),
            ..*self
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// In bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What happens to it where its receiver is slow.
    pub(crate) fn when_slow(&self) -> WhenSlow {
        self.when_slow
    }

    /// Whether it goes past the log of a channel.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.ephemeral
    }
}

/// For tests, which write events by hand.
#[cfg(test)]
impl Text {
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap()
    }
}

/// For tests, which write events by hand.
#[cfg(test)]
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(text.into(), WhenSlow::default(), false)
    }
}
