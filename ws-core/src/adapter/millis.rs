//! Durations as whole milliseconds.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use super::{MAX_SAFE_INTEGER, describe};

/// Serializes a [`Duration`] as a whole number of milliseconds, which is a `number` in TypeScript.
///
/// Anything finer is truncated. Durations of more than 2^53 - 1 milliseconds (285,000 years) are refused.
#[derive(Debug)]
pub struct Millis;

impl SerializeAs<Duration> for Millis {
    fn serialize_as<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        match u64::try_from(value.as_millis()) {
            Ok(millis) if millis <= MAX_SAFE_INTEGER => serializer.serialize_u64(millis),
            _ => Err(S::Error::custom(TOO_LONG)),
        }
    }
}

impl<'de> DeserializeAs<'de, Duration> for Millis {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let millis = u64::deserialize(deserializer)?;
        if millis > MAX_SAFE_INTEGER {
            return Err(D::Error::custom(TOO_LONG));
        }
        Ok(Duration::from_millis(millis))
    }
}

const TOO_LONG: &str = "the duration is longer than 2^53 - 1 milliseconds";

describe!(Duration as Millis: {
    "type": "integer", "format": "uint64", "minimum": 0, "maximum": MAX_SAFE_INTEGER,
});
