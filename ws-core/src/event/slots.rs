//! The state of a registration, as a type: one slot for each event of an enum, one part for each enum of a contract.

use std::marker::PhantomData;

use super::{Answers, Described, EventEnum, EventSpec, Place, SchemaOf, Violation};

/// The slot of an event that has no handler yet.
#[derive(Debug)]
pub enum Missing {}

/// The slot of an event that has its handler.
#[derive(Debug)]
pub enum Handled {}

/// A slot that may still be filled with the handler of `P`.
#[diagnostic::on_unimplemented(
    message = "`{P}` already has a handler",
    label = "this registers a second one",
    note = "each event has exactly one handler: remove one of the two `.handle_message(…)` calls"
)]
pub trait Unhandled<P> {}
impl<P> Unhandled<P> for Missing {}

/// A slot that is filled with the handler of `P`.
#[diagnostic::on_unimplemented(
    message = "event `{P}` has no handler",
    label = "not every event is handled",
    note = "add `.handle_message(…)` with a handler `async fn(Client<…>, {P})` before `.build()`"
)]
pub trait IsHandled<P> {}
impl<P> IsHandled<P> for Handled {}

/// A state in which the handler of `P` can be registered. Implemented by `#[derive(WsEvent)]` on the enum.
#[diagnostic::on_unimplemented(
    message = "`{P}` is not an event that clients send in this contract",
    label = "this handler can never be called",
    note = "handlers are registered for the payloads of the contract's enum marked `#[ws(from = \"client\")]`; events of the server and of other contracts are in other enums"
)]
pub trait Register<P> {
    /// The state afterwards.
    type Next;
    /// The enum that carries `P`.
    type Enum: EventEnum;
    /// The reply to a request, and the error with which it can be refused.
    type Answers: Answers;
    /// The position of the event in [`EventEnum::EVENTS`].
    const INDEX: usize;
    /// Finds the first limit of `P` that a payload violates.
    const VIOLATION: fn(&P) -> Option<Violation>;
}

/// A state in which every event is handled.
pub trait Complete {}

/// Stands, together with [`NoPayloadEither`], for payloads and enums that do not exist. They keep the compiler from
/// guessing which event must be meant when only one is left, or none: its message would then be about mismatched types
/// instead of the event.
#[derive(Debug)]
pub enum NoPayload {}

/// See [`NoPayload`].
#[derive(Debug)]
pub enum NoPayloadEither {}

/// The state of an enum whose derive has reported a mistake. It accepts every handler, so that nothing is reported
/// twice. As a reply and as an error it accepts whatever a handler returns.
#[derive(Debug)]
pub enum Unknown {}

impl Complete for Unknown {}

impl<E> Include<E, Place<0>> for Unknown {
    type Next = Self;
}

impl Described for Unknown {
    const SCHEMA: Option<SchemaOf> = None;
}

impl<P> Register<P> for Unknown {
    type Next = Self;
    type Enum = Self;
    type Answers = (Self, Self);
    const INDEX: usize = 0;
    const VIOLATION: fn(&P) -> Option<Violation> = |_| None;
}

impl EventEnum for Unknown {
    const EVENTS: &'static [EventSpec] = &[];
    type Slots = Self;

    fn index(&self) -> usize {
        match *self {}
    }
}

/// One enum of a contract that has several, and whether its handlers have been included.
#[derive(Debug)]
pub struct Part<Enum, State>(PhantomData<(Enum, State)>);

/// The handlers of this enum have not been included yet.
#[derive(Debug)]
pub enum Fresh {}

/// The handlers of this enum have been included.
#[derive(Debug)]
pub enum Included {}

/// A state in which the handlers of the enum `E` have been included.
#[diagnostic::on_unimplemented(
    message = "the events of `{E}` have no handlers",
    label = "not every enum of the contract is handled",
    note = "add `.include(…)` with the `EventHandlers` of `{E}` before `.build()`"
)]
pub trait IsIncluded<E> {}
impl<E> IsIncluded<E> for Included {}

/// A state in which the handlers of the enum `E` can be included. `I` is the position of `E` in the contract, and is
/// inferred.
#[diagnostic::on_unimplemented(
    message = "the handlers of `{E}` cannot be included here",
    label = "not an enum of this contract, or already included",
    note = "every enum under `client:` in `contract!` must be included exactly once"
)]
pub trait Include<E, I> {
    /// The state afterwards.
    type Next;
}

/// A payload whose handler a contract accepts directly. In a contract with several enums, no payload is one: the bound
/// exists for its error message.
#[diagnostic::on_unimplemented(
    message = "the handler of `{Self}` must be registered together with those of its enum",
    label = "this contract has several enums",
    note = "include the handlers of one enum with `.include(EventHandlers::<Enum, _, _>::new().handle_message(…)….build())`"
)]
pub trait TakenDirectly {}

macro_rules! tuple {
    ($($place:literal $name:ident $state:ident,)+) => {
        impl<$($name, $state: IsIncluded<$name>),+> Complete for ($(Part<$name, $state>,)+) {}

        impl<Payload, $($name, $state),+> Register<Payload> for ($(Part<$name, $state>,)+)
        where
            Payload: TakenDirectly,
        {
            type Next = Self;
            type Enum = Unknown;
            type Answers = (Unknown, Unknown);
            const INDEX: usize = 0;
            const VIOLATION: fn(&Payload) -> Option<Violation> = |_| None;
        }

        #[diagnostic::do_not_recommend]
        impl<$($name, $state),+> Include<NoPayload, Place<{ usize::MAX }>> for ($(Part<$name, $state>,)+) {
            type Next = Self;
        }

        #[diagnostic::do_not_recommend]
        impl<$($name, $state),+> Include<NoPayloadEither, Place<{ usize::MAX }>> for ($(Part<$name, $state>,)+) {
            type Next = Self;
        }

        places!([] $($place $name $state,)+);
    };
}

macro_rules! places {
    ([$($before:ident $state_before:ident,)*]) => {};
    ([$($before:ident $state_before:ident,)*]
        $place:literal $this:ident $state:ident, $($places_after:literal $after:ident $state_after:ident,)*
    ) => {
        impl<$($before, $state_before,)* $this, $($after, $state_after),*> Include<$this, Place<$place>>
            for ($(Part<$before, $state_before>,)* Part<$this, Fresh>, $(Part<$after, $state_after>,)*)
        {
            type Next = ($(Part<$before, $state_before>,)* Part<$this, Included>, $(Part<$after, $state_after>,)*);
        }
        places!([$($before $state_before,)* $this $state,] $($places_after $after $state_after,)*);
    };
}

each_tuple!(tuple);
