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

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.seq.to_be_bytes());
        bytes[8..].copy_from_slice(&self.nonce.to_be_bytes());
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        let Some(bytes) = bytes else {
            return Err(D::Error::custom("not a position"));
        };
        let number = u128::from_be_bytes(bytes);
        Ok(Self {
            seq: (number >> 64) as u64,
            nonce: number as u64,
        })
    }
}
