//! What an event is to the compiler: a payload type with a name, carried by an enum in one direction.
//!
//! The traits here are implemented by `#[derive(WsEvent)]`. They know nothing of connections, and nothing of how an
//! event travels.

#[macro_use]
mod tuples;

mod carry;
mod payload;
mod probe;
mod slots;
mod spec;

pub use carry::{Carries, CarriesOne, ClientEvents, EventEnum, EventEnums, Place, ServerEvents};
pub use payload::{NoError, NoReply, WsEvent};
pub use probe::{Probe, Unlimited, Unnamed};
pub use slots::{
    Complete, Fresh, Handled, Include, Included, IsHandled, IsIncluded, Missing, NoPayload,
    NoPayloadEither, Part, Register, Unhandled,
};
pub use spec::{EventSpec, SchemaOf};
