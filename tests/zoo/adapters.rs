//! Fields that travel in a form that was chosen.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_with::serde_as;
use ws_core::adapter::{Base64, ByteNumbers, IntSafe, IntString, JsDate, NullableFloat};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Strings {
    #[serde_as(as = "IntString")]
    unsigned: u64,
    #[serde_as(as = "IntString")]
    signed: i64,
    #[serde_as(as = "IntString")]
    wide: u128,
    #[serde_as(as = "IntString")]
    nonzero: NonZeroU64,
    #[serde_as(as = "Option<IntString>")]
    optional: Option<u64>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct InContainers {
    #[serde_as(as = "Vec<IntString>")]
    list: Vec<u64>,
    #[serde_as(as = "BTreeMap<_, IntString>")]
    map: BTreeMap<String, i64>,
    #[serde_as(as = "(_, IntString)")]
    pair: (u8, i128),
    #[serde_as(as = "Vec<Option<IntString>>")]
    options: Vec<Option<u64>>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Safe {
    #[serde_as(as = "IntSafe")]
    unsigned: u64,
    #[serde_as(as = "IntSafe")]
    signed: i64,
    #[serde_as(as = "IntSafe")]
    size: usize,
    #[serde_as(as = "Option<IntSafe>")]
    optional: Option<u64>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Blobs {
    #[serde_as(as = "Base64")]
    vec: Vec<u8>,
    #[serde_as(as = "Base64")]
    bytes: Bytes,
    #[serde_as(as = "Base64")]
    array: [u8; 4],
    #[serde_as(as = "Option<Base64>")]
    optional: Option<Vec<u8>>,
    #[serde_as(as = "ByteNumbers")]
    numbers: Vec<u8>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Dates {
    #[serde_as(as = "JsDate")]
    at: DateTime<Utc>,
    #[serde_as(as = "Option<JsDate>")]
    until: Option<DateTime<Utc>>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Loose {
    #[serde_as(as = "NullableFloat")]
    double: f64,
    #[serde_as(as = "Vec<NullableFloat>")]
    singles: Vec<f32>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BigId(#[serde_as(as = "IntString")] u64);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BigIds {
    id: BigId,
    more: Vec<BigId>,
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub(crate) enum Change {
    Moved {
        #[serde_as(as = "IntString")]
        by: i64,
    },
    Named {
        by: String,
    },
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Amount {
    Unknown,
    Exact(#[serde_as(as = "IntString")] u64),
    Since {
        #[serde_as(as = "JsDate")]
        at: DateTime<Utc>,
    },
}

#[serde_as]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TreeOfIds {
    #[serde_as(as = "IntString")]
    id: u64,
    children: Vec<TreeOfIds>,
}

keep!(
    "adapters":
    Strings, InContainers, Safe, Blobs, Dates, Loose, BigId, BigIds, Change, Amount, TreeOfIds,
);
