//! From JSON Schema to the model: `contract` in, `model` out.
//!
//! It collects every problem of a contract before it gives up, and knows nothing of how types are printed.

mod aliases;
mod array;
mod codec;
mod docs;
mod keywords;
mod kinds;
mod limits;
mod literal;
mod narrow;
mod number;
mod object;
mod reference;
mod schema;
mod union;

use std::collections::HashMap;
use std::fmt;

use crate::contract::{Contract, Event, Json, Location, Part, Side};
use crate::error::{ContractError, Problem, Report};
use crate::model::{self, Definition, Model, Type, TypeId};

/// Understands every schema that the contract's events reach.
pub(crate) fn lower(contract: &Contract<'_>) -> Result<Model, ContractError> {
    let mut lowering = Lowering {
        contract,
        found: Vec::new(),
        ids: HashMap::new(),
        origin: Origin::Event(0, Part::Payload),
        report: Report::default(),
    };
    let model = lowering.model();
    lowering.report.finish(model)
}

/// The state of one lowering: which definitions have been found so far, and what is wrong.
struct Lowering<'a> {
    contract: &'a Contract<'a>,
    /// Definitions in the order in which they were found. The breadth of the search makes each route a shortest one.
    found: Vec<Found<'a>>,
    ids: HashMap<&'a str, TypeId>,
    /// What is being lowered; set before anything is.
    origin: Origin,
    report: Report,
}

/// A definition that an event needs.
struct Found<'a> {
    name: &'a str,
    schema: &'a Json,
    /// Which event, as an index into the contract's events.
    event: usize,
    part: Part,
    /// Which definition refers to it, unless the event does so itself.
    parent: Option<TypeId>,
}

/// Whose schema is being lowered.
#[derive(Clone, Copy)]
enum Origin {
    Event(usize, Part),
    Definition(TypeId),
}

impl<'a> Lowering<'a> {
    fn model(&mut self) -> Option<Model> {
        let mut model = Model {
            name: self.contract.name.to_owned(),
            hash: self.contract.hash.to_owned(),
            definitions: Vec::new(),
            server_events: Vec::new(),
            client_events: Vec::new(),
            requests: Vec::new(),
        };
        for (index, event) in self.contract.events.iter().enumerate() {
            self.event(index, event, &mut model);
        }
        // Lowering one definition may find others, which are appended.
        let mut next = 0;
        while let Some(found) = self.found.get(next) {
            let (name, schema) = (found.name, found.schema);
            let definition = self.definition(TypeId(next), name, schema);
            model.definitions.push(definition);
            next += 1;
        }
        let order = aliases::order(&model, &mut self.report)?;
        narrow::narrow(&mut model, &order, &mut self.report);
        Some(model)
    }

    fn event(&mut self, index: usize, event: &Event<'a>, model: &mut Model) {
        let mut lower = |part, schema| {
            self.origin = Origin::Event(index, part);
            let table = Location::ROOT.member("x-ws-contract");
            let events = table.member("events");
            let entry = events.item(event.index);
            self.schema(schema, &entry.member(part.member()))
        };
        let payload = lower(Part::Payload, event.payload);
        let reply = event.reply.map(|schema| lower(Part::Reply, schema));
        let error = event.error.map(|schema| lower(Part::Error, schema));
        let name = event.name.to_owned();
        let docs = self.docs(event, &payload);
        match (event.from, reply) {
            (Side::Client, Some(output)) => model.requests.push(model::Request {
                name,
                docs,
                input: payload,
                output,
                error: error.unwrap_or(Type::Never),
            }),
            (Side::Client, None) => model.client_events.push(model::Event {
                name,
                docs,
                payload,
            }),
            (Side::Server, _) => model.server_events.push(model::Event {
                name,
                docs,
                payload,
            }),
        }
    }

    /// The docs of an event: its own, else those of the type that it carries, and what its declaration says of its traffic.
    fn docs(&self, event: &Event<'a>, payload: &Type) -> model::Docs {
        let carried = match payload {
            Type::Reference(id) => self.found[id.0].schema.as_object().map(docs::read),
            _ => None,
        };
        let carried = carried.unwrap_or_default();
        let docs = match event.docs.trim() {
            "" => &*carried.text,
            own => own,
        };
        model::Docs {
            text: with_traffic(event, docs),
            deprecated: event.deprecated || carried.deprecated,
            default: None,
        }
    }

    fn definition(&mut self, id: TypeId, name: &'a str, schema: &'a Json) -> Definition {
        self.origin = Origin::Definition(id);
        let definitions = Location::ROOT.member("$defs");
        let shape = self.schema(schema, &definitions.member(name));
        Definition {
            name: name.to_owned(),
            route: self.route().to_string(),
            docs: schema.as_object().map(docs::read).unwrap_or_default(),
            shape,
            holds_empty: false,
            target: id,
        }
    }

    /// Reports a problem of what is being lowered.
    fn refuse(&mut self, problem: Problem) {
        let problem = problem.reached_by(self.route());
        self.report.push(problem);
    }

    fn route(&self) -> Route<'_, 'a> {
        Route { lowering: self }
    }
}

/// How an event comes to need what is being lowered: the event, and the definitions on the way.
struct Route<'l, 'a> {
    lowering: &'l Lowering<'a>,
}

impl Route<'_, '_> {
    /// How many of the definitions on the way are named, counted from the end.
    const SHOWN: usize = 6;
}

impl fmt::Display for Route<'_, '_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.lowering.found;
        let (event, part, mut next) = match self.lowering.origin {
            Origin::Event(event, part) => (event, part, None),
            Origin::Definition(id) => (found[id.0].event, found[id.0].part, Some(id)),
        };
        let event = &self.lowering.contract.events[event];
        write!(
            out,
            "the {} event `{}` ({})",
            event.from,
            event.name,
            part.member()
        )?;
        let mut names = Vec::new();
        while let Some(id) = next {
            if names.len() == Self::SHOWN {
                names.push("…");
                break;
            }
            names.push(found[id.0].name);
            next = found[id.0].parent;
        }
        for name in names.iter().rev() {
            write!(out, " > {name}")?;
        }
        Ok(())
    }
}

/// The docs of an event, and what its declaration says of its traffic.
fn with_traffic(event: &Event<'_>, docs: &str) -> String {
    let rate = event.rate.map(|rate| {
        format!(
            "At most {rate} per connection; anything beyond is answered with `ws.rate_limited`."
        )
    });
    let slow = (event.when_slow == Some("drop_oldest")).then(|| {
        "If this client reads too slowly, the oldest of these are dropped to make room for newer ones."
            .to_owned()
    });
    let ephemeral = (event.delivery == Some("ephemeral"))
        .then(|| "Not sent again to a client that reconnects.".to_owned());
    let docs = (!docs.is_empty()).then(|| docs.to_owned());
    let paragraphs = [docs, rate, slow, ephemeral];
    paragraphs
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n\n")
}
