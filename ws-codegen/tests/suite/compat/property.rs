//! What is called safe is safe: documents of the sender fit, whatever the two schemas are.

use serde_json::{Map, Value, json};
use ws_codegen::Rollout;

use super::samples::{samples, validator};
use super::{contract, shorts};

/// How many pairs of schemas are tried.
const PAIRS: u64 = 300;

/// Numbers that look random, and are the same in every run (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Some schema that the generator understands.
fn schema(random: &mut Random, depth: u64) -> Value {
    match random.below(if depth == 0 { 6 } else { 14 }) {
        0 => json!({ "type": "boolean" }),
        1 => integer(random),
        2 => {
            json!({ "type": "number", "minimum": random.below(3), "maximum": 3 + random.below(3) })
        }
        3 => text(random),
        4 => words(random),
        5 => json!({ "type": "null" }),
        6 => {
            let least = random.below(2);
            let item = schema(random, depth - 1);
            json!({ "type": "array", "items": item, "minItems": least, "maxItems": least + random.below(3) + 1 })
        }
        7 => {
            let places: Vec<_> = (0..=random.below(2))
                .map(|_| schema(random, depth - 1))
                .collect();
            let length = places.len();
            json!({ "type": "array", "prefixItems": places, "minItems": length, "maxItems": length })
        }
        8 => nullable(schema(random, depth - 1)),
        9 => json!({ "type": "object", "additionalProperties": schema(random, depth - 1) }),
        10 => {
            let variants = ["x", "y", "z"].into_iter().filter_map(|name| {
                let mut variant = object(random, depth - 1);
                variant["properties"]["type"] = json!({ "type": "string", "const": name });
                variant["required"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!("type"));
                (!random.once_in(3)).then_some(variant)
            });
            one_or_more(variants.collect(), "oneOf")
        }
        11 => {
            let variants = ["k", "l"].into_iter().map(|name| {
                let carried = schema(random, depth - 1);
                json!({
                    "type": "object", "properties": { name: carried }, "required": [name],
                    "additionalProperties": false,
                })
            });
            let mut variants: Vec<_> = variants.collect();
            variants.push(words(random));
            one_or_more(variants, "oneOf")
        }
        12 => one_or_more(
            (0..=random.below(2))
                .map(|_| schema(random, depth - 1))
                .collect(),
            "anyOf",
        ),
        _ => object(random, depth - 1),
    }
}

fn one_or_more(mut variants: Vec<Value>, keyword: &str) -> Value {
    match variants.len() {
        0 => json!({ "type": "null" }),
        1 => variants.remove(0),
        _ => json!({ keyword: variants }),
    }
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [{ "type": "null" }, schema] })
}

fn integer(random: &mut Random) -> Value {
    let (format, least, most) = match random.below(4) {
        0 => ("uint8", 0, 255),
        1 => ("int8", -128, 127),
        2 => ("int16", -32768, 32767),
        _ => ("uint8", random.below(4) as i64, 4 + random.below(4) as i64),
    };
    let mut integer =
        json!({ "type": "integer", "format": format, "minimum": least, "maximum": most });
    if random.once_in(4) {
        integer["multipleOf"] = json!(1 + random.below(3));
    }
    integer
}

fn text(random: &mut Random) -> Value {
    let mut text = json!({ "type": "string" });
    if random.once_in(2) {
        text["minLength"] = json!(random.below(2));
        text["maxLength"] = json!(2 + random.below(3));
    }
    if random.once_in(4) {
        text["pattern"] = json!(random.one_of(&["^a", "^[0-9]+$"]));
    }
    text
}

fn words(random: &mut Random) -> Value {
    let words = ["a", "b", "A1"].into_iter().filter(|_| !random.once_in(3));
    let mut words: Vec<_> = words.collect();
    words.push("ab");
    let listed = json!({ "type": "string", "enum": words });
    if random.once_in(4) {
        return json!({ "anyOf": [listed, { "type": "string" }] });
    }
    listed
}

