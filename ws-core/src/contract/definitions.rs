//! The schemas of all events of a contract, in both directions' shapes, under names that do not depend on their order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::{Contract as Shape, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::Contract;
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
    /// Names that two types claim.
    pub(super) collisions: BTreeSet<String>,
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

        let forwards = Generated::of(specs.iter());
        let backwards = Generated::of(specs.iter().rev());
        let mut collisions = differences(&forwards.accepted, &backwards.accepted);
        collisions.extend(differences(&forwards.written, &backwards.written));

        forwards.merge(collisions)
    }
}

/// The events as described by one run, with the definitions of either shape apart.
struct Generated {
    events: Vec<Event>,
    accepted: Definitions,
    written: Definitions,
}

impl Generated {
    fn of<'a>(specs: impl Iterator<Item = &'a (&'static str, EventSpec)>) -> Self {
        let mut accepted = generator(Shape::Deserialize);
        let mut written = generator(Shape::Serialize);
        let events = specs
            .map(|(from, spec)| {
                let payload = match *from {
                    "client" => (spec.payload)(&mut accepted),
                    _ => (spec.payload)(&mut written),
                };
                let mut answer = |describe: fn(&mut SchemaGenerator) -> Schema| {
                    describe(&mut written).to_value()
                };
                let (reply, error) = (spec.reply.map(&mut answer), spec.error.map(&mut answer));
                Event {
                    spec: *spec,
                    from,
                    payload: payload.to_value(),
                    reply,
                    error,
                }
            })
            .collect();
        Self {
            events,
            accepted: accepted.take_definitions(true).into_iter().collect(),
            written: written.take_definitions(true).into_iter().collect(),
        }
    }

    /// Puts both shapes into one table. A type that looks the same in both keeps its name; where it differs, what the
    /// server accepts is called `…Input`.
    fn merge(mut self, collisions: BTreeSet<String>) -> Described {
        let differing = self.differing();
        let input = |name: &str| differing.contains(name).then(|| format!("{name}Input"));
        for event in self
            .events
            .iter_mut()
            .filter(|event| event.from == "client")
        {
            schema::rename(&mut event.payload, &input);
        }
        let mut definitions = self.written;
        for (name, mut definition) in self.accepted {
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
        let in_both = |name: &String| self.written.contains_key(name);
        let mut differing: BTreeSet<String> = self
            .accepted
            .iter()
            .filter(|(name, accepted)| {
                self.written
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
            let more: Vec<String> = self
                .accepted
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

fn generator(shape: Shape) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.contract = shape)
        .into_generator()
}

/// Names that stand for other types when the events are described in another order: schemars numbers types of the same
/// name in the order in which it meets them.
fn differences(forwards: &Definitions, backwards: &Definitions) -> BTreeSet<String> {
    let differing = |(name, schema): &(&String, &Value)| backwards.get(*name) != Some(*schema);
    forwards
        .iter()
        .filter(differing)
        .map(|(name, _)| name.clone())
        .collect()
}
