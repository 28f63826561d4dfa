//! Documents of a schema, as one who obeys it sends them: its own members and no others, and the ends of every range.

use std::str::FromStr;

use serde_json::{Map, Value, json};

/// The most documents of one schema.
const MOST: usize = 400;

/// Strings among which there are some of every pattern and form that the cases use.
const STRINGS: [&str; 16] = [
    "",
    "a",
    "b",
    "ab",
    "A1",
    "0",
    "7",
    "-3",
    "300",
    "-9223372036854775808",
    "18446744073709551616",
    "aGk=",
    "2026-11-23T09:45:00Z",
    "2026-11-23",
    "*",
    "67e55044-10b1-426f-9247-bb680e5fe0c8",
];

/// A validator of somebody else.
pub(super) fn validator(schema: &Value, definitions: &Value) -> jsonschema::Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "$defs": definitions,
    });
    fn is<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("int8", is::<i8>)
        .with_format("int64", is::<i64>)
        .with_format("uint8", is::<u8>)
        .with_format("uint64", is::<u64>)
        .with_format("uint128", is::<u128>)
        .build(&schema)
        .unwrap()
}

/// Documents that fit, with at least one in every alternative that is not too deep.
pub(super) fn samples(schema: &Value, definitions: &Value) -> Vec<Value> {
    let validator = validator(schema, definitions);
    let mut all = of(schema, definitions, 0);
    all.retain(|it| validator.is_valid(it));
    all
}

fn of(schema: &Value, definitions: &Value, depth: usize) -> Vec<Value> {
    let Some(members) = schema.as_object() else {
        let anything = vec![
            json!(null),
            json!(true),
            json!(1.5),
            json!("a"),
            json!([]),
            json!({ "z": 1 }),
        ];
        return if *schema == true {
            anything
        } else {
            Vec::new()
        };
    };
    if depth > 12 {
        return Vec::new();
    }
    if let Some(constant) = members.get("const") {
        return vec![constant.clone()];
    }
    if let Some(constants) = members.get("enum") {
        return constants.as_array().unwrap().clone();
    }
    let mut all = Vec::new();
    for kind in kinds(schema) {
        all.extend(match kind {
            "null" => vec![json!(null)],
            "boolean" => vec![json!(false), json!(true)],
            "integer" => fitting(schema, numbers(schema, 1.0)),
            "number" => fitting(schema, numbers(schema, 0.5)),
            "string" => fitting(schema, strings(schema)),
            "array" => arrays(schema, definitions, depth),
            _ => objects(schema, definitions, depth),
        });
    }
    let mut parts: Vec<Vec<Value>> = (!all.is_empty()).then_some(all).into_iter().collect();
    if let Some(target) = members.get("$ref") {
        let name = target.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
        parts.push(of(&definitions[name], definitions, depth + 1));
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(arms) = members.get(keyword) {
            let arms = arms.as_array().unwrap().iter();
            parts.push(
                arms.flat_map(|arm| of(arm, definitions, depth + 1))
                    .collect(),
            );
        }
    }
    let all_of = schema["allOf"].as_array().into_iter().flatten();
    parts.extend(all_of.map(|part| of(part, definitions, depth + 1)));
    if parts.is_empty() {
        return of(&json!(true), definitions, depth);
    }
    let mut all = parts.remove(0);
    for part in parts {
        let pairs = all
            .iter()
            .flat_map(|one| part.iter().map(|other| merged(one, other)));
        all = pairs.take(MOST).collect();
    }
    all.truncate(MOST);
    all
}

/// The scalars that fit, so that no object has one that does not.
fn fitting(schema: &Value, mut scalars: Vec<Value>) -> Vec<Value> {
    let validator = validator(schema, &json!({}));
    scalars.retain(|it| validator.is_valid(it));
    scalars
}

fn merged(one: &Value, other: &Value) -> Value {
    match (one.as_object(), other.as_object()) {
        (Some(one), Some(other)) => {
            let members = one.iter().chain(other);
            members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>()
                .into()
        }
        _ => one.clone(),
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|it| it.as_str().unwrap()).collect(),
        _ => Vec::new(),
    }
}

