//! What an event is to the compiler: a payload type with a name, carried by an enum in one direction.
//!
//! The traits here are implemented by `#[derive(WsEvent)]`. They know nothing of connections, and nothing of how an
//! event travels.

#[macro_use]
mod tuples;

mod carry;
mod names;
mod payload;
mod policy;
mod probe;
mod slots;
mod spec;
mod violation;

pub use carry::{
    Carries, CarriesOne, ClientEvents, EventEnum, EventEnums, Place, ServerEvents,
    assert_from_client, assert_from_server,
};
pub use names::{assert_unique_names, assert_unique_names_across};
pub use payload::{Answers, Declared, Described, NoError, NoReply, WsEvent};
pub use policy::{Rate, WhenSlow};
pub use probe::{OneWay, Probe, Unlimited, Unnamed, Violations, read};
pub use slots::{
    Complete, Fresh, Handled, Include, Included, IsHandled, IsIncluded, Missing, NoPayload,
    NoPayloadEither, Part, Register, TakenDirectly, Unhandled, Unknown,
};
pub use spec::{EventSpec, Judge, Judgement, Judges, SchemaOf};
pub use violation::Violation;
