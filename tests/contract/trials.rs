//! What only trying tells: lengths in other units, limits that do not reach the schema, keys that were forgotten.

use std::collections::BTreeMap;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_core::WsEvent;
use ws_core::adapter::KeyedMap;

use crate::problems;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "none")]
enum Silence {
    Said(Nothing),
}

/// A contract whose client sends these payloads.
macro_rules! sent {
    ($contract:ident: $($payload:ident),+) => {
        #[derive(Debug, WsEvent)]
        #[ws(from = "client", namespace = "sent")]
        enum Sent {
            $($payload($payload)),+
        }
        ws_core::contract!($contract = "tried" { client: Sent, server: Silence });
    };
}

/// Whether each of these problems is found, and no other.
fn assert_found(problems: &[String], expected: &[&[&str]]) {
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, parts) in problems.iter().zip(expected) {
        for part in *parts {
            assert!(problem.contains(part), "{part} is not in {problem}");
        }
    }
}

#[test]
fn a_length_that_is_not_counted_in_characters_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Bytes {
        #[garde(length(max = 10))]
        simple: String,
        #[garde(length(bytes, min = 3))]
        bytes: Option<String>,
        #[garde(length(utf16, max = 10))]
        utf16: String,
        #[garde(length(chars, max = 10))]
        chars: String,
        #[garde(length(min = 1))]
        not_empty: String,
        #[garde(inner(length(max = 4)))]
        listed: Vec<String>,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Outer {
        #[garde(dive)]
        either: Either,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    #[serde(tag = "type")]
    enum Either {
        One {
            #[garde(skip)]
            number: u8,
        },
        Other {
            #[garde(length(max = 5000))]
            text: String,
        },
    }
    sent!(Units: Bytes, Outer);
    let way_out = "`length(chars, …)`";
    assert_found(
        &problems::<Units>(),
        &[
            &[
                "of the payload of the client event `sent.bytes` at `/simple`",
                way_out,
            ],
            &["at `/bytes`", way_out],
            &["at `/utf16`", way_out],
            &["at `/listed/0`", way_out],
            &[
                "of the payload of the client event `sent.outer` at `/either/text`",
                way_out,
            ],
        ],
    );
}

#[test]
fn a_limit_that_does_not_reach_the_schema_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Within {
        #[garde(inner(length(chars, max = 3)))]
        text: Option<String>,
        #[garde(inner(range(min = 5)))]
        number: Option<u8>,
        #[garde(inner(length(max = 2)))]
        list: Option<Vec<bool>>,
        #[garde(length(chars, max = 3))]
        sound: Option<String>,
    }
    sent!(Inner: Within);
    assert_found(
        &problems::<Inner>(),
        &[
            &[
                "at `/text` has a limit that is missing from its schema",
                "on the field itself",
            ],
            &["at `/number` has a limit"],
            &["at `/list` has a limit"],
        ],
    );
}

#[test]
fn a_limit_below_a_field_that_garde_skips_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Skips {
        #[garde(skip)]
        part: Part,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
    struct Part {
        #[garde(length(chars, max = 3))]
        text: String,
    }
    sent!(Skipping: Skips);
    assert_found(
        &problems::<Skipping>(),
        &[&[
            "at `/part/text` has a limit in its schema that nothing checks",
            "#[garde(dive)]",
        ]],
    );
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
enum Documented {
    /// With a doc comment.
    One,
    /// With another.
    Other,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
struct Small(u8);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
struct Name(String);

#[test]
fn keys_that_schemars_forgets_are_refused_unless_an_adapter_keeps_them() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Maps {
        documented: BTreeMap<Documented, u8>,
        flags: Option<BTreeMap<bool, Small>>,
        letters: Vec<BTreeMap<char, String>>,
        ids: BTreeMap<uuid::Uuid, BTreeMap<String, u8>>,
        #[schemars(with = "KeyedMap<Documented, u8>")]
        kept: BTreeMap<Documented, u8>,
        names: BTreeMap<Name, u8>,
        numbers: BTreeMap<Small, u8>,
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "none")]
    enum Said {
        Maps(Maps),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "sent")]
    enum Sent {
        Maps(Maps),
    }
    ws_core::contract!(Keys = "keys" { client: Sent, server: Said });
    let way_out = "KeyedMap<";
    let of_client: [&[&str]; 4] = [
        &[
            "the client event `sent.maps`",
            "the map at `/documented` in",
            "unknown variant",
            way_out,
        ],
        &["the map at `/flags`", way_out],
        &["the map at `/letters/0`", "a character", way_out],
        &["the map at `/ids`", way_out],
    ];
    let of_server: [&[&str]; 4] = [
        &["the server event `none.maps`"],
        &["/flags"],
        &["/letters/0"],
        &["/ids"],
    ];
    assert_found(&problems::<Keys>(), &[of_client, of_server].concat());
}
