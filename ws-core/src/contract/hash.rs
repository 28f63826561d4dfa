//! The hash of a contract: of what matters on the wire, and nothing else.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::definitions::{Definitions, Described};
use super::schema::{self, Holds};

/// 32 hexadecimal digits that change when, and only when, the event table or a schema changes. Names of types, docs,
/// examples, defaults and deprecations do not take part, because they do not change the wire.
pub(super) fn hash(described: &Described) -> String {
    let mut essence = Essence {
        definitions: &described.definitions,
        numbers: HashMap::new(),
        found: Vec::new(),
    };
    let events: Vec<Value> = described
        .events
        .iter()
        .map(|event| {
            let mut answer =
                |schema: &Option<Value>| schema.as_ref().map(|schema| essence.of(schema));
            let (reply, error) = (answer(&event.reply), answer(&event.error));
            json!([
                event.from,
                event.spec.name,
                essence.of(&event.payload),
                reply,
                error
            ])
        })
        .collect();
    let types = essence.types();
    let digest = Sha256::digest(sorted(&json!([events, types])).to_string());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The schemas without what is only for people. Definitions are numbered in the order in which they are met.
struct Essence<'a> {
    definitions: &'a Definitions,
    numbers: HashMap<&'a str, usize>,
    found: Vec<&'a str>,
}

impl<'a> Essence<'a> {
    fn of(&mut self, schema: &Value) -> Value {
        match schema {
            Value::Object(members) => Value::Object(self.of_object(members)),
            Value::Array(schemas) => schemas.iter().map(|schema| self.of(schema)).collect(),
            other => other.clone(),
        }
    }

    fn of_object(&mut self, members: &Map<String, Value>) -> Map<String, Value> {
        let mut essence = Map::new();
        // In the order of the keywords, so that definitions are always met in the same order.
        let mut keywords: Vec<_> = members.iter().collect();
        keywords.sort_by_key(|(keyword, _)| *keyword);
        for (keyword, value) in keywords {
            let value = match (schema::holds(keyword), value) {
                _ if is_annotation(keyword) => continue,
                _ if keyword == "$ref" => {
                    self.number(schema::reference(members).unwrap_or_default())
                }
                (Holds::Schemas, value) => self.of(value),
                (Holds::NamedSchemas, Value::Object(named)) => {
                    let mut names: Vec<_> = named.iter().collect();
                    names.sort_by_key(|(name, _)| *name);
                    names
                        .into_iter()
                        .map(|(name, schema)| (name.clone(), self.of(schema)))
                        .collect()
                }
                (_, value) => value.clone(),
            };
            essence.insert(keyword.clone(), value);
        }
        essence
    }

    fn number(&mut self, name: &str) -> Value {
        let Some((name, _)) = self.definitions.get_key_value(name) else {
            return Value::Null;
        };
        let next = self.numbers.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.found.push(name);
        }
        number.into()
    }

    /// The definitions met so far, and those that they lead to.
    fn types(&mut self) -> Vec<Value> {
        let mut types = Vec::new();
        while let Some(name) = self.found.get(types.len()).copied() {
            let essence = self.definitions.get(name).map(|schema| self.of(schema));
            types.push(essence.unwrap_or_default());
        }
        types
    }
}

fn is_annotation(keyword: &str) -> bool {
    matches!(
        keyword,
        "title"
            | "description"
            | "examples"
            | "default"
            | "deprecated"
            | "$comment"
            | "x-ws-codec"
            | "readOnly"
            | "writeOnly"
    )
}

/// The value with the members of every object sorted, because their order means nothing on the wire.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
