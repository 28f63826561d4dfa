//! The exported contracts, as a validator of somebody else sees them.

use serde_json::{Value, json};

fn contracts() -> Vec<Value> {
    [
        include_str!("../../schemas/chat.json"),
        include_str!("../../schemas/echo.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap())
    .into()
}

#[test]
fn a_contract_file_is_a_valid_json_schema_of_2020_12() {
    for contract in contracts() {
        assert_eq!(
            contract["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        jsonschema::meta::validate(&contract).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_definition_of_a_contract_tells_good_payloads_from_bad_ones() {
    let mut contract = contracts().remove(0);
    contract["$ref"] = "#/$defs/SendMsg".into();
    let payload = jsonschema::validator_for(&contract).unwrap();
    assert!(payload.is_valid(&json!({ "text": "🙂".repeat(2000) })));
    for bad in [
        json!({}),
        json!({ "text": "" }),
        json!({ "text": 7 }),
        json!({ "text": "x".repeat(2001) }),
    ] {
        assert!(!payload.is_valid(&bad), "{bad}");
    }
}
