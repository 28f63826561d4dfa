//! Rules that only trying tells: whether the server takes what a schema says that it takes, at every limit and every key.
//!
//! A schema does not show in which unit a length is counted, nor which keys of a map were forgotten. So values that differ
//! in one place are put to serde and garde. Where these cannot be asked (see [`crate::event::Judges`]), nothing is found.

mod limits;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, Described, Event};
use super::samples::Values;
use super::schema;
use crate::event::Judge;

/// How deep a value is entered.
const DEEPEST: usize = 12;

/// What trying finds in everything that an event carries.
pub(super) fn broken(described: &Described, event: &Event) -> Vec<String> {
    let judges = event.spec.judges;
    let is_read = event.from == "client";
    let parts = [
        ("payload", Some(&event.payload), judges.payload),
        ("reply", event.reply.as_ref(), judges.reply),
        ("error", event.error.as_ref(), judges.error),
    ];
    let mut problems = Vec::new();
    for (part, schema, judge) in parts {
        let (Some(schema), Some(judge)) = (schema, judge) else {
            continue;
        };
        let mut trial = Trial {
            definitions: &described.definitions,
            judge,
            limited: is_read && part == "payload" && event.spec.limited,
            place: format!(
                "the {part} of the {} event `{}`",
                event.from, event.spec.name
            ),
            entered: BTreeSet::new(),
            problems: Vec::new(),
        };
        trial.enter(schema, "", &|value| value, 0);
        problems.extend(trial.problems);
    }
    problems
}

/// The trial of a payload, a reply or an error.
struct Trial<'a> {
    definitions: &'a Definitions,
    judge: Judge,
    /// Whether limits are checked.
    limited: bool,
    place: String,
    /// Each object type is tried where it is first met.
    entered: BTreeSet<String>,
    problems: Vec<String>,
}

/// Puts a value into its place in a whole one.
type Whole<'a> = &'a dyn Fn(Value) -> Value;

