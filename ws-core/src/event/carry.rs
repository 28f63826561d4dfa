//! Enums of events, and which payloads they carry: how the compiler finds the event of a payload.

use super::{EventSpec, WhenSlow};

/// An enum whose variants are the events of one direction. Implemented by `#[derive(WsEvent)]`.
pub trait EventEnum {
    /// The events, in the order of the variants.
    const EVENTS: &'static [EventSpec];
    /// One slot for each event, all of them [`Missing`](super::Missing).
    type Slots;

    /// Returns the position of this value's event in [`EVENTS`](Self::EVENTS).
    fn index(&self) -> usize;

    /// Returns the name of this value's event.
    fn name(&self) -> &'static str {
        Self::EVENTS
            .get(self.index())
            .map_or("", |event| event.name)
    }
}

/// An enum of events that clients send: `#[ws(from = "client")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events from the client",
    label = "listed under `client:` in the contract",
    note = "mark it `#[derive(WsEvent)] #[ws(from = \"client\")]`, or move it to `server:`"
)]
pub trait ClientEvents: EventEnum {}

/// An enum of events that the server sends: `#[ws(from = "server")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events from the server",
    label = "listed under `server:` in the contract",
    note = "mark it `#[derive(WsEvent)] #[ws(from = \"server\")]`, or move it to `client:`"
)]
pub trait ServerEvents: EventEnum {}

/// Compiles only if `E` is an enum of events from the client.
pub const fn assert_from_client<E: ClientEvents>() {}

/// Compiles only if `E` is an enum of events from the server.
pub const fn assert_from_server<E: ServerEvents>() {}

/// An enum in which `P` is the payload of an event. Implemented by `#[derive(WsEvent)]`, once for each variant.
#[diagnostic::on_unimplemented(
    message = "`{P}` is not an event of `{Self}`",
    label = "cannot be sent here",
    note = "the events of `{Self}` are the payloads of its variants; events of the other direction and of other contracts are in other enums"
)]
pub trait Carries<P>: EventEnum {
    /// The event's name.
    const NAME: &'static str;
    /// The position of the event in [`EventEnum::EVENTS`].
    const INDEX: usize;
}

/// The enums of one direction of a contract, as a tuple.
pub trait EventEnums {
    /// The events of each enum.
    const EVENTS: &'static [&'static [EventSpec]];
}

/// The position of an enum in the tuple of its contract. The compiler infers it, so it never needs to be written.
#[derive(Debug)]
pub enum Place<const N: usize> {}

/// A set of enums of which one carries `P`.
///
/// `I` says which one, and is inferred; without it, two enums that might carry the same payload could not be told
/// apart.
#[diagnostic::on_unimplemented(
    message = "`{P}` is not an event that this contract's server sends",
    label = "cannot be sent here",
    note = "the events of the server are the payloads of the enums under `server:` in `contract!`"
)]
pub trait CarriesOne<P, I> {
    /// The event's name.
    const NAME: &'static str;
    /// What happens to the event if its receiver is slow.
    const WHEN_SLOW: WhenSlow;
    /// Whether the event bypasses the log of a channel.
    const EPHEMERAL: bool;
}

/// Whether an event goes past the log.
const fn is_ephemeral(events: &[EventSpec], index: usize) -> bool {
    index < events.len() && events[index].ephemeral
}

/// What becomes of an event where its receiver is slow.
const fn when_slow(events: &[EventSpec], index: usize) -> WhenSlow {
    // Out of bounds only after a mistake that the derive has reported.
    if index < events.len() {
        events[index].when_slow
    } else {
        WhenSlow::Disconnect
    }
}

macro_rules! tuple {
    ($($place:literal $name:ident $state:ident,)+) => {
        impl<$($name: EventEnum),+> EventEnums for ($($name,)+) {
            const EVENTS: &'static [&'static [EventSpec]] = &[$($name::EVENTS),+];
        }
        places!([$($name)+] $($place $name,)+);
    };
}

macro_rules! places {
    ([$($all:ident)+]) => {};
    ([$($all:ident)+] $place:literal $this:ident, $($rest:tt)*) => {
        impl<Payload, $($all),+> CarriesOne<Payload, Place<$place>> for ($($all,)+)
        where
            $this: Carries<Payload>,
        {
            const NAME: &'static str = <$this as Carries<Payload>>::NAME;
            const WHEN_SLOW: WhenSlow =
                when_slow(<$this as EventEnum>::EVENTS, <$this as Carries<Payload>>::INDEX);
            const EPHEMERAL: bool =
                is_ephemeral(<$this as EventEnum>::EVENTS, <$this as Carries<Payload>>::INDEX);
        }
        places!([$($all)+] $($rest)*);
    };
}

each_tuple!(tuple);
