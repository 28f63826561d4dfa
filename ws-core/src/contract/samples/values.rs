//! Values for a schema: plain ones, the ends of ranges, each alternative, with and without optional members.
//!
//! Not all of them have to fit the type: serde decides that.

use serde_json::{Map, Value, json};

use crate::contract::definitions::Definitions;
use crate::contract::schema;

/// How many values of one schema are made.
const MOST: usize = 40;

/// How many values of a part are tried inside of the whole.
const MOST_INSIDE: usize = 12;

/// How deep a recursive type is entered.
const DEEPEST: usize = 8;

/// Makes values.
pub(in crate::contract) struct Values<'a> {
    definitions: &'a Definitions,
    depth: usize,
}

impl<'a> Values<'a> {
    pub(in crate::contract) fn new(definitions: &'a Definitions) -> Self {
        Self {
            definitions,
            depth: 0,
        }
    }

    /// Values of a schema, the plainest first.
    pub(in crate::contract) fn of(&self, schema: &Value) -> Vec<Value> {
        let mut values = match schema {
            Value::Bool(true) => vec![json!(null), json!({ "any": [1, "value"] }), json!(1.5)],
            Value::Object(members) => self.all(members),
            _ => Vec::new(),
        };
        values.truncate(MOST);
        values
    }

    /// Values of everything that a schema object says, combined.
    fn all(&self, members: &Map<String, Value>) -> Vec<Value> {
        if self.depth > DEEPEST {
            return Vec::new();
        }
        let deeper = Self {
            definitions: self.definitions,
            depth: self.depth + 1,
        };
        let mut parts: Vec<Vec<Value>> = Vec::new();
        parts.extend(deeper.own(members));
        if let Some(definition) =
            schema::reference(members).and_then(|name| self.definitions.get(name))
        {
            parts.push(deeper.of(definition));
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(alternatives)) = members.get(keyword) {
                let each: Vec<_> = alternatives.iter().map(|one| deeper.of(one)).collect();
                parts.push(interleave(each));
            }
        }
        if let Some(Value::Array(all)) = members.get("allOf") {
            parts.extend(all.iter().map(|one| deeper.of(one)));
        }
        let mut parts = parts.into_iter();
        let first = parts.next();
        let first = first.unwrap_or_else(|| vec![json!(null), json!("any")]);
        parts.fold(first, |one, other| combine(&one, &other))
    }

    /// Values of what a schema object says itself.
    fn own(&self, members: &Map<String, Value>) -> Option<Vec<Value>> {
        if let Some(constant) = members.get("const") {
            return Some(vec![constant.clone()]);
        }
        if let Some(Value::Array(values)) = members.get("enum") {
            return Some(values.clone());
        }
        let kinds = match members.get("type")? {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        let each = kinds.iter().map(|kind| match kind.as_str() {
            Some("boolean") => vec![json!(true), json!(false)],
            Some("null") => vec![Value::Null],
            Some("integer") => integers(members),
            Some("number") => vec![json!(0.5), json!(-1e10), json!(7)],
            Some("string") => strings(members),
            Some("array") => self.arrays(members),
            Some("object") => self.objects(members),
            _ => Vec::new(),
        });
        Some(interleave(each.collect()))
    }

    fn inside(&self, schema: &Value) -> Vec<Value> {
        let mut values = self.of(schema);
        values.truncate(MOST_INSIDE);
        values
    }

    fn arrays(&self, members: &Map<String, Value>) -> Vec<Value> {
        let count = |keyword: &str| members.get(keyword).and_then(Value::as_u64);
        let least = count("minItems").unwrap_or(0).min(100) as usize;
        if let Some(Value::Array(prefix)) = members.get("prefixItems") {
            let items: Vec<_> = prefix.iter().map(|item| self.inside(item)).collect();
            return vary(&items).into_iter().map(Value::Array).collect();
        }
        let items = members.get("items").map(|items| self.inside(items));
        let items = items.unwrap_or_else(|| vec![json!(null)]);
        let mut arrays = Vec::new();
        if least == 0 {
            arrays.push(json!([]));
        }
        let different = members.contains_key("uniqueItems");
        for item in &items {
            let length = if different { 1 } else { least.max(1) };
            arrays.push(Value::Array(vec![item.clone(); length]));
        }
        if count("maxItems") != Some(least as u64) || different {
            arrays.push(items.into());
        }
        arrays
    }

    fn objects(&self, members: &Map<String, Value>) -> Vec<Value> {
        let required: Vec<&str> = match members.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let properties = members.get("properties").and_then(Value::as_object);
        let properties: Vec<(&String, Vec<Value>)> = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name, self.inside(schema)))
            // A recursive type ends where the member may be left out.
            .filter(|(name, values)| !values.is_empty() || required.contains(&name.as_str()))
            .collect();
        let choices: Vec<Vec<Value>> = properties
            .iter()
            .map(|(_, values)| values.clone())
            .collect();
        let mut objects: Vec<Map<String, Value>> = vary(&choices)
            .into_iter()
            .map(|values| {
                let names = properties.iter().map(|(name, _)| (*name).clone());
                names.zip(values).collect()
            })
            .collect();
        if let Some(whole) = objects.first().cloned() {
            let optional = properties
                .iter()
                .filter(|(name, _)| !required.contains(&name.as_str()));
            let mut least = whole.clone();
            for (name, _) in optional {
                let mut without = whole.clone();
                without.shift_remove(*name);
                objects.push(without);
                least.shift_remove(*name);
            }
            objects.push(least);
        }
        let mut entries = Vec::new();
        if let Some(values @ (Value::Object(_) | Value::Bool(true))) =
            members.get("additionalProperties")
        {
            let names = members.get("propertyNames").map(|names| self.inside(names));
            let names = names.unwrap_or_else(|| vec![json!("some key"), json!("7")]);
            let names: Vec<String> = names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect();
            entries.push((names, self.inside(values)));
        }
        for (pattern, values) in members
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let pattern = Map::from_iter([("pattern".to_owned(), pattern.as_str().into())]);
            let names = strings(&pattern);
            let names = names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned));
            entries.push((names.collect(), self.inside(values)));
        }
        let bases: Vec<_> = objects.first().cloned().into_iter().collect();
        for (names, values) in entries {
            for base in &bases {
                for (name, value) in names
                    .iter()
                    .flat_map(|name| values.iter().map(move |value| (name, value)))
                {
                    let mut object = base.clone();
                    object.insert(name.clone(), value.clone());
                    objects.push(object);
                }
            }
        }
        objects.into_iter().map(Value::Object).collect()
    }
}

