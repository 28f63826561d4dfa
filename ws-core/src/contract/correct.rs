//! Corrections of schemas where schemars says something else than what serde does.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::Contract as Shape;
use serde_json::{Map, Value, json};

use super::schema;

/// Makes a schema say what serde accepts, or writes.
pub(super) fn correct(schema: &mut Value, shape: &Shape) {
    schema::visit_mut(schema, &mut |members| {
        bound(members);
        number_keys(members);
        close_variant(members);
        grow(members, shape);
        if shape.is_deserialize() {
            // A set ignores values that it has already.
            members.shift_remove("uniqueItems");
            leave_out(members);
        }
        if members.get("type").is_some_and(|kind| kind == "object") {
            unflatten(members);
        }
    });
}

/// Formats of numbers only describe, and no validator looks at them.
fn bound(members: &mut Map<String, Value>) {
    let (least, most) = match members.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("float") => (json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX))),
        _ => return,
    };
    // Integers may also be sent as strings.
    let is_text = members.get("type").is_some_and(|kind| match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        kind => kind == "string",
    });
    if is_text {
        return;
    }
    for (limit, exclusive, bound) in [
        ("minimum", "exclusiveMinimum", least),
        ("maximum", "exclusiveMaximum", most),
    ] {
        if !members.contains_key(exclusive) {
            members.entry(limit).or_insert(bound);
        }
    }
}

/// Allows no other members, which is how serde reads the ranges of the standard library.
pub(super) fn close(schema: &mut Value) {
    if let Value::Object(members) = schema {
        members.insert("additionalProperties".into(), false.into());
    }
}

/// The variants of `Result` and `Bound`. schemars does not say that they exclude other members.
const STANDARD: [&str; 4] = ["Ok", "Err", "Included", "Excluded"];

/// Makes a variant of an enum of the standard library exclude other members, like one of the application's.
fn close_variant(members: &mut Map<String, Value>) {
    let required = members.get("required").and_then(Value::as_array);
    let is_variant = required.is_some_and(
        |names| matches!(names.as_slice(), [Value::String(name)] if STANDARD.contains(&name.as_str())),
    );
    let properties = members.get("properties").and_then(Value::as_object);
    if is_variant && properties.is_some_and(|properties| properties.len() == 1) {
        members.insert("additionalProperties".into(), false.into());
    }
}

/// Makes numeric keys of maps numbers as JSON has them, without leading zeros.
fn number_keys(members: &mut Map<String, Value>) {
    let Some(Value::Object(patterns)) = members.get_mut("patternProperties") else {
        return;
    };
    for (loose, exact) in [
        (r"^-?\d+$", "^(0|-?[1-9][0-9]*)$"),
        (r"^\d+$", "^(0|[1-9][0-9]*)$"),
    ] {
        if let Some(values) = patterns.shift_remove(loose) {
            patterns.insert(exact.into(), values);
        }
    }
}

/// Opens an enum that may grow, for those who read it. The server accepts only what it knows, unless serde reads every other string
/// as one of the variants.
fn grow(members: &mut Map<String, Value>, shape: &Shape) {
    if !lists_strings(members) {
        // A rule or the generator refuses it.
        return;
    }
    let other = members.shift_remove("x-ws-other");
    let grows = if shape.is_serialize() {
        members.get("x-ws-open").cloned()
    } else {
        members.shift_remove("x-ws-open");
        other
    };
    if grows.is_some_and(|grows| grows == true) {
        let mut known = Map::new();
        for keyword in ["type", "enum", "const", "oneOf"] {
            known.extend(members.shift_remove_entry(keyword));
        }
        members.insert("anyOf".into(), json!([known, { "type": "string" }]));
    }
}

/// Whether the values of a schema are strings that it lists.
fn lists_strings(members: &Map<String, Value>) -> bool {
    let is_text = members.get("type").is_some_and(|kind| kind == "string");
    let listed = members.contains_key("enum") || members.contains_key("const");
    let variants = members.get("oneOf").and_then(Value::as_array);
    let all = |variants: &Vec<Value>| {
        let mut variants = variants.iter().filter_map(Value::as_object);
        variants.all(lists_strings)
    };
    (is_text && listed) || variants.is_some_and(all)
}

