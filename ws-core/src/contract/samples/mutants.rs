//! Values with one thing wrong.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mutation {
    /// A value became one of another kind.
    Kind,
    /// A member is gone.
    Missing,
    /// A member was added or has another name.
    Surplus,
    /// A value became another of the same kind; an array is one item longer or shorter.
    Value,
}

/// All mutants of a value, in the order of their places.
pub(super) fn mutants(value: &Value) -> Vec<(Mutation, Value)> {
    let mut mutants = Vec::new();
    mutate(value, &|changed| changed, &mut mutants);
    mutants
}

/// Collects the mutants of the part `value`; `whole` puts a changed part into its place.
fn mutate(value: &Value, whole: &dyn Fn(Value) -> Value, found: &mut Vec<(Mutation, Value)>) {
    let others = [
        json!(null),
        json!(true),
        json!(7),
        json!("zzz"),
        json!([[[]]]),
        json!({ "zzz": [] }),
    ];
    for other in others {
        // An object without any known member fits where all of them are optional.
        let mutation = if other.is_object() {
            Mutation::Surplus
        } else {
            Mutation::Kind
        };
        if kind(&other) != kind(value) {
            found.push((mutation, whole(other)));
        }
    }
    match value {
        Value::Number(_) => {
            for other in [
                json!(-1),
                json!(0.5),
                json!(300),
                json!(3_000_000_000_i64),
                json!(-3_000_000_000_i64),
                json!(1e300),
            ] {
                found.push((Mutation::Value, whole(other)));
            }
        }
        Value::String(text) => {
            let longer = format!("{text}{text}z");
            for other in [
                "zzz",
                "",
                "7",
                "-7",
                "07",
                &longer,
                &text.to_uppercase(),
                "2026-13-01",
                "aGk",
                "::g",
            ] {
                found.push((Mutation::Value, whole(other.into())));
            }
        }
        Value::Array(items) => {
            let mut more = items.clone();
            more.push(items.last().cloned().unwrap_or(json!(null)));
            found.push((Mutation::Value, whole(more.into())));
            if let Some((_, fewer)) = items.split_last() {
                found.push((Mutation::Value, whole(fewer.into())));
            }
            for (index, item) in items.iter().enumerate().take(3) {
                let put = |changed| {
                    let mut items = items.clone();
                    items[index] = changed;
                    whole(items.into())
                };
                mutate(item, &put, found);
            }
        }
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("zzz".into(), json!(["surplus"]));
            found.push((Mutation::Surplus, whole(more.into())));
            for (name, member) in members {
                let mut fewer = members.clone();
                fewer.shift_remove(name);
                found.push((Mutation::Missing, whole(fewer.into())));
                let renamed: Map<String, Value> = members
                    .iter()
                    .map(|(key, value)| {
                        (
                            if key == name {
                                format!("{key}z")
                            } else {
                                key.clone()
                            },
                            value.clone(),
                        )
                    })
                    .collect();
                found.push((Mutation::Surplus, whole(renamed.into())));
                let put = |changed| {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    whole(members.into())
                };
                mutate(member, &put, found);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
