//! Integers of any size as decimal strings.

use std::fmt;
use std::num::{NonZeroI64, NonZeroI128, NonZeroU64, NonZeroU128, NonZeroUsize};

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};

use super::describe;

/// Serializes integers as decimal strings, which can represent every value and are `bigint` in TypeScript.
///
/// A string is refused if it is not written exactly as the number would be serialized: `"007"`, `"+7"`, `"-0"`. A JSON
/// number is refused, too.
#[derive(Debug)]
pub struct IntString;

macro_rules! integer {
    ($($type:ty: $format:literal, $pattern:literal;)*) => {
        $(
            impl SerializeAs<$type> for IntString {
                fn serialize_as<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(value)
                }
            }

            impl<'de> DeserializeAs<'de, $type> for IntString {
                fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                    struct Text;
                    impl Visitor<'_> for Text {
                        type Value = $type;

                        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                            f.write_str(concat!("a string that holds an integer of type ", stringify!($type)))
                        }

                        fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                            let integer = text.parse().ok().filter(|integer: &$type| integer.to_string() == text);
                            integer.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
                        }
                    }
                    deserializer.deserialize_str(Text)
                }
            }

            describe!($type as IntString: {
                "type": "string", "pattern": $pattern, "format": $format, "x-ws-codec": "bigint",
            });
        )*
    };
}

integer! {
    i8: "int8", "^(0|-?[1-9][0-9]*)$";
    i16: "int16", "^(0|-?[1-9][0-9]*)$";
    i32: "int32", "^(0|-?[1-9][0-9]*)$";
    i64: "int64", "^(0|-?[1-9][0-9]*)$";
    isize: "int64", "^(0|-?[1-9][0-9]*)$";
    i128: "int128", "^(0|-?[1-9][0-9]*)$";
    u8: "uint8", "^(0|[1-9][0-9]*)$";
    u16: "uint16", "^(0|[1-9][0-9]*)$";
    u32: "uint32", "^(0|[1-9][0-9]*)$";
    u64: "uint64", "^(0|[1-9][0-9]*)$";
    usize: "uint64", "^(0|[1-9][0-9]*)$";
    u128: "uint128", "^(0|[1-9][0-9]*)$";
    NonZeroI64: "int64", "^-?[1-9][0-9]*$";
    NonZeroI128: "int128", "^-?[1-9][0-9]*$";
    NonZeroU64: "uint64", "^[1-9][0-9]*$";
    NonZeroUsize: "uint64", "^[1-9][0-9]*$";
    NonZeroU128: "uint128", "^[1-9][0-9]*$";
}
