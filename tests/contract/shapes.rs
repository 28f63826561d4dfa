use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ws_core::WsEvent;

use crate::{definitions, problems};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-ws-open" = true))]
enum Presence {
    Online,
    Away,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-ws-other" = true))]
enum Device {
    Phone,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum State {
    /// A unit variant with a doc comment.
    Idle,
    Busy(u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Shapes {
    presence: Presence,
    device: Device,
    wide: i32,
    single: f32,
    tags: HashSet<String>,
    by_number: BTreeMap<u64, bool>,
    outcome: Result<u8, String>,
    #[serde(flatten)]
    state: State,
}

#[derive(Debug, WsEvent)]
#[ws(from = "client", namespace = "shapes")]
enum In {
    Take(Shapes),
}

#[derive(Debug, WsEvent)]
#[ws(from = "server", namespace = "shapes")]
enum Out {
    Give(Shapes),
}

ws_core::contract!(Corrected = "corrected" { client: In, server: Out });

#[test]
fn an_enum_that_may_grow_is_open_for_those_who_read_it() {
    let definitions = definitions::<Corrected>();
    let known = json!({ "type": "string", "enum": ["Online", "Away"] });
    assert_eq!(
        definitions["Presence"],
        json!({ "anyOf": [known, { "type": "string" }], "x-ws-open": true })
    );
    assert_eq!(definitions["PresenceInput"], known);
}

#[test]
fn an_enum_with_another_variant_for_all_others_takes_every_string() {
    let definitions = definitions::<Corrected>();
    let known = json!({ "type": "string", "enum": ["Phone", "Unknown"] });
    assert_eq!(definitions["Device"], known);
    assert_eq!(
        definitions["DeviceInput"],
        json!({ "anyOf": [known, { "type": "string" }] })
    );
}

#[test]
fn a_documented_unit_variant_is_an_object_where_it_is_flattened() {
    let variants = &definitions::<Corrected>()["Shapes"]["oneOf"];
    let idle = variants
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["required"] == json!(["Idle"]));
    assert_eq!(
        idle.unwrap()["properties"],
        json!({ "Idle": { "type": "null" } })
    );
}

#[test]
fn numbers_have_the_bounds_of_their_types() {
    let properties = &definitions::<Corrected>()["Shapes"]["properties"];
    assert_eq!(properties["wide"]["minimum"], i32::MIN);
    assert_eq!(properties["wide"]["maximum"], i32::MAX);
    assert_eq!(properties["single"]["maximum"], f64::from(f32::MAX));
    assert_eq!(
        properties["by_number"]["patternProperties"],
        json!({ "^(0|[1-9][0-9]*)$": { "type": "boolean" } })
    );
}

#[test]
fn a_set_is_written_without_repetition_and_read_with_it() {
    let definitions = definitions::<Corrected>();
    assert_eq!(
        definitions["Shapes"]["properties"]["tags"]["uniqueItems"],
        true
    );
    assert!(
        definitions["ShapesInput"]["properties"]["tags"]
            .get("uniqueItems")
            .is_none()
    );
}

#[test]
fn a_result_is_one_variant_alone() {
    let definitions = definitions::<Corrected>();
    let variants = definitions["Result_of_uint8_or_string"]["oneOf"]
        .as_array()
        .unwrap();
    assert_eq!(variants.len(), 2);
    for variant in variants {
        assert_eq!(variant["additionalProperties"], false);
    }
}

#[test]
fn the_content_of_a_variant_may_be_absent_where_it_is_an_option() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Unit,
        Optional(Option<u8>),
        Structured(Option<Held>),
        Present(u8),
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Held {
        a: bool,
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "shapes")]
    enum Takes {
        Adjacent(Adjacent),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "shapes")]
    enum Gives {
        Adjacent(Adjacent),
    }
    ws_core::contract!(Contents = "contents" { client: Takes, server: Gives });

    let definitions = definitions::<Contents>();
    let required = |name: &str| -> Vec<serde_json::Value> {
        let variants = definitions[name]["oneOf"].as_array().unwrap();
        variants.iter().map(|it| it["required"].clone()).collect()
    };
    let (tag, both) = (json!(["t"]), json!(["t", "c"]));
    assert_eq!(
        json!(required("AdjacentInput")),
        json!([tag, tag, tag, both])
    );
    assert_eq!(json!(required("Adjacent")), json!([tag, both, both, both]));
}

#[test]
fn an_enum_of_objects_that_is_said_to_grow_is_refused() {
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "type")]
    #[schemars(extend("x-ws-other" = true))]
    enum Tagged {
        Known {
            a: u8,
        },
        #[serde(other)]
        Unknown,
    }
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[schemars(extend("x-ws-open" = true))]
    enum Mixed {
        Unit,
        Value(u8),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "client", namespace = "shapes")]
    enum Takes {
        Tagged(Tagged),
    }
    #[derive(Debug, WsEvent)]
    #[ws(from = "server", namespace = "shapes")]
    enum Gives {
        Mixed(Mixed),
    }
    ws_core::contract!(Growing = "growing" { client: Takes, server: Gives });

    let problems = problems::<Growing>();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].contains("the client event `shapes.tagged` has the keyword `x-ws-other`"));
    assert!(problems[1].contains("the server event `shapes.mixed` has the keyword `x-ws-open`"));
}