/// Lets the content of an adjacently tagged variant be absent if it is an `Option`: serde reads that as `None`, while schemars
/// requires it. No other enum has two members that all of its variants share.
fn leave_out(members: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = members.get_mut("oneOf") else {
        return;
    };
    let properties = |variant: &Value| variant.get("properties")?.as_object().cloned();
    let Some(all): Option<Vec<_>> = variants.iter().map(properties).collect() else {
        return;
    };
    let names: BTreeSet<&String> = all.iter().flat_map(Map::keys).collect();
    if names.len() != 2 {
        return;
    }
    for (variant, properties) in variants.iter_mut().zip(&all) {
        let is_tagged = properties.values().any(|it| it.get("const").is_some());
        let content = properties.iter().find(|(_, schema)| is_option(schema));
        let required = variant.get_mut("required").and_then(Value::as_array_mut);
        if let (true, Some((content, _)), Some(required)) = (is_tagged, content, required) {
            required.retain(|name| name != content);
        }
    }
}

/// Whether a schema is that of an `Option`.
fn is_option(schema: &Value) -> bool {
    let ends_with_null = |kinds: &Value, null: Value| {
        kinds
            .as_array()
            .is_some_and(|kinds| kinds.len() > 1 && kinds.last() == Some(&null))
    };
    let kind = schema
        .get("type")
        .is_some_and(|kinds| ends_with_null(kinds, json!("null")));
    let any = schema.get("anyOf");
    kind || any.is_some_and(|any| ends_with_null(any, json!({ "type": "null" })))
}

/// Corrects a variant without fields of a flattened enum, which is written as `{"Variant": null}`. schemars says so only for
/// variants without a doc comment; of the others it says that the object is a string, which fits nothing.
fn unflatten(members: &mut Map<String, Value>) {
    let combined = members
        .iter_mut()
        .filter(|(keyword, _)| matches!(keyword.as_str(), "oneOf" | "anyOf" | "allOf"));
    let parts = combined.filter_map(|(_, parts)| parts.as_array_mut());
    for part in parts.flatten() {
        let Value::Object(part) = part else { continue };
        unflatten(part);
        if let Some(Value::String(variant)) = part.shift_remove("const") {
            part.extend(unit(&variant));
        }
        if let Some(Value::Array(variants)) = part.get("enum") {
            let variants = variants.iter().filter_map(Value::as_str);
            let objects = variants.map(|variant| Value::Object(unit(variant)));
            *part = Map::from_iter([("oneOf".to_owned(), objects.collect())]);
        }
    }
}

/// A variant without fields, where it stands beside other members.
fn unit(variant: &str) -> Map<String, Value> {
    let object = json!({
        "type": "object",
        "properties": { variant: { "type": "null" } },
        "required": [variant],
    });
    object.as_object().cloned().unwrap_or_default()
}

/// Inlines the enum that a variant of an internally tagged enum holds, if some variants of that have no fields: those are written
/// beside the tag, as if they were flattened.
pub(super) fn inline_tagged(schema: &mut Value, definitions: &BTreeMap<String, Value>) {
    schema::visit_mut(schema, &mut |members| {
        if members.get("type").is_none_or(|kind| kind != "object") {
            return;
        }
        let held = schema::reference(members).and_then(|name| definitions.get(name));
        let variants = held.and_then(|held| Some(held.get("oneOf")?.as_array()?.clone()));
        let is_text = |variant: &Value| variant.get("type").is_some_and(|kind| kind == "string");
        if let Some(variants) = variants.filter(|variants| variants.iter().any(is_text)) {
            members.shift_remove("$ref");
            members.insert("oneOf".into(), variants.into());
            unflatten(members);
        }
    });
}
