//! Bytes as base64 strings, or as arrays of numbers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde_with::schemars_1::JsonSchemaAs;
use serde_with::{DeserializeAs, SerializeAs};

use super::describe;

/// Serializes bytes as a base64 string (RFC 4648, with padding), which is a `Uint8Array` in TypeScript.
///
/// It supports `Vec<u8>`, `Box<[u8]>`, `bytes::Bytes` and `[u8; N]`.
#[derive(Debug)]
pub struct Base64;

/// What [`STANDARD`] decodes: groups of four, the last one padded, its unused bits zero.
const PATTERN: &str =
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

impl<T: AsRef<[u8]>> SerializeAs<T> for Base64 {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&base64::display::Base64Display::new(
            value.as_ref(),
            &STANDARD,
        ))
    }
}

impl<'de, T: TryFrom<Vec<u8>>> DeserializeAs<'de, T> for Base64 {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: TryFrom<Vec<u8>>> Visitor<'_> for Text<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes as a base64 string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
                let bytes = STANDARD.decode(text).map_err(E::custom)?;
                let length = bytes.len();
                T::try_from(bytes).map_err(|_| E::invalid_length(length, &self))
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

macro_rules! base64 {
    ($($type:ty),*) => {
        $(describe!($type as Base64: {
            "type": "string", "pattern": PATTERN, "contentEncoding": "base64", "x-ws-codec": "bytes",
        });)*
    };
}
base64!(Vec<u8>, Box<[u8]>, bytes::Bytes);

impl<const N: usize> JsonSchemaAs<[u8; N]> for Base64 {
    fn schema_name() -> Cow<'static, str> {
        format!("Base64_of_{N}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let length = N.div_ceil(3) * 4;
        // The padding tells lengths apart that need as many groups.
        let end = match N % 3 {
            0 => "",
            1 => "[A-Za-z0-9+/][AQgw]==",
            _ => "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=",
        };
        json_schema!({
            "type": "string", "minLength": length, "maxLength": length,
            "pattern": format!("^([A-Za-z0-9+/]{{4}})*{end}$"),
            "contentEncoding": "base64", "x-ws-codec": "bytes",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Serializes bytes as an array of numbers, which is `number[]` in TypeScript.
///
/// This is what serde does by default; the adapter states that it is intended. It suits small numbers of bytes;
/// [`Base64`] is shorter.
#[derive(Debug)]
pub struct ByteNumbers;

impl<T: AsRef<[u8]>> SerializeAs<T> for ByteNumbers {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.as_ref())
    }
}

impl<'de, T: TryFrom<Vec<u8>>> DeserializeAs<'de, T> for ByteNumbers {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        let length = bytes.len();
        T::try_from(bytes).map_err(|_| D::Error::invalid_length(length, &"as many bytes as fit"))
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(describe!($type as ByteNumbers: {
            "type": "array", "x-ws-codec": "numbers",
            "items": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 },
        });)*
    };
}
numbers!(Vec<u8>, Box<[u8]>, bytes::Bytes);