fn object(random: &mut Random, depth: u64) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in ["a", "b", "c"] {
        if random.once_in(3) {
            continue;
        }
        let shape = if depth > 0 && random.once_in(4) {
            nullable(json!({ "$ref": "#/$defs/Example" }))
        } else {
            schema(random, depth)
        };
        properties.insert(name.to_owned(), shape);
        if random.once_in(2) {
            required.push(name);
        }
    }
    let mut object = json!({ "type": "object", "properties": properties, "required": required });
    if random.once_in(4) {
        object["additionalProperties"] = json!(false);
    }
    object
}

/// The same schema with a few changes, here and there.
fn changed(schema: &Value, random: &mut Random, depth: u64) -> Value {
    if random.once_in(9) && schema.get("type").is_some() {
        return match random.below(3) {
            0 => nullable(schema.clone()),
            1 => fresh_of(schema, random),
            _ => self::schema(random, depth.min(1)),
        };
    }
    let mut next = schema.clone();
    let below = depth.saturating_sub(1);
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            next[keyword] = changed(&schema[keyword], random, below);
        }
    }
    for keyword in ["anyOf", "oneOf", "prefixItems"] {
        let Some(list) = next[keyword].as_array_mut() else {
            continue;
        };
        for part in list.iter_mut() {
            *part = changed(part, random, below);
        }
        if keyword != "prefixItems" && list.len() > 2 && random.once_in(6) {
            list.pop();
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let mut changed_properties = Map::new();
        for (name, property) in properties {
            let is_tag = property.get("const").is_some();
            if is_tag || !random.once_in(10) {
                let property = if is_tag {
                    property.clone()
                } else {
                    changed(property, random, below)
                };
                changed_properties.insert(name.clone(), property);
            }
        }
        if random.once_in(6) {
            changed_properties.insert("d".to_owned(), self::schema(random, 0));
        }
        let required = changed_properties.iter().filter_map(|(name, property)| {
            let was = schema["required"]
                .as_array()
                .unwrap()
                .contains(&json!(name));
            let is = if property.get("const").is_some() {
                was
            } else {
                was != random.once_in(10)
            };
            is.then_some(name.clone())
        });
        next["required"] = required.collect();
        next["properties"] = changed_properties.into();
    }
    next.as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    next
}

/// Another schema of the same kind.
fn fresh_of(schema: &Value, random: &mut Random) -> Value {
    match schema["type"].as_str() {
        Some("integer") => integer(random),
        Some("string") if schema.get("enum").is_some() => words(random),
        Some("string") => text(random),
        Some("object") => object(random, 1),
        _ => self::schema(random, 1),
    }
}

#[test]
fn documents_of_a_contract_fit_every_other_that_is_said_to_be_safe() {
    let (mut safe, mut breaking, mut witnessed) = (0, 0, 0);
    for seed in 0..PAIRS {
        let mut random = Random::of(seed);
        let old = object(&mut random, 2);
        let new = changed(&old, &mut random, 2);
        let others = |example: &Value| json!({ "Example": example });
        let texts = [&old, &new].map(|it| contract("client", it, &json!({})).to_string());
        // Some of these schemas are refused, as are values that nothing fits.
        let Ok(found) = ws_codegen::compat(&texts[0], &texts[1]) else {
            continue;
        };
        let meetings = [
            (Rollout::ServerFirst, &old, &new),
            (Rollout::ClientFirst, &new, &old),
        ];
        for (rollout, sender, receiver) in meetings {
            let documents = samples(sender, &others(sender));
            let receives = validator(receiver, &others(receiver));
            let refused = documents.iter().find(|it| !receives.is_valid(it));
            if found.is_breaking(rollout) {
                breaking += 1;
                witnessed += u32::from(refused.is_some());
                continue;
            }
            safe += 1;
            assert!(
                refused.is_none(),
                "seed {seed}: {} is sent as {sender}\nand not taken as {receiver}\nin {rollout:?}, but told is {:?}",
                refused.unwrap(),
                shorts(&found)
            );
        }
    }
    // Most of what is called breaking is so, and both verdicts are met.
    let counts = format!(
        "{safe} safe, {breaking} breaking, {witnessed} of them with a document that is refused"
    );
    assert!(
        safe > 150 && breaking > 150 && witnessed * 100 > breaking * 85,
        "{counts}"
    );
}
