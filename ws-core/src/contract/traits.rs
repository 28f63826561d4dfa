//! [`Contract`]: what `contract!` implements.

use crate::event::EventEnums;

/// The events that a server and its clients exchange. Implemented by [`contract!`](crate::contract!).
pub trait Contract: Send + Sync + 'static {
    /// The name of the contract, which is also the name of its file and of the generated client.
    const NAME: &'static str;
    /// The enums of events that clients send, as a tuple.
    type Client: EventEnums;
    /// The enums of events that the server sends, as a tuple.
    type Server: EventEnums;
    /// The state of a registration in which no event has a handler.
    type Slots;
}
