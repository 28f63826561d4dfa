//! What a contract must not contain, because a client could not rely on it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::definitions::{Collision, Described, Event};
use super::{schema, trials};

/// Every rule that is broken by the contract of this name, as sentences that say where and what to do.
pub(super) fn broken(contract: &str, described: &Described) -> Vec<String> {
    let mut problems: Vec<String> = described.collisions.iter().map(collision).collect();
    problems.extend(taken_names(contract, described));
    for event in &described.events {
        problems.extend(unenforced_limit(described, event));
        problems.extend(tagged_growth(described, event));
        problems.extend(malformed_error(described, event));
        problems.extend(trials::broken(described, event));
    }
    problems
}

/// Two types of one name: which of them would get it must not depend on the order of the events.
fn collision(collision: &Collision) -> String {
    let claims: Vec<&str> = collision.claims.iter().map(String::as_str).collect();
    format!(
        "two types have the name `{}`: {}; give one of them another name: #[schemars(rename = \"…\")]",
        collision.name,
        claims.join(", and ")
    )
}

/// Every generated client exports types of its own, and the contract as one: another of the same name could not be told apart.
fn taken_names(contract: &str, described: &Described) -> Vec<String> {
    let tables = [
        ("ServerEvents", "the table of the server's events"),
        ("ClientEvents", "the table of the clients' events"),
        ("Requests", "the table of requests"),
        ("ServerMessage", "the union of the server's events"),
    ];
    let words = contract.split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    let of_contract: String = words.collect();
    let taken = [(of_contract.as_str(), "the contract itself")]
        .into_iter()
        .chain(tables);
    let taken = taken.filter_map(|(name, other)| {
        let event = reached_by(described, described.definitions.get(name)?)?;
        let event = event.spec.name;
        Some(format!(
            "two types would be named `{name}`; the other is {other}; give the type that `{event}` reaches another name: \
             #[schemars(rename = \"…\")]"
        ))
    });
    taken.collect()
}

/// The first event that needs a definition.
fn reached_by<'a>(described: &'a Described, definition: &Value) -> Option<&'a Event> {
    described.events.iter().find(|event| {
        let mut needed = parts(event).flat_map(|part| schemas(described, part));
        needed.any(|schema| std::ptr::eq(schema, definition))
    })
}

/// The schemas of what an event carries.
fn parts(event: &Event) -> impl Iterator<Item = &Value> {
    let parts = [
        Some(&event.payload),
        event.reply.as_ref(),
        event.error.as_ref(),
    ];
    parts.into_iter().flatten()
}

/// A limit in the schema that nothing checks would promise what the server does not keep.
fn unenforced_limit(described: &Described, event: &Event) -> Option<String> {
    if event.from != "client" || event.spec.limited {
        return None;
    }
    let mut found = None;
    for schema in schemas(described, &event.payload) {
        schema::visit(schema, &mut |members| {
            found = found.take().or_else(|| limit(members))
        });
    }
    found.map(|keyword| {
        format!(
            "the payload `{}` of `{}` has the limit `{keyword}` in its schema, but nothing checks it on receipt; \
             derive `garde::Validate` on the payload (and `#[garde(dive)]` where the limit is in a field's type)",
            (event.spec.payload_type)(),
            event.spec.name
        )
    })
}

/// Only an enum of strings can grow: what a variant of another would look like is not known.
fn tagged_growth(described: &Described, event: &Event) -> Option<String> {
    let mut found = None;
    for schema in parts(event).flat_map(|part| schemas(described, part)) {
        schema::visit(schema, &mut |members| {
            let grows = ["x-ws-open", "x-ws-other"]
                .into_iter()
                .find(|it| members.contains_key(*it));
            let wraps_strings = members
                .get("anyOf")
                .is_some_and(|any| any.get(1) == Some(&json!({ "type": "string" })));
            found = found.or(grows.filter(|_| !wraps_strings));
        });
    }
    found.map(|keyword| {
        format!(
            "an enum of the {} event `{}` has the keyword `{keyword}`, but its variants are not all strings, so clients \
             cannot know what a new variant would look like; remove the keyword, and add variants under a new event",
            event.from, event.spec.name
        )
    })
}

