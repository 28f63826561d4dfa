use schemars::{Schema, SchemaGenerator};

/// Adds a type's schema to a generator, and refers to it.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What is known of one event before the program runs. A row of the contract's event table.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct EventSpec {
    /// The event's name.
    pub name: &'static str,
    /// The doc comment of the variant, or else that of the payload type.
    pub docs: &'static str,
    /// Whether the event is deprecated.
    pub deprecated: bool,
    /// Whether the payload's limits are checked on receipt (`garde::Validate`).
    pub limited: bool,
    /// The payload's Rust type, for messages.
    pub payload_type: fn() -> &'static str,
    /// The payload's schema.
    pub payload: SchemaOf,
    /// The schema of a request's reply.
    pub reply: Option<SchemaOf>,
    /// The schema of a request's declared error.
    pub error: Option<SchemaOf>,
}
