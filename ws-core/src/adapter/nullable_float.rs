//! Floats, with `null` for those that JSON cannot say.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use super::describe;

/// Serializes floats as numbers, or as `null` if JSON cannot represent them, which is `number | null` in TypeScript.
///
/// `null` is read as NaN. Without this adapter, an event with an infinite or NaN float is refused when it is sent.
#[derive(Debug)]
pub struct NullableFloat;

macro_rules! float {
    ($($type:ty: $format:literal;)*) => {
        $(
            impl SerializeAs<$type> for NullableFloat {
                fn serialize_as<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                    value.is_finite().then_some(*value).serialize(serializer)
                }
            }

            impl<'de> DeserializeAs<'de, $type> for NullableFloat {
                fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                    Ok(Option::deserialize(deserializer)?.unwrap_or(<$type>::NAN))
                }
            }

            describe!($type as NullableFloat: { "type": ["number", "null"], "format": $format });
        )*
    };
}

float! {
    f32: "float";
    f64: "double";
}
