//! Contracts that Rust types were exported as, and disturbed ones.

use serde_json::{Value, json};
use ws_codegen::{Change, Rollout, Verdict};

use super::property::Random;
use super::samples::{samples, validator};
use super::{compare, shorts};

/// A few changes, anywhere in a contract that Rust types were exported as.
fn disturb(value: &mut Value, random: &mut Random) {
    if let Some(schema) = value.as_object_mut() {
        let is = |kind: &str| schema.get("type").is_some_and(|it| it == kind);
        let (is_text, is_object) = (is("string"), is("object"));
        let is_plain = !schema.contains_key("enum") && !schema.contains_key("const");
        if is_text && is_plain && random.once_in(10) {
            schema.insert("maxLength".to_owned(), json!(random.below(3)));
        }
        if is_object && schema.contains_key("properties") && random.once_in(10) {
            schema["properties"]["disturbed"] = json!({ "type": "boolean" });
        }
        if let Some(Value::Array(required)) = schema.get_mut("required")
            && random.once_in(10)
        {
            required.pop();
        }
        for keyword in ["anyOf", "oneOf", "enum"] {
            if let Some(Value::Array(several)) = schema.get_mut(keyword)
                && several.len() > 1
                && random.once_in(10)
            {
                several.pop();
            }
        }
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|it| disturb(it, random)),
        Value::Array(items) => items.iter_mut().for_each(|it| disturb(it, random)),
        _ => {}
    }
}

#[test]
fn documents_of_exported_types_fit_what_is_said_to_be_safe() {
    let (mut safe, mut breaking) = (0, 0);
    // The contract of odd names refers to them in a way that only the generator reads.
    let cases = crate::expected::cases("goldens").into_iter();
    for case in cases.filter(|case| !case.ends_with("names")) {
        let old: Value = serde_json::from_str(&crate::expected::contract(&case)).unwrap();
        for seed in 0..10 {
            let mut new = old.clone();
            disturb(&mut new["$defs"], &mut Random::of(seed));
            let Ok(found) = ws_codegen::compat(&old.to_string(), &new.to_string()) else {
                continue;
            };
            for event in old["x-ws-contract"]["events"].as_array().unwrap() {
                let (name, from) = (event["name"].as_str(), event["from"].as_str());
                // An old client sends to a new server, and a new server to an old client.
                let (sender, receiver) = match from {
                    Some("client") => (&old, &new),
                    _ => (&new, &old),
                };
                let here = |change: &&Change| {
                    (change.event(), change.from(), change.part()) == (name, from, Some("payload"))
                };
                let changes: Vec<_> = found.changes().iter().filter(here).collect();
                if changes.is_empty() {
                    continue;
                }
                let breaks = |it: &&Change| it.reasons(Rollout::ServerFirst).next().is_some();
                if changes.iter().any(breaks) {
                    breaking += 1;
                    continue;
                }
                safe += 1;
                let receives = validator(&event["payload"], &receiver["$defs"]);
                for document in samples(&event["payload"], &sender["$defs"]) {
                    assert!(
                        receives.is_valid(&document),
                        "{name:?} from {from:?}, seed {seed}: {document}"
                    );
                }
            }
        }
    }
    assert!(
        safe > 30 && breaking > 30,
        "{safe} safe, {breaking} breaking"
    );
}

#[test]
fn a_contract_is_the_same_as_itself() {
    for case in crate::expected::cases("goldens") {
        let contract = crate::expected::contract(&case);
        let found = ws_codegen::compat(&contract, &contract).unwrap();
        assert_eq!(shorts(&found), Vec::<String>::new(), "{}", case.display());
    }
}

#[test]
fn words_for_people_break_nobody() {
    fn reworded(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["description", "docs"] {
                    if members.get(name).is_some_and(Value::is_string) {
                        members[name] = json!("Other words.");
                    }
                }
                members.values_mut().for_each(reworded);
            }
            Value::Array(items) => items.iter_mut().for_each(reworded),
            _ => {}
        }
    }
    for case in crate::expected::cases("goldens") {
        let old: Value = serde_json::from_str(&crate::expected::contract(&case)).unwrap();
        let mut new = old.clone();
        reworded(&mut new);
        for change in compare(&old, &new).changes() {
            assert_eq!(change.verdict(Rollout::Both), Verdict::Safe, "{change:?}");
        }
    }
}
