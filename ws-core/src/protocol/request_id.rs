//! The ids of requests.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// The id that a client gives to a request: an integer from 0 to 2^53 - 1, the integers that every JSON parser keeps
/// exactly (RFC 8259, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    const MAX: u64 = (1 << 53) - 1;

    /// The number.
    pub(crate) const fn number(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            id if id <= Self::MAX => Ok(Self(id)),
            id => Err(D::Error::custom(format_args!(
                "the id {id} is above 2^53 - 1"
            ))),
        }
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}
