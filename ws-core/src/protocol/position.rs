use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// Where a channel's log stands: the number of its last message, and the random number of the publication that wrote it.
///
/// A position is valid as long as that very publication is still in the log. The random part is what tells a log that was
/// lost or rewound, and then grew past the same number again, from the log that the position was taken from. On the wire
/// it is opaque: 16 bytes in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    /// The number of the message. Contiguous within a log; a new log starts above every older one of its name.
    pub(crate) seq: u64,
    /// Drawn by the publisher.
    pub(crate) nonce: u64,
}

/// Publications that a node gave its members before the log had them, because the cluster was away: so many, with
/// consecutive random parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Early {
    /// The random part of the first.
    pub(crate) first: u64,
    pub(crate) count: u32,
}

/// What a client has seen of a channel: everything up to a position, and what it was given early behind that. On the wire it
/// is a position like any other: 16 bytes, and 12 more where something was early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) at: Position,
    pub(crate) early: Option<Early>,
}

impl Early {
    /// Whether the publication of this random part is one of them.
    pub(crate) fn has(self, nonce: u64) -> bool {
        nonce.wrapping_sub(self.first) < u64::from(self.count)
    }

    /// The random part of the last one.
    pub(crate) fn last(self) -> u64 {
        self.first
            .wrapping_add(u64::from(self.count).wrapping_sub(1))
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
        let mut bytes = [0; 28];
        bytes[..8].copy_from_slice(&self.at.seq.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.at.nonce.to_be_bytes());
        let length = match self.early {
            None => 16,
            Some(early) => {
                bytes[16..24].copy_from_slice(&early.first.to_be_bytes());
                bytes[24..].copy_from_slice(&early.count.to_be_bytes());
                28
            }
        };
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&bytes[..length]))
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
        let early = match early.split_at_checked(8) {
            None if early.is_empty() => None,
            None => return None,
            Some((first, count)) => Some(Early {
                first: number(first)?,
                count: u32::from_be_bytes(count.try_into().ok()?),
            }),
        };
        let at = Position {
            seq: number(&at[..8])?,
            nonce: number(&at[8..])?,
        };
        Some(Self { at, early })
    }
}
