//! What a payload type says of its event: its name, its reply, its error.

use std::marker::PhantomData;

use schemars::JsonSchema;

use super::{Rate, SchemaOf, WhenSlow};

/// A payload type that names its event.
///
/// Derive it with `#[derive(WsEvent)]` and `#[ws(event = "chats.msg")]`. For a request, add `reply = …` and, if it can
/// be refused, `error = …`.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use ws_core::WsEvent;
///
/// /// A message typed into the room.
/// #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, WsEvent)]
/// #[ws(event = "chats.msg")]
/// pub struct SendMsg {
///     pub text: String,
/// }
///
/// assert_eq!(SendMsg::NAME, "chats.msg");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name an event",
    label = "needs a name",
    note = "derive it: `#[derive(WsEvent)] #[ws(event = \"namespace.name\")]` on `{Self}`",
    note = "or let the enum name its events: `#[ws(from = \"…\", namespace = \"…\")]`, or `#[ws(name = \"…\")]` on the variant"
)]
pub trait WsEvent {
    /// The event's name, such as `chats.msg`.
    const NAME: &'static str;
    /// The doc comment of the payload type, which describes the event if its enum does not.
    const DOCS: &'static str;
    /// Whether the payload type is deprecated.
    const DEPRECATED: bool;
    /// What happens to the event if its receiver is slow.
    const WHEN_SLOW: WhenSlow = WhenSlow::Disconnect;
    /// How often one client may send the event.
    const RATE: Option<Rate> = None;
    /// Whether the event bypasses the log of a channel: it reaches the clients that are connected, and is not kept for
    /// those that reconnect.
    const EPHEMERAL: bool = false;
    /// The reply to a request, or [`NoReply`] for an event that is not a request.
    type Reply;
    /// The error with which a request can be refused, or [`NoError`] if none is declared.
    type Error;
}

/// Stands for the reply of an event that is not a request. The handler of such an event returns `()` or
/// `Result<(), E>`.
#[derive(Debug)]
pub enum NoReply {}

/// Stands for the error of an event that declares none. What the handler of such an event fails with is logged, and not
/// sent to the peer.
#[derive(Debug)]
pub enum NoError {}

/// A reply or an error as it appears in the contract, which may be absent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema",
    note = "derive it: `#[derive(JsonSchema)]` on `{Self}`"
)]
pub trait Described {
    /// The schema, unless there is nothing to describe.
    const SCHEMA: Option<SchemaOf>;
}

impl Described for NoReply {
    const SCHEMA: Option<SchemaOf> = None;
}

impl Described for NoError {
    const SCHEMA: Option<SchemaOf> = None;
}

impl<T: JsonSchema> Described for T {
    const SCHEMA: Option<SchemaOf> = Some(|generator| generator.subschema_for::<T>());
}

/// The reply to a request, and the error with which it can be refused.
pub trait Answers {
    /// The reply, or [`NoReply`].
    type Reply;
    /// The declared error, or [`NoError`].
    type Error;
}

/// The reply and the error of a payload that names its event.
#[derive(Debug)]
pub struct Declared<P>(PhantomData<P>);

impl<P: WsEvent> Answers for Declared<P> {
    type Reply = P::Reply;
    type Error = P::Error;
}

/// The answers that stand on the variant of an enum which names its events.
impl<R, E> Answers for (R, E) {
    type Reply = R;
    type Error = E;
}
