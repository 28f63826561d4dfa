//! Enums with data, in all styles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Inner {
    a: u8,
    b: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum External {
    Unit,
    Newtype(Inner),
    Number(u8),
    Tuple(u8, String),
    Struct { x: f64, y: Option<bool> },
    EmptyTuple(),
    EmptyStruct {},
    List(Vec<u16>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ExternalDocumented {
    /// Nothing.
    Unit,
    /// An inner.
    Newtype(Inner),
    Other,
    /// A struct.
    Struct {
        /// X.
        x: f64,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ExternalOfOption {
    A(Option<u8>),
    B(Option<Inner>),
    C(()),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum Internal {
    Unit,
    Newtype(Inner),
    Struct { x: f64, y: Option<bool> },
    Empty {},
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum InternalDocumented {
    /// Nothing.
    FirstCase,
    /// An inner.
    SecondPart(Inner),
    ThirdThing {
        /// X.
        long_name: u8,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum InternalOfEnums {
    A(External),
    B(Internal2),
    C(Adjacent),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub(crate) enum Internal2 {
    One { a: u8 },
    Two,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum InternalOfMap {
    Scores {
        scores: std::collections::BTreeMap<String, u8>,
    },
    Nothing,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Unit,
    Newtype(Inner),
    Tuple(u8, String),
    Struct { x: f64 },
    Number(u32),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum AdjacentOption {
    Optional(Option<u8>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "t",
    content = "c",
    rename_all = "UPPERCASE",
    deny_unknown_fields
)]
pub(crate) enum AdjacentStrict {
    /// Nothing.
    Unit,
    /// A struct.
    Struct { x: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(u8),
    Text(String),
    Struct { x: u8 },
    Inner(Inner),
    List(Vec<bool>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nothing;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Braces {}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum InternalOfUnits {
    Struct(Nothing),
    Tuple(()),
    Braces(Braces),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum AdjacentOfUnits {
    Struct(Nothing),
    Tuple(()),
    Braces(Braces),
    Inner(Option<Inner>),
    Value(serde_json::Value),
    Both(Option<u8>, Option<u8>),
    Fields { a: Option<u8> },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UntaggedOptional {
    Optional { a: Option<u8>, b: Option<String> },
    Required { c: u8 },
    Map(std::collections::BTreeMap<String, bool>),
    Nothing(Nothing),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UntaggedOverlap {
    Small(u8),
    Large(i32),
    Float(f64),
    Id(uuid::Uuid),
    Text(String),
    Pair(u8, String),
    Any(Vec<serde_json::Value>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "data")]
pub(crate) enum AdjacentOther {
    Known(u8),
    #[serde(alias = "former")]
    Renamed(u8),
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub(crate) enum InternalAlias {
    #[serde(alias = "former")]
    Renamed {
        #[serde(alias = "aa")]
        a: u8,
        #[serde(alias = "bb")]
        b: Option<u8>,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UntaggedWithUnit {
    Nothing,
    Flag(bool),
    Pair(u8, u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum UntaggedEnums {
    External(External),
    Internal(Internal),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum WithUntaggedVariant {
    A {
        a: u8,
    },
    #[serde(untagged)]
    Other {
        b: String,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Skipping {
    Kept,
    #[serde(skip)]
    Hidden,
    Value(#[serde(default)] u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) struct TaggedStruct {
    a: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", deny_unknown_fields)]
pub(crate) enum InternalStrict {
    Unit,
    Struct { x: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) enum ExternalStrict {
    Unit,
    Struct { x: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Single {
    Only { x: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum RenamedVariants {
    #[serde(rename = "a-b")]
    Dashed(u8),
    #[serde(rename = "__proto__")]
    Proto(u8),
    #[serde(rename = "constructor")]
    Constructor,
    #[serde(alias = "former")]
    Present(u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Holder {
    external: External,
    internals: Vec<Internal>,
    adjacent: Option<Adjacent>,
    outcome: Result<u8, String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum WithOther {
    Known {
        a: u8,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Never {}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MaybeNever {
    never: Option<Never>,
    none: Vec<Never>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-ws-open" = true))]
pub(crate) enum Open {
    Online,
    Away,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-ws-other" = true))]
pub(crate) enum Other {
    Known,
    AlsoKnown,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum InternalOfFloats {
    Single { single: f32, more: Vec<f32> },
    Double { double: f64 },
}

keep!(
    "tagging":
    InternalOfFloats, External, ExternalDocumented, ExternalOfOption, Internal, InternalDocumented, InternalOfEnums,
    InternalOfMap, Adjacent, AdjacentOption, AdjacentStrict, Untagged, UntaggedWithUnit, UntaggedEnums,
    WithUntaggedVariant, Skipping, TaggedStruct, InternalStrict, ExternalStrict, Single, RenamedVariants,
    InternalOfUnits, AdjacentOfUnits, UntaggedOptional, UntaggedOverlap, AdjacentOther, InternalAlias,
    Holder, WithOther, Never, MaybeNever, Open, Other,
);
