//! The schemas of all events of a contract, in the shapes of both directions, under names that do not depend on the order of the
//! events.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::{Contract as Shape, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::Contract;
use super::correct::{close, correct, inline_tagged};
use super::identity::{Identities, identities, names};
use super::routes::{Routes, routes};
use super::schema;
use crate::event::{EventEnums, EventSpec};

/// The definitions, by their names.
pub(super) type Definitions = BTreeMap<String, Value>;

/// One event of the table.
pub(super) struct Event {
    pub(super) spec: EventSpec,
    pub(super) from: &'static str,
    pub(super) payload: Value,
    pub(super) reply: Option<Value>,
    pub(super) error: Option<Value>,
}

/// The table of a contract, and the types that it refers to.
pub(super) struct Described {
    /// Sorted by the side that sends them, then by name.
    pub(super) events: Vec<Event>,
    pub(super) definitions: Definitions,
    pub(super) collisions: Vec<Collision>,
}

/// A name that several types claim.
pub(super) struct Collision {
    pub(super) name: String,
    /// Each type, and how an event comes to need it.
    pub(super) claims: BTreeSet<String>,
}

impl Described {
    pub(super) fn of<C: Contract>() -> Self {
        let mut specs: Vec<(&'static str, EventSpec)> = Vec::new();
        specs.extend(
            C::Client::EVENTS
                .iter()
                .copied()
                .flatten()
                .map(|spec| ("client", *spec)),
        );
        specs.extend(
            C::Server::EVENTS
                .iter()
                .copied()
                .flatten()
                .map(|spec| ("server", *spec)),
        );
        specs.sort_by_key(|(from, spec)| (*from, spec.name));

        let (forwards, mut collisions) = Generated::of(specs.iter()).named();
        // Types that share even their id differ only by which of them schemars meets first.
        let (backwards, _) = Generated::of(specs.iter().rev()).named();
        if collisions.is_empty() {
            collisions.extend(forwards.differences(&backwards));
        }
        forwards.merge(collisions)
    }
}

/// The events as described by one run, with the definitions of either shape apart.
struct Generated {
    events: Vec<Event>,
    accepted: Shaped,
    written: Shaped,
}

/// The definitions of one shape.
struct Shaped {
    definitions: Definitions,
    identities: Identities,
}

impl Generated {
    fn of<'a>(specs: impl Iterator<Item = &'a (&'static str, EventSpec)>) -> Self {
        let mut accepted = generator(Shape::Deserialize);
        let mut written = generator(Shape::Serialize);
        let events = specs
            .map(|(from, spec)| {
                let payload = match *from {
                    "client" => described(spec.payload, &mut accepted),
                    _ => described(spec.payload, &mut written),
                };
                let mut answer = |describe| described(describe, &mut written);
                let (reply, error) = (spec.reply.map(&mut answer), spec.error.map(&mut answer));
                Event {
                    spec: *spec,
                    from,
                    payload,
                    reply,
                    error,
                }
            })
            .collect();
        Self {
            events,
            accepted: Shaped::of(accepted),
            written: Shaped::of(written),
        }
    }

    /// Gives every definition the name that its type's id asks for, unless another type asks for the same name.
    fn named(mut self) -> (Self, Vec<Collision>) {
        let mut all = self.accepted.identities.clone();
        all.extend(self.written.identities.clone());
        let names = names(&all);
        let mut claims: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, name) in &names {
            claims.entry(name).or_default().push(id);
        }
        let (unique, shared): (BTreeMap<_, _>, BTreeMap<_, _>) =
            claims.into_iter().partition(|(_, ids)| ids.len() == 1);
        let [accepted, written] = self.routes();
        let collisions = shared.into_iter().map(|(name, ids)| Collision {
            name: name.to_owned(),
            claims: ids
                .into_iter()
                .filter_map(|id| {
                    let of = |shaped: &Shaped, routes: &Routes| {
                        routes.get(shaped.identities.get(id)?).cloned()
                    };
                    let route = of(&self.accepted, &accepted);
                    let route = route.or_else(|| of(&self.written, &written))?;
                    Some(format!("`{id}`, reached by {route}"))
                })
                .collect(),
        });
        let collisions = collisions.collect();

        let new_names = |shaped: &Shaped| -> BTreeMap<String, String> {
            let named = unique.iter().filter_map(|(name, ids)| {
                let old = shaped.identities.get(*ids.first()?)?;
                Some((old.clone(), (*name).to_owned()))
            });
            named.collect()
        };
        let (accepted, written) = (new_names(&self.accepted), new_names(&self.written));
        for event in &mut self.events {
            let (of_payload, of_answer) = match event.from {
                "client" => (&accepted, &written),
                _ => (&written, &written),
            };
            schema::rename(&mut event.payload, &|name| of_payload.get(name).cloned());
            for answer in [&mut event.reply, &mut event.error].into_iter().flatten() {
                schema::rename(answer, &|name| of_answer.get(name).cloned());
            }
        }
        self.accepted.rename(&accepted);
        self.written.rename(&written);
        (self, collisions)
    }