/// A list with the first value of each choice, and lists that differ from it in one place.
fn vary(choices: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let Some(first): Option<Vec<Value>> = choices
        .iter()
        .map(|values| values.first().cloned())
        .collect()
    else {
        return Vec::new();
    };
    let mut lists = vec![first.clone()];
    for (place, values) in choices.iter().enumerate() {
        for value in values.iter().skip(1) {
            let mut list = first.clone();
            if let Some(item) = list.get_mut(place) {
                *item = value.clone();
            }
            lists.push(list);
        }
    }
    lists
}

/// Values that fit two schemas at once: objects with the members of both.
fn combine(one: &[Value], other: &[Value]) -> Vec<Value> {
    let mut combined = Vec::new();
    for (left, right) in one
        .iter()
        .flat_map(|left| other.iter().map(move |right| (left, right)))
    {
        match (left, right) {
            (Value::Object(left), Value::Object(right)) => {
                let mut object = left.clone();
                object.extend(right.clone());
                combined.push(Value::Object(object));
            }
            (left, right) if left == right => combined.push(left.clone()),
            _ => {}
        }
    }
    combined
}

/// The first of each list, then the second of each.
fn interleave(lists: Vec<Vec<Value>>) -> Vec<Value> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|index| {
            lists
                .iter()
                .filter_map(move |list| list.get(index).cloned())
        })
        .collect()
}

fn integers(members: &Map<String, Value>) -> Vec<Value> {
    let bounds = match members.get("format").and_then(Value::as_str) {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        _ => (i64::from(i32::MIN), i64::from(i32::MAX)),
    };
    let limit = |keyword: &str| members.get(keyword).and_then(Value::as_i64);
    let least = limit("minimum").or(limit("exclusiveMinimum").map(|limit| limit + 1));
    let most = limit("maximum").or(limit("exclusiveMaximum").map(|limit| limit - 1));
    let (least, most) = (least.unwrap_or(bounds.0), most.unwrap_or(bounds.1));
    vec![
        json!(7.clamp(least, most)),
        json!(least),
        json!(most),
        json!(least - 1),
        json!(most + 1),
    ]
}

fn strings(members: &Map<String, Value>) -> Vec<Value> {
    let text = |keyword: &str| members.get(keyword).and_then(Value::as_str);
    let examples: &[&str] = match (text("x-ws-codec"), text("format"), text("pattern")) {
        (Some("bigint"), _, _) => &[
            "7",
            "0",
            "-7",
            "18446744073709551615",
            "-9223372036854775808",
            "18446744073709551616",
            "07",
        ],
        (Some("bytes"), _, _) => &["aGk=", "", "aA==", "AAAA", "aGk"],
        (_, Some("date-time"), _) => &[
            "2026-11-23T09:45:00Z",
            "2026-02-28T23:59:59.123456789+01:00",
            "2026-02-30T00:00:00Z",
        ],
        (_, Some("partial-date-time"), _) => &["2026-11-23T09:45:00", "2026-11-23T09:45:00.5"],
        (_, Some("date"), _) => &["2026-11-23", "2024-02-29", "2026-02-29"],
        (_, Some("partial-time" | "time"), _) => &["09:45:00", "23:59:59.25"],
        (_, Some("uuid"), _) => &["67e55044-10b1-426f-9247-bb680e5fe0c8"],
        (_, Some("uri"), _) => &["https://example.com/a?b=c#d", "mailto:ana@example.com"],
        (_, Some("email"), _) => &["ana@example.com"],
        (_, Some("ipv4"), _) => &["127.0.0.1"],
        (_, Some("ipv6"), _) => &["::1"],
        (_, Some("ip"), _) => &["127.0.0.1", "::1"],
        (_, _, Some(r"^-?\d+$")) => &["7", "-7", "0", "007"],
        (_, _, Some(r"^\d+$")) => &["7", "0", "-7"],
        (_, _, Some(_)) => &["7", "a", "A", "abc", "1.5", "#fff", ""],
        _ => &["text", "", "é 😀 \" \\ \n"],
    };
    let mut strings: Vec<Value> = examples.iter().copied().map(Value::from).collect();
    let count = |keyword: &str| members.get(keyword).and_then(Value::as_u64);
    for length in [count("minLength"), count("maxLength")]
        .into_iter()
        .flatten()
    {
        let length = length.min(10_000) as usize;
        if text("x-ws-codec") == Some("bytes") {
            let padded = ["", "=", "=="].map(|end| {
                format!(
                    "{:A<width$}{end}",
                    "",
                    width = length.saturating_sub(end.len())
                )
            });
            strings.splice(0..0, padded.map(Value::from));
            continue;
        }
        // Two units of UTF-16 and four bytes each, which shows whether either is counted instead of characters.
        for length in [length, length + 1, length.saturating_sub(1)] {
            strings.insert(0, "😀".repeat(length).into());
        }
        strings.insert(0, "a".repeat(length).into());
    }
    strings
}