impl Trial<'_> {
    /// Tries every place that a schema leads to.
    fn enter(&mut self, schema: &Value, path: &str, whole: Whole<'_>, depth: usize) {
        let Value::Object(members) = schema else {
            return;
        };
        if depth > DEEPEST {
            return;
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(alternatives)) = members.get(keyword)
                && alternatives.len() > 1
            {
                for alternative in alternatives {
                    let mut one = members.clone();
                    one.insert(keyword.to_owned(), json!([alternative]));
                    self.enter(&one.into(), path, whole, depth);
                }
                return;
            }
        }
        // The members of one part stand beside those of all others.
        let base = self.base(members, whole);
        let whole: Whole<'_> = &|value| match (base.clone(), value) {
            (Some(Value::Object(mut all)), Value::Object(own)) => {
                all.extend(own);
                whole(all.into())
            }
            (_, value) => whole(value),
        };
        for keyword in ["oneOf", "anyOf", "allOf"] {
            for part in members
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.enter(part, path, whole, depth + 1);
            }
        }
        let name = schema::reference(members);
        let definition = name.and_then(|name| self.definitions.get(name));
        if let (Some(name), Some(Value::Object(definition))) = (name, definition) {
            let is_scalar = ["string", "number", "integer"]
                .iter()
                .any(|kind| definition.get("type").is_some_and(|it| it == kind));
            if is_scalar {
                // Limits of a field stand beside the reference to its type.
                let mut one = definition.clone();
                one.extend(members.clone());
                one.shift_remove("$ref");
                self.enter(&one.into(), path, whole, depth + 1);
            } else if self.entered.insert(name.to_owned()) {
                self.enter(&definition.clone().into(), path, whole, depth + 1);
            }
        }
        self.own(members, path, whole, depth);
    }

    /// Tries what a schema object says itself.
    fn own(&mut self, members: &Map<String, Value>, path: &str, whole: Whole<'_>, depth: usize) {
        if ["const", "enum", "x-ws-codec"]
            .iter()
            .any(|fixed| members.contains_key(*fixed))
        {
            return;
        }
        let kinds = match members.get("type") {
            Some(Value::Array(kinds)) => kinds.clone(),
            Some(kind) => vec![kind.clone()],
            None => return,
        };
        for kind in kinds.iter().filter_map(Value::as_str) {
            let mut one = members.clone();
            one.insert("type".to_owned(), kind.into());
            match kind {
                "string" | "integer" | "number" if self.limited => {
                    self.limit(kind, &one, path, whole);
                }
                "array" => {
                    if self.limited {
                        self.limit(kind, &one, path, whole);
                    }
                    self.items(&one, path, whole, depth);
                }
                "object" => self.members(&one, path, whole, depth),
                _ => {}
            }
        }
    }

    fn items(&mut self, members: &Map<String, Value>, path: &str, whole: Whole<'_>, depth: usize) {
        if let Some(items) = members.get("items") {
            let least = members.get("minItems").and_then(Value::as_u64);
            let least = least.map_or(1, |least| least.clamp(1, 100) as usize);
            let put: Whole<'_> = &|item| whole(vec![item; least].into());
            self.enter(items, &format!("{path}/0"), put, depth + 1);
        }
        let Some(Value::Array(prefix)) = members.get("prefixItems") else {
            return;
        };
        let Some(Value::Array(base)) = self.base(members, whole) else {
            return;
        };
        for (index, item) in prefix.iter().enumerate() {
            let put: Whole<'_> = &|value| {
                let mut items = base.clone();
                if let Some(item) = items.get_mut(index) {
                    *item = value;
                }
                whole(items.into())
            };
            self.enter(item, &format!("{path}/{index}"), put, depth + 1);
        }
    }

    fn members(
        &mut self,
        members: &Map<String, Value>,
        path: &str,
        whole: Whole<'_>,
        depth: usize,
    ) {
        let mut own = members.clone();
        for combined in ["$ref", "oneOf", "anyOf", "allOf"] {
            own.shift_remove(combined);
        }
        let Some(Value::Object(base)) = self.base(&own, whole) else {
            return;
        };
        let put = |name: &str, value: Value| {
            let mut object = base.clone();
            object.insert(name.to_owned(), value);
            whole(object.into())
        };
        let properties = members.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            let path = format!("{path}/{name}");
            self.enter(schema, &path, &|value| put(name, value), depth + 1);
        }
        let Some(values @ (Value::Object(_) | Value::Bool(true))) =
            members.get("additionalProperties")
        else {
            return;
        };
        let keys = members.get("propertyNames").and_then(Value::as_object);
        let key = keys.and_then(|keys| self.values(keys).first()?.as_str().map(str::to_owned));
        let key = key.unwrap_or_else(|| ANY_KEY.to_owned());
        if keys.is_none() && properties.is_none() {
            self.key(values, path, &|value| put(&key, value), whole);
        }
        self.enter(
            values,
            &format!("{path}/{key}"),
            &|value| put(&key, value),
            depth + 1,
        );
    }

    /// Whether a map without a schema for its keys takes any text for one. serde reads a key before its value, so that what
    /// it says does not depend on the value where the key is wrong.
    fn key(&mut self, values: &Value, path: &str, put: Whole<'_>, whole: Whole<'_>) {
        let inside = Values::new(self.definitions).of(values);
        let (Some(value), Ok(())) = (inside.into_iter().next(), self.verdict(&whole(json!({}))))
        else {
            return;
        };
        let refusal = |value| self.verdict(&put(value)).err();
        let Some(reason) = refusal(value) else { return };
        if [json!(null), json!([[[]]])]
            .into_iter()
            .all(|value| refusal(value).as_ref() == Some(&reason))
        {
            let reason = reason.split(" at line ").next().unwrap_or_default();
            self.problems.push(format!(
                "the map{} in {} does not accept every key, but its schema says that it does, because schemars forgot the type of \
                 the keys ({reason}); declare the type: #[schemars(with = \"ws_core::adapter::KeyedMap<Key, Value>\")]",
                at(path),
                self.place
            ));
        }
    }

    /// What serde and garde say of a whole value.
    fn verdict(&self, value: &Value) -> Result<(), String> {
        match (self.judge)(&value.to_string()) {
            Some(Err(reason)) => Err(reason),
            _ => Ok(()),
        }
    }

    /// A value that is taken, if there is one: next to a wrong one, nothing could be tried.
    fn base(&self, members: &Map<String, Value>, whole: Whole<'_>) -> Option<Value> {
        let values = self.values(members);
        let taken = |value: &&Value| self.verdict(&whole((*value).clone())).is_ok();
        values.iter().find(taken).or(values.first()).cloned()
    }

    fn values(&self, members: &Map<String, Value>) -> Vec<Value> {
        Values::new(self.definitions).of(&members.clone().into())
    }
}

/// A key that is no number, no constant and no name.
const ANY_KEY: &str = "some key";

/// A place, for messages.
fn at(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" at `{path}`")
    }
}
