//! A walk through a JSON Schema that knows which members hold schemas, which hold names, and which hold data.

use serde_json::{Map, Value};

/// What a member of a schema object holds.
pub(super) enum Holds {
    /// A schema, or a list of schemas.
    Schemas,
    /// Schemas, each under a name that the application chose.
    NamedSchemas,
    /// No schema: the argument of a keyword, or an example of the data.
    Data,
}

/// What the member `keyword` of a schema object holds.
pub(super) fn holds(keyword: &str) -> Holds {
    match keyword {
        "properties" | "patternProperties" | "$defs" | "dependentSchemas" => Holds::NamedSchemas,
        "items"
        | "prefixItems"
        | "contains"
        | "additionalProperties"
        | "propertyNames"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "not"
        | "if"
        | "then"
        | "else" => Holds::Schemas,
        _ => Holds::Data,
    }
}

/// Calls `visit` for a schema object and for every one below it, outermost first. References are not followed.
pub(super) fn visit<'a>(schema: &'a Value, visit_object: &mut dyn FnMut(&'a Map<String, Value>)) {
    match schema {
        Value::Object(members) => {
            visit_object(members);
            for (keyword, value) in members {
                match holds(keyword) {
                    Holds::Schemas => visit(value, visit_object),
                    Holds::NamedSchemas => {
                        value
                            .as_object()
                            .into_iter()
                            .flatten()
                            .for_each(|(_, schema)| visit(schema, visit_object));
                    }
                    Holds::Data => {}
                }
            }
        }
        Value::Array(schemas) => schemas
            .iter()
            .for_each(|schema| visit(schema, visit_object)),
        _ => {}
    }
}

/// Calls `change` for a schema object and for every one below it, innermost first. References are not followed.
pub(super) fn visit_mut(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(members) => {
            for (keyword, value) in members.iter_mut() {
                match (holds(keyword), value) {
                    (Holds::Schemas, value) => visit_mut(value, change),
                    (Holds::NamedSchemas, Value::Object(named)) => {
                        named
                            .values_mut()
                            .for_each(|schema| visit_mut(schema, change));
                    }
                    _ => {}
                }
            }
            change(members);
        }
        Value::Array(schemas) => schemas
            .iter_mut()
            .for_each(|schema| visit_mut(schema, change)),
        _ => {}
    }
}

/// The definition that a schema object refers to.
pub(super) fn reference(members: &Map<String, Value>) -> Option<&str> {
    members.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// Every definition that a schema refers to, at any depth of its own, in the order of their places.
pub(super) fn references(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    visit(schema, &mut |members| found.extend(reference(members)));
    found
}

/// Replaces the names of definitions in every reference.
pub(super) fn rename(schema: &mut Value, new_name: &dyn Fn(&str) -> Option<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = reference(members).and_then(new_name) {
                members.insert("$ref".into(), format!("#/$defs/{name}").into());
            }
            for (keyword, value) in members.iter_mut() {
                match (holds(keyword), value) {
                    (Holds::Schemas, value) => rename(value, new_name),
                    (Holds::NamedSchemas, Value::Object(named)) => {
                        named
                            .values_mut()
                            .for_each(|schema| rename(schema, new_name));
                    }
                    _ => {}
                }
            }
        }
        Value::Array(schemas) => schemas
            .iter_mut()
            .for_each(|schema| rename(schema, new_name)),
        _ => {}
    }
}
