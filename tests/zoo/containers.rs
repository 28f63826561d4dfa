//! Lists, tuples, sets and maps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use ws_core::adapter::KeyedMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keep;

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RoomId(String);

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Key {
    First,
    Second,
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) enum DocumentedKey {
    /// The first.
    First,
    /// The second.
    Second,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Lists {
    strings: Vec<String>,
    nested: Vec<Vec<u16>>,
    queue: VecDeque<bool>,
    options: Vec<Option<u16>>,
    optional: Option<Vec<i32>>,
    boxed: Box<[f64]>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sets {
    hashed: HashSet<String>,
    sorted: BTreeSet<u16>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Arrays {
    three: [u8; 3],
    one: [bool; 1],
    none: [u8; 0],
    twenty: [u8; 20],
    grid: [[f32; 2]; 2],
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tuples {
    one: (u8,),
    two: (u8, String),
    nested: (u8, (bool, Option<u8>)),
    listed: Vec<(String, f64)>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TupleStruct(u8, String, Option<bool>);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListStruct(Vec<String>);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MapStruct(BTreeMap<String, u8>);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Maps {
    by_string: HashMap<String, u8>,
    nested: BTreeMap<String, BTreeMap<String, bool>>,
    of_options: BTreeMap<String, Option<u8>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NumberMaps {
    signed: BTreeMap<i32, u8>,
    unsigned: BTreeMap<u32, u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WideKeys {
    signed: BTreeMap<i64, String>,
    unsigned: BTreeMap<u64, String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct EnumMaps {
    plain: BTreeMap<Key, u8>,
    #[schemars(with = "KeyedMap<DocumentedKey, u8>")]
    documented: BTreeMap<DocumentedKey, u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RoomMaps {
    by_room: BTreeMap<RoomId, u8>,
    #[schemars(with = "KeyedMap<RoomId, u8>")]
    keyed: BTreeMap<RoomId, u8>,
    #[schemars(with = "Option<KeyedMap<Key, u8>>")]
    by_key: Option<BTreeMap<Key, u8>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OtherKeys {
    #[schemars(with = "KeyedMap<char, u8>")]
    by_letter: BTreeMap<char, u8>,
    #[schemars(with = "KeyedMap<uuid::Uuid, u8>")]
    by_uuid: BTreeMap<uuid::Uuid, u8>,
    #[schemars(with = "KeyedMap<bool, u8>")]
    by_flag: BTreeMap<bool, u8>,
}

keep!(
    "containers":
    Lists, Sets, Arrays, Tuples, TupleStruct, ListStruct, MapStruct, Maps, NumberMaps, WideKeys, EnumMaps,
    RoomMaps, OtherKeys,
);