    /// How the events come to need the definitions that the server accepts, and those that it writes.
    fn routes(&self) -> [Routes; 2] {
        let of_client = |event: &&Event| event.from == "client";
        let accepted = self.events.iter().filter(of_client);
        let accepted = accepted.map(|event| (event.spec.name, &event.payload));
        let written = self.events.iter().flat_map(|event| {
            let payload = (event.from == "server").then_some(&event.payload);
            let parts = [payload, event.reply.as_ref(), event.error.as_ref()];
            let parts = parts.into_iter().flatten();
            parts.map(|schema| (event.spec.name, schema))
        });
        [
            routes(accepted, &self.accepted.definitions),
            routes(written, &self.written.definitions),
        ]
    }

    /// Names that would stand for other types if the events were described in another order.
    fn differences(&self, backwards: &Self) -> Vec<Collision> {
        let mut found = BTreeMap::new();
        let [accepted, written] = self.routes();
        for (forwards, backwards, routes) in [
            (&self.accepted, &backwards.accepted, &accepted),
            (&self.written, &backwards.written, &written),
        ] {
            for (name, schema) in &forwards.definitions {
                if backwards.definitions.get(name) != Some(schema) {
                    let route = routes
                        .get(name)
                        .map(|route| format!("one is reached by {route}"));
                    found.insert(name.clone(), route.into_iter().collect());
                }
            }
        }
        let found = found.into_iter();
        found
            .map(|(name, claims)| Collision { name, claims })
            .collect()
    }

    /// Puts both shapes into one table. A type that looks the same in both keeps its name; where it differs, what the
    /// server accepts is called `…Input`.
    fn merge(mut self, mut collisions: Vec<Collision>) -> Described {
        let differing = self.differing();
        let [accepted, written] = self.routes();
        for name in &differing {
            let input = format!("{name}Input");
            let other = accepted.get(&input).or_else(|| written.get(&input));
            if let (Some(other), Some(route)) = (other, accepted.get(name)) {
                collisions.push(Collision {
                    name: input,
                    claims: [
                        format!("the type of that name, reached by {other}"),
                        format!(
                            "what the server accepts as a `{name}`, which differs from what it writes, reached by {route}"
                        ),
                    ]
                    .into(),
                });
            }
        }
        let input = |name: &str| differing.contains(name).then(|| format!("{name}Input"));
        for event in self
            .events
            .iter_mut()
            .filter(|event| event.from == "client")
        {
            schema::rename(&mut event.payload, &input);
        }
        let mut definitions = self.written.definitions;
        for (name, mut definition) in self.accepted.definitions {
            schema::rename(&mut definition, &input);
            definitions.insert(input(&name).unwrap_or(name), definition);
        }
        Described {
            events: self.events,
            definitions,
            collisions,
        }
    }

    /// The types that look different in the two shapes, or refer to one that does.
    fn differing(&self) -> BTreeSet<String> {
        let (accepted, written) = (&self.accepted.definitions, &self.written.definitions);
        let in_both = |name: &String| written.contains_key(name);
        let mut differing: BTreeSet<String> = accepted
            .iter()
            .filter(|(name, accepted)| {
                written
                    .get(*name)
                    .is_some_and(|written| written != *accepted)
            })
            .map(|(name, _)| name.clone())
            .collect();
        loop {
            let refers = |schema: &Value| {
                schema::references(schema)
                    .iter()
                    .any(|name| differing.contains(*name))
            };
            let more: Vec<String> = accepted
                .iter()
                .filter(|(name, schema)| {
                    in_both(name) && !differing.contains(*name) && refers(schema)
                })
                .map(|(name, _)| name.clone())
                .collect();
            if more.is_empty() {
                return differing;
            }
            differing.extend(more);
        }
    }
}

impl Shaped {
    fn of(mut generator: SchemaGenerator) -> Self {
        let shape = generator.contract().clone();
        let definitions = generator.take_definitions(true);
        let definitions = definitions.into_iter().map(|(name, mut schema)| {
            correct(&mut schema, &shape);
            if shape.is_deserialize() && name.starts_with("Range_of_") {
                close(&mut schema);
            }
            (name, schema)
        });
        let mut definitions: Definitions = definitions.collect();
        let before = definitions.clone();
        for schema in definitions.values_mut() {
            inline_tagged(schema, &before);
        }
        Self {
            definitions,
            identities: identities(&generator),
        }
    }

    fn rename(&mut self, new_names: &BTreeMap<String, String>) {
        let definitions = std::mem::take(&mut self.definitions).into_iter();
        let renamed = definitions.map(|(name, mut schema)| {
            schema::rename(&mut schema, &|name| new_names.get(name).cloned());
            (new_names.get(&name).cloned().unwrap_or(name), schema)
        });
        self.definitions = renamed.collect();
    }
}

fn generator(shape: Shape) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.contract = shape)
        .into_generator()
}

fn described(
    describe: fn(&mut SchemaGenerator) -> Schema,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut schema = describe(generator).to_value();
    correct(&mut schema, generator.contract());
    schema
}