/// A keyword that comes from a declared limit and not from the type itself: `char` has a length, `u8` a maximum, and `[T; 0]` no items.
fn limit(members: &Map<String, Value>) -> Option<&str> {
    let number = |keyword: &str| members.get(keyword).and_then(Value::as_f64);
    let fixed = |least: &str, most: &str| number(least).is_some() && number(least) == number(most);
    let of_type = |keyword: &str| match keyword {
        "minLength" | "maxLength" => {
            let coded = members.contains_key("x-ws-codec");
            fixed("minLength", "maxLength") && (coded || number("minLength") == Some(1.0))
        }
        "minItems" | "maxItems" => {
            let empty = number("maxItems") == Some(0.0);
            empty || members.contains_key("prefixItems") || fixed("minItems", "maxItems")
        }
        "minimum" | "maximum" => {
            let format = members.get("format").and_then(Value::as_str);
            format.is_some_and(|format| is_bound(format, number(keyword)))
        }
        _ => false,
    };
    [
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
    ]
    .into_iter()
    .chain(["exclusiveMinimum", "exclusiveMaximum"])
    .find(|keyword| members.contains_key(*keyword) && !of_type(keyword))
}

/// Whether a number is where the values of a type end, and not a limit that somebody declared.
fn is_bound(format: &str, number: Option<f64>) -> bool {
    let bounds = match format {
        "int8" => [i8::MIN.into(), i8::MAX.into()],
        "int16" => [i16::MIN.into(), i16::MAX.into()],
        "int32" => [i32::MIN.into(), i32::MAX.into()],
        "uint8" => [0.0, u8::MAX.into()],
        "uint16" => [0.0, u16::MAX.into()],
        "uint32" => [0.0, u32::MAX.into()],
        "float" => [f32::MIN.into(), f32::MAX.into()],
        // What `IntSafe` and `Millis` check themselves.
        "int64" | "int" => [-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER],
        "uint64" | "uint" => [0.0, MAX_SAFE_INTEGER],
        "uint128" => [0.0, 0.0],
        _ => return false,
    };
    // Numbers that are not zero begin at one.
    let nonzero = format.starts_with("uint") && number == Some(1.0);
    nonzero || number.is_some_and(|number| bounds.contains(&number))
}

/// 2^53 - 1, exactly.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// TypeScript tells errors apart by `code`, and the codes of the library must stay recognizable.
fn malformed_error(described: &Described, event: &Event) -> Option<String> {
    let error = event.error.as_ref()?;
    let fault = match codes(described, error, 0) {
        None => "has variants that no constant member `code` distinguishes".to_owned(),
        Some(codes) => match codes.iter().find(|code| code.starts_with("ws.")) {
            Some(code) => format!(
                "has the code `{code}`, but codes that start with `ws.` are reserved for the library"
            ),
            None => return None,
        },
    };
    Some(format!(
        "the error of `{}` {fault}; declare an enum that serializes flat: \
         #[serde(tag = \"code\", rename_all = \"snake_case\")]",
        event.spec.name
    ))
}

/// The constants that `code` has in every variant, or `None` where a variant has none.
fn codes(described: &Described, schema: &Value, depth: usize) -> Option<BTreeSet<String>> {
    let members = schema.as_object()?;
    if depth > 16 {
        return None;
    }
    if let Some(code) = members
        .get("properties")
        .and_then(|properties| properties.get("code"))
    {
        let required = members.get("required").and_then(Value::as_array)?;
        let code = code
            .get("const")
            .and_then(Value::as_str)
            .filter(|_| required.iter().any(|name| name == "code"))?;
        return Some(BTreeSet::from([code.to_owned()]));
    }
    if let Some(name) = schema::reference(members) {
        return codes(described, described.definitions.get(name)?, depth + 1);
    }
    let variants = members
        .get("oneOf")
        .or_else(|| members.get("anyOf"))?
        .as_array()?;
    let mut all = BTreeSet::new();
    for variant in variants {
        all.extend(codes(described, variant, depth + 1)?);
    }
    Some(all)
}

/// A schema and all definitions that it leads to.
fn schemas<'a>(described: &'a Described, schema: &'a Value) -> Vec<&'a Value> {
    let mut found: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut open = vec![schema];
    while let Some(next) = open.pop() {
        for name in schema::references(next) {
            if let (false, Some(definition)) =
                (found.contains_key(name), described.definitions.get(name))
            {
                found.insert(name, definition);
                open.push(definition);
            }
        }
    }
    std::iter::once(schema).chain(found.into_values()).collect()
}
