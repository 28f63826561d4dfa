//! Members that may be absent, or null, or are not there in one direction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Optional {
    a: Option<String>,
    b: Option<u8>,
    c: Option<Shade>,
    d: Option<Box<Optional>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Shade {
    Red,
    /// As the sky.
    Blue,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SkippedNone {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    b: Vec<u16>,
    c: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Defaults {
    #[serde(default)]
    a: u8,
    #[serde(default = "seven")]
    b: i32,
    #[serde(default)]
    c: Option<String>,
    #[serde(default)]
    d: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AllDefault {
    a: String,
    b: u8,
    c: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Twice {
    a: Option<Option<u8>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Double {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "serde_with::rust::double_option"
    )]
    #[schemars(with = "Option<u8>")]
    a: Option<Option<u8>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OneWay {
    #[serde(skip_serializing)]
    #[serde(default)]
    secret: String,
    #[serde(skip_deserializing)]
    computed: u8,
    #[serde(skip)]
    hidden: u8,
    plain: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CamelCase {
    first_name: String,
    #[serde(rename = "type")]
    kind: u8,
    r#for: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(crate) struct Screaming {
    first_name: String,
    last_name: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Names {
    #[serde(rename = "a-b")]
    dashed: u8,
    #[serde(rename = "__proto__")]
    proto: u8,
    #[serde(rename = "constructor")]
    constructor: u8,
    #[serde(rename = "with \"quotes\" and */")]
    quotes: u8,
    #[serde(rename = "")]
    empty: u8,
    #[serde(rename = "\u{1F600}")]
    emoji: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct InheritedName {
    #[serde(rename = "toString")]
    inherited: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(serialize = "camelCase", deserialize = "PascalCase"))]
pub(crate) struct TwoNames {
    first_name: String,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    other: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Aliased {
    #[serde(alias = "old_name", alias = "older")]
    name: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Strict {
    a: u8,
    b: Option<StrictInner>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StrictInner {
    c: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AllOptional {
    a: Option<u8>,
    #[serde(default)]
    b: bool,
}

fn seven() -> i32 {
    7
}

impl Default for AllDefault {
    fn default() -> Self {
        Self {
            a: "a */ `b`".into(),
            b: 3,
            c: Some(true),
        }
    }
}

keep!(
    "optional":
    Optional, SkippedNone, Defaults, AllDefault, Twice, Double, OneWay, CamelCase, Screaming, Names,
    InheritedName, TwoNames, Aliased, Strict, AllOptional,
);
