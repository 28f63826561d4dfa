//! Positions in a channel's log, and what a client says with them that it has seen.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// The most bytes of a position on the wire.
pub(super) const LONGEST_POSITION: usize = 40;

/// Where a channel's log stands: the number of its last message, and the mark of the publication that wrote it.
///
/// A position is valid as long as that very publication is still in the log. The mark is random: it tells a log that was
/// lost or rewound, and then grew past the same number again, from the log that the position was taken from. On the wire
/// it is opaque: 16 bytes in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    /// The number of the message. Contiguous within a log; a new log starts above every older one of its name.
    pub(crate) seq: u64,
    /// Of the publication, drawn by its publisher.
    pub(crate) mark: u64,
}

/// Publications that a node gave its members before the log had them, because the cluster was away. Their marks are
/// consecutive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Early {
    /// The mark of the first.
    pub(crate) first: u64,
    pub(crate) count: u32,
    /// How many messages of the last one were given.
    pub(crate) part: u16,
}

/// What a client has seen of a channel: everything up to a position, and what it was given early behind that. On the wire it
/// is a position like any other: 16 bytes, and 14 more where something was early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) at: Position,
    pub(crate) early: Option<Early>,
}

impl Early {
    /// All messages of the publications from one to another.
    #[cfg(any(test, feature = "redis"))]
    pub(crate) fn between(first: u64, last: u64) -> Self {
        Self {
            first,
            count: u32::try_from(last.wrapping_sub(first) + 1).unwrap_or(u32::MAX),
            part: u16::MAX,
        }
    }

    /// The same up to a message of the last one.
    pub(crate) fn up_to(self, index: usize) -> Self {
        Self {
            part: u16::try_from(index + 1).unwrap_or(u16::MAX),
            ..self
        }
    }

    /// Whether a message of the publication of this mark is among them.
    pub(crate) fn has(self, mark: u64, index: usize) -> bool {
        let publication = mark.wrapping_sub(self.first);
        let last = u64::from(self.count).wrapping_sub(1);
        publication < last || (publication == last && index < usize::from(self.part))
    }

    /// Whether the last one is the publication of this mark, or an earlier one of the same node. The marks of two nodes are far
    /// apart.
    pub(crate) fn is_up_to(self, mark: u64) -> bool {
        mark.wrapping_sub(self.last()) <= u64::from(u32::MAX)
    }

    /// The mark of the last one.
    pub(crate) fn last(self) -> u64 {
        self.first
            .wrapping_add(u64::from(self.count).wrapping_sub(1))
    }
}

impl Seen {
    pub(crate) fn early(at: Position, early: Early) -> Self {
        Self {
            at,
            early: Some(early),
        }
    }
}

impl From<Position> for Seen {
    fn from(at: Position) -> Self {
        Self { at, early: None }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Seen::from(*self).serialize(serializer)
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; LONGEST_POSITION]))
    }
}

impl Seen {
    /// As it stands on the wire.
    pub(super) fn write(self, text: &mut [u8; LONGEST_POSITION]) -> &str {
        let mut bytes = [0; 30];
        bytes[..8].copy_from_slice(&self.at.seq.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.at.mark.to_be_bytes());
        let length = match self.early {
            None => 16,
            Some(early) => {
                bytes[16..24].copy_from_slice(&early.first.to_be_bytes());
                bytes[24..28].copy_from_slice(&early.count.to_be_bytes());
                bytes[28..].copy_from_slice(&early.part.to_be_bytes());
                30
            }
        };
        let written = URL_SAFE_NO_PAD.encode_slice(&bytes[..length], text);
        let written = written.ok().and_then(|length| text.get(..length));
        str::from_utf8(written.unwrap_or_default()).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let seen = URL_SAFE_NO_PAD
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| Self::read(&bytes));
        seen.ok_or_else(|| D::Error::custom("not a position"))
    }
}

impl Seen {
    fn read(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| Some(u64::from_be_bytes(bytes.try_into().ok()?));
        let (at, early) = bytes.split_at_checked(16)?;
        let early = match <[u8; 14]>::try_from(early) {
            Err(_) if early.is_empty() => None,
            Err(_) => return None,
            Ok(early) => Some(Early {
                first: number(&early[..8])?,
                count: u32::from_be_bytes(early[8..12].try_into().ok()?),
                part: u16::from_be_bytes(early[12..].try_into().ok()?),
            }),
        };
        let at = Position {
            seq: number(&at[..8])?,
            mark: number(&at[8..])?,
        };
        Some(Self { at, early })
    }
}
