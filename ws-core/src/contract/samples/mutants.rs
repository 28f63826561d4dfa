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

/// What was changed, and where.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) mutation: Mutation,
    /// A JSON pointer (RFC 6901): to what was changed, or to where it was.
    pub(super) place: String,
}

/// All mutants of a value, in the order of their places.
pub(super) fn mutants(value: &Value) -> Vec<(Change, Value)> {
    let mut mutants = Vec::new();
    mutate(value, "", &|changed| changed, &mut mutants);
    mutants
}

/// Collects the mutants of the part `value`, which stands at `place`; `whole` puts a changed part there.
fn mutate(
    value: &Value,
    place: &str,
    whole: &dyn Fn(Value) -> Value,
    found: &mut Vec<(Change, Value)>,
) {
    let here = |mutation| Change {
        mutation,
        place: place.to_owned(),
    };
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
            found.push((here(mutation), whole(other)));
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
                // Larger than all integers, but still an `f32`: where serde buffers, it reads larger numbers as infinite.
                json!(1e30),
            ] {
                found.push((here(Mutation::Value), whole(other)));
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
                found.push((here(Mutation::Value), whole(other.into())));
            }
        }
        Value::Array(items) => {
            let mut more = items.clone();
            more.push(items.last().cloned().unwrap_or(json!(null)));
            found.push((here(Mutation::Value), whole(more.into())));
            if let Some((_, fewer)) = items.split_last() {
                found.push((here(Mutation::Value), whole(fewer.into())));
            }
            for (index, item) in items.iter().enumerate().take(3) {
                let put = |changed| {
                    let mut items = items.clone();
                    items[index] = changed;
                    whole(items.into())
                };
                mutate(item, &format!("{place}/{index}"), &put, found);
            }
        }
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("zzz".into(), json!(["surplus"]));
            let member = |mutation, name: &str| Change {
                mutation,
                place: inside(place, name),
            };
            found.push((member(Mutation::Surplus, "zzz"), whole(more.into())));
            for (name, value) in members {
                let mut fewer = members.clone();
                fewer.shift_remove(name);
                found.push((member(Mutation::Missing, name), whole(fewer.into())));
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
                found.push((member(Mutation::Surplus, name), whole(renamed.into())));
                let put = |changed| {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    whole(members.into())
                };
                mutate(value, &inside(place, name), &put, found);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The place of a member of the object at `place`.
fn inside(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
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
