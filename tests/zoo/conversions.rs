//! Types that look like others, and words about types.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Transparent {
    value: Plain,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Plain {
    /// A number, in a comment that ends: */ `${x}` @deprecated
    a: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Plain", into = "Plain")]
pub(crate) struct Converted {
    b: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
pub(crate) struct Checked {
    even: u8,
}

/// Two words, `a` and `b`.
///
/// @see nothing */
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[deprecated]
pub(crate) struct Old {
    /// It is no longer used.
    #[deprecated]
    field: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct With {
    #[serde(with = "as_text")]
    #[schemars(with = "String")]
    number: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Foreign")]
pub(crate) struct ForeignDef {
    a: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Remote {
    #[serde(with = "ForeignDef")]
    foreign: Foreign,
}

#[derive(Debug)]
pub(crate) struct Foreign {
    a: u8,
}

impl From<Plain> for Converted {
    fn from(plain: Plain) -> Self {
        Self { b: plain.a }
    }
}

impl From<Converted> for Plain {
    fn from(converted: Converted) -> Self {
        Self { a: converted.b }
    }
}

impl TryFrom<u8> for Checked {
    type Error = &'static str;

    fn try_from(even: u8) -> Result<Self, Self::Error> {
        Ok(Self { even })
    }
}

impl From<Checked> for u8 {
    fn from(checked: Checked) -> Self {
        checked.even
    }
}

mod as_text {
    use super::*;

    pub(super) fn serialize<S: serde::Serializer>(
        value: &impl fmt::Display,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("not a number"))
    }
}

keep!(
    "conversions":
    Transparent, Converted, Checked, Old, With, Remote,
);