fn numbers(schema: &Value, step: f64) -> Vec<Value> {
    let bound = |name: &str| schema[name].as_f64();
    let ends = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map(bound);
    let near = |end: f64| [end - step, end, end + step];
    let all = ends.into_iter().flatten().flat_map(near);
    let all = all.chain([-1000.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 1000.0, step]);
    let whole = |number: f64| match number {
        number if number.fract() == 0.0 => json!(number as i64),
        number => json!(number),
    };
    all.map(whole).collect()
}

fn strings(schema: &Value) -> Vec<Value> {
    let lengths = ["minLength", "maxLength"].map(|name| schema[name].as_u64());
    let long = lengths
        .into_iter()
        .flatten()
        .map(|length| "a".repeat(length as usize));
    let short = STRINGS.iter().map(|text| (*text).to_owned());
    long.chain(short)
        .chain(["a".repeat(60)])
        .map(Value::from)
        .collect()
}

fn arrays(schema: &Value, definitions: &Value, depth: usize) -> Vec<Value> {
    let places = schema["prefixItems"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let items = schema.get("items").cloned().unwrap_or(json!(true));
    let type_of = |index: usize| places.get(index).unwrap_or(&items);
    let mut lengths = vec![0, 1, 2, 3];
    lengths.extend(
        ["minItems", "maxItems"]
            .iter()
            .filter_map(|name| schema[*name].as_u64()),
    );
    lengths.push(places.len() as u64);
    let mut all = Vec::new();
    for length in lengths.into_iter().filter(|length| *length <= 20) {
        let choices: Vec<_> = (0..length as usize)
            .map(|index| of(type_of(index), definitions, depth + 1))
            .collect();
        if choices.iter().any(Vec::is_empty) {
            continue;
        }
        // Each choice of one place, with the first of all others; and a list of different items.
        all.push(
            choices
                .iter()
                .enumerate()
                .map(|(index, it)| it[index % it.len()].clone())
                .collect(),
        );
        for (index, choice) in choices.iter().enumerate().take(3) {
            for value in choice {
                let mut list: Vec<_> = choices.iter().map(|it| it[0].clone()).collect();
                list[index] = value.clone();
                all.push(Value::from(list));
            }
        }
    }
    all.truncate(MOST);
    all
}

fn objects(schema: &Value, definitions: &Value, depth: usize) -> Vec<Value> {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let is_required = |name: &str| required.iter().any(|it| it == name);
    let mut choices: Vec<(String, Vec<Value>)> = Vec::new();
    for (name, property) in properties {
        choices.push((name.clone(), of(property, definitions, depth + 1)));
    }
    let known = |name: &Value| properties.contains_key(name.as_str().unwrap());
    for name in required.iter().filter(|name| !known(name)) {
        choices.push((
            name.as_str().unwrap().to_owned(),
            of(&json!(true), definitions, depth + 1),
        ));
    }
    let mut entries = Vec::new();
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|it| **it != false)
    {
        entries.push(of(values, definitions, depth + 1));
    }
    if let Some(patterns) = schema["patternProperties"].as_object() {
        entries.extend(
            patterns
                .values()
                .map(|values| of(values, definitions, depth + 1)),
        );
    }
    let with = |there: &dyn Fn(&str) -> bool, changed: Option<(&str, &Value)>| {
        let mut object = Map::new();
        for (name, values) in &choices {
            if let Some(value) = values.first().filter(|_| there(name)) {
                object.insert(name.clone(), value.clone());
            }
        }
        object.extend(changed.map(|(name, value)| (name.to_owned(), value.clone())));
        Value::from(object)
    };
    let mut all = vec![with(&is_required, None), with(&|_| true, None)];
    for (name, values) in &choices {
        all.extend(
            values
                .iter()
                .map(|value| with(&is_required, Some((name, value)))),
        );
        if !is_required(name) {
            all.push(with(&|other| other != name, None));
        }
    }
    for values in entries {
        // Some of the names are those that a case may give to members.
        for key in ["a", "b", "k", "x", "y", "7"] {
            all.extend(
                values
                    .iter()
                    .take(6)
                    .map(|value| with(&is_required, Some((key, value)))),
            );
        }
    }
    all.truncate(MOST);
    all
}
