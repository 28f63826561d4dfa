//! Integers of 64 bits as numbers that JavaScript holds exactly.

use std::convert::identity;
use std::num::{NonZeroU64, NonZeroUsize};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use super::{MAX_SAFE_INTEGER, describe};

/// Serializes 64-bit integers as numbers, and refuses those that JavaScript would round.
///
/// Integers beyond 2^53 - 1 are refused in both directions. It suits counts and sizes. For an id that may be any
/// integer, use [`IntString`](super::IntString).
#[derive(Debug)]
pub struct IntSafe;

/// The largest safe integer, as the schemas have it.
const MOST: u64 = MAX_SAFE_INTEGER;
/// The least one.
const LEAST: i64 = -(MAX_SAFE_INTEGER as i64);

macro_rules! integer {
    ($($type:ty: $format:literal, $least:expr, $plain:path;)*) => {
        $(
            impl SerializeAs<$type> for IntSafe {
                fn serialize_as<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                    if !is_safe($plain(*value)) {
                        return Err(S::Error::custom(unsafe_integer(value)));
                    }
                    value.serialize(serializer)
                }
            }

            impl<'de> DeserializeAs<'de, $type> for IntSafe {
                fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                    let value = <$type>::deserialize(deserializer)?;
                    if !is_safe($plain(value)) {
                        return Err(D::Error::custom(unsafe_integer(&value)));
                    }
                    Ok(value)
                }
            }

            describe!($type as IntSafe: {
                "type": "integer", "format": $format, "minimum": $least, "maximum": MOST,
            });
        )*
    };
}

integer! {
    i64: "int64", LEAST, identity;
    isize: "int64", LEAST, identity;
    u64: "uint64", 0, identity;
    usize: "uint64", 0, identity;
    NonZeroU64: "uint64", 1, NonZeroU64::get;
    NonZeroUsize: "uint64", 1, NonZeroUsize::get;
}

fn is_safe(value: impl TryInto<i128>) -> bool {
    let value = value.try_into().ok();
    value.is_some_and(|value| value.unsigned_abs() <= u128::from(MAX_SAFE_INTEGER))
}

fn unsafe_integer(value: &dyn std::fmt::Display) -> String {
    format!("the integer {value} is beyond 2^53 - 1, and JavaScript would round it")
}
