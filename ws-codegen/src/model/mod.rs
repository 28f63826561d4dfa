//! What a contract means, in terms of no schema language and no target language.
//!
//! `lower` writes it, `typescript` reads it. It holds everything that decides which values fit, so that a validator can
//! be printed from it as well as a type.

mod docs;
mod limits;
mod types;

pub(crate) use docs::Docs;
pub(crate) use limits::{ArrayLimits, NumberLimits, ObjectLimits, TextLimits};
pub(crate) use types::{
    Arm, Array, Codec, IntegerFormat, IntegerRange, Intersection, Literal, Number, Object, Pattern,
    Property, Rest, Text, Tuple, Type, TypeId, Union,
};

/// A contract whose every type is understood.
#[derive(Debug)]
pub(crate) struct Model {
    /// The contract's name.
    pub(crate) name: String,
    /// What the contract is known by on the wire.
    pub(crate) hash: String,
    /// The named types that the events reach. A [`TypeId`] is a position in it.
    pub(crate) definitions: Vec<Definition>,
    /// What the server sends, sorted by name.
    pub(crate) server_events: Vec<Event>,
    /// What a client sends without waiting for a reply, sorted by name.
    pub(crate) client_events: Vec<Event>,
    /// What a client asks, sorted by name.
    pub(crate) requests: Vec<Request>,
}

impl Model {
    /// The definition that a reference means.
    ///
    /// `lower` makes a [`TypeId`] only for a definition that it then lowers, so there always is one.
    pub(crate) fn definition(&self, id: TypeId) -> &Definition {
        &self.definitions[id.0]
    }

    /// All definitions with their ids.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = (TypeId, &Definition)> {
        let ids = (0..).map(TypeId);
        ids.zip(&self.definitions)
    }

    /// The types of what events carry, as far as they have no name of their own.
    pub(crate) fn carried(&self) -> impl Iterator<Item = &Type> {
        let events = self.server_events.iter().chain(&self.client_events);
        let requests = self.requests.iter();
        events
            .map(|event| &event.payload)
            .chain(requests.flat_map(|request| [&request.input, &request.output, &request.error]))
    }

    /// The type that `shape` is after all references to it have been followed.
    pub(crate) fn resolve<'m>(&'m self, shape: &'m Type) -> &'m Type {
        match shape {
            Type::Reference(id) => {
                let target = self.definition(*id).target;
                &self.definition(target).shape
            }
            other => other,
        }
    }
}

/// A type with a name.
#[derive(Debug)]
pub(crate) struct Definition {
    /// As the contract file has it: not necessarily an identifier.
    pub(crate) name: String,
    /// How the first event comes to need it, for messages.
    pub(crate) route: String,
    pub(crate) docs: Docs,
    pub(crate) shape: Type,
    /// Whether an object without any known member is among its values.
    pub(crate) holds_empty: bool,
    /// The definition that this is only another name of, or itself.
    pub(crate) target: TypeId,
}

/// An event without a reply.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) payload: Type,
}

/// An event with a reply.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) input: Type,
    pub(crate) output: Type,
    /// [`Type::Never`] when the request declares no error.
    pub(crate) error: Type,
}
