//! Members that stand beside others.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Inner {
    x: u8,
    y: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Second {
    z: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Plain {
    A,
    B(u8),
    C { c: u8 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Documented {
    /// Nothing.
    A,
    /// A number.
    B(u8),
    /// Nothing either.
    D,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Units {
    One,
    Two,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum DocumentedUnits {
    /// The first.
    One,
    /// The second.
    Two,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum Internal {
    A,
    B { b: u8 },
    C(Second),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    A,
    B(u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Untagged {
    A { a: u8 },
    B { b: String },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfStruct {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfTwo {
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    second: Second,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfNested {
    id: u8,
    #[serde(flatten)]
    two: OfTwo,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfOption {
    id: u8,
    #[serde(flatten)]
    second: Option<Second>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfMap {
    id: u8,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfTypedMap {
    id: String,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfPlain {
    id: u8,
    #[serde(flatten)]
    plain: Plain,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfDocumented {
    id: u8,
    #[serde(flatten)]
    documented: Documented,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfUnits {
    id: u8,
    #[serde(flatten)]
    units: Units,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfDocumentedUnits {
    id: u8,
    #[serde(flatten)]
    units: DocumentedUnits,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfInternal {
    id: u8,
    #[serde(flatten)]
    internal: Internal,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfAdjacent {
    id: u8,
    #[serde(flatten)]
    adjacent: Adjacent,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfUntagged {
    id: u8,
    #[serde(flatten)]
    untagged: Untagged,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfOptionalEnum {
    id: u8,
    #[serde(flatten)]
    plain: Option<Plain>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfTwoEnums {
    #[serde(flatten)]
    plain: Plain,
    #[serde(flatten)]
    internal: Internal,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum InVariant {
    A {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    },
    B {
        #[serde(flatten)]
        adjacent: Adjacent,
    },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenamedOutside {
    some_id: u8,
    #[serde(flatten)]
    second: Second,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfEverything {
    #[serde(flatten)]
    nested: OfEnumInside,
    #[serde(flatten)]
    rest: BTreeMap<String, Text>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfEnumAndAnything {
    #[serde(flatten)]
    internal: Internal,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OfEnumInside {
    name: String,
    #[serde(flatten)]
    internal: Internal,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Text {
    Number(f64),
    Text(String),
}

keep!(
    "flatten":
    OfEverything, OfEnumAndAnything,
    OfStruct, OfTwo, OfNested, OfOption, OfMap, OfTypedMap, OfPlain, OfDocumented, OfUnits, OfDocumentedUnits,
    OfInternal, OfAdjacent, OfUntagged, OfOptionalEnum, OfTwoEnums, InVariant, RenamedOutside,
);
