//! What handlers may return, and what the server makes of it.

use serde::Serialize;

use crate::error::HandlerError;
use crate::event::{Answers, NoError, NoReply, Register, Unknown};
use crate::protocol::{self, Encoded, RequestId};

/// A type that a handler may return, depending on what its event declares.
///
/// | the event declares | its handler returns |
/// |---|---|
/// | nothing | `()`, or `Result<(), E>` with any error `E` |
/// | `reply = R` | `R`, or `Result<R, E>` with any error `E` |
/// | `reply = R, error = E` | `R`, or `Result<R, E>`, or `Result<Result<R, E>, F>` with any error `F` |
///
/// "Any error" is one that converts into [`HandlerError`]: it is reported to the hook
/// [`on_error`](super::HandlersBuilder::on_error), and the peer of a request is sent `ws.internal`. A declared error is
/// serialized and sent to the peer, and is not reported as a failure.
///
/// The nested form is for a request that can fail in both ways. The inner `Result` is the answer to the peer. The outer
/// error is a failure of the server, and `?` returns it:
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// use ws_core::{Channel, Client, HandlerError, WsEvent};
///
/// /// Asks how many connections somebody has.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, WsEvent)]
/// #[ws(event = "people.connections", reply = usize, error = NotHere)]
/// struct CountConnections {
///     user: String,
/// }
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema)]
/// #[serde(tag = "code", rename_all = "snake_case")]
/// enum NotHere {
///     NotHere,
/// }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client")] enum FromClient { Count(CountConnections) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "people")] enum FromServer { Said(Said) }
/// # ws_core::contract!(People = "people" { client: FromClient, server: FromServer });
///
/// async fn count(
///     client: Client<People, Channel<People>>,
///     asked: CountConnections,
/// ) -> Result<Result<usize, NotHere>, HandlerError> {
///     // If the cluster is out of reach, the peer is told `ws.internal`.
///     let participants = client.session().participants().await?;
///     // If nobody has that id, the peer is told `{"code":"not_here"}`.
///     let found = participants.get(&asked.user).ok_or(NotHere::NotHere);
///     Ok(found.map(|user| user.connections))
/// }
/// # let _ = ws_core::Handlers::new().handle_message(count).build();
/// ```
#[diagnostic::on_unimplemented(
    message = "the handler of `{P}` returns `{Self}`, which the event does not declare",
    label = "declared: reply `{R}`, error `{E}`",
    note = "a handler returns the declared reply, or a `Result` of the reply and the declared error",
    note = "a handler that can also fail in another way returns `Result<Result<R, E>, HandlerError>` with the declared `R` and `E`",
    note = "`NoReply` means that the event declares no `reply`: its handler returns `()` or `Result<(), E>` with any error `E`"
)]
pub trait HandlerReturn<P, R, E> {
    #[doc(hidden)]
    fn into_outcome(self, request: Option<RequestId>) -> Outcome;
}

/// The reply that the event with the payload `P` declares.
pub(super) type Reply<Slots, P> = <<Slots as Register<P>>::Answers as Answers>::Reply;

/// The error that the event with the payload `P` declares.
pub(super) type Error<Slots, P> = <<Slots as Register<P>>::Answers as Answers>::Error;

/// How the handling of one event ended.
#[derive(Debug)]
pub enum Outcome {
    /// There is nothing to answer.
    Done,
    /// The answer to a request, complete.
    Answer(Encoded),
    /// The handler failed.
    Failed(HandlerError),
    /// The reply or the declared error does not serialize.
    NotEncoded(serde_json::Error),
}

impl<P> HandlerReturn<P, NoReply, NoError> for () {
    fn into_outcome(self, _: Option<RequestId>) -> Outcome {
        Outcome::Done
    }
}

impl<P, F: Into<HandlerError>> HandlerReturn<P, NoReply, NoError> for Result<(), F> {
    fn into_outcome(self, _: Option<RequestId>) -> Outcome {
        match self {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(error.into()),
        }
    }
}

impl<P, R: Serialize, E> HandlerReturn<P, R, E> for R {
    fn into_outcome(self, request: Option<RequestId>) -> Outcome {
        answer(request, |request| protocol::reply(request, &self))
    }
}

impl<P, R: Serialize, F: Into<HandlerError>> HandlerReturn<P, R, NoError> for Result<R, F> {
    fn into_outcome(self, request: Option<RequestId>) -> Outcome {
        match self {
            Ok(reply) => answer(request, |request| protocol::reply(request, &reply)),
            Err(error) => Outcome::Failed(error.into()),
        }
    }
}

impl<P, R: Serialize, E: Serialize> HandlerReturn<P, R, E> for Result<R, E> {
    fn into_outcome(self, request: Option<RequestId>) -> Outcome {
        answer(request, |request| match &self {
            Ok(reply) => protocol::reply(request, reply),
            Err(error) => protocol::error_reply(request, error),
        })
    }
}

/// A failure of the server beside the error that the event declares.
impl<P, R: Serialize, E: Serialize, F: Into<HandlerError>> HandlerReturn<P, R, E>
    for Result<Result<R, E>, F>
{
    fn into_outcome(self, request: Option<RequestId>) -> Outcome {
        match self {
            Ok(answered) => HandlerReturn::<P, R, E>::into_outcome(answered, request),
            Err(error) => Outcome::Failed(error.into()),
        }
    }
}

/// What is declared is not known after a mistake that the derive has reported: such a program does not compile.
#[diagnostic::do_not_recommend]
impl<P, T> HandlerReturn<P, Unknown, Unknown> for T {
    fn into_outcome(self, _: Option<RequestId>) -> Outcome {
        Outcome::Done
    }
}

/// A request always has an id: the server refuses it otherwise, before its handler starts.
fn answer(
    request: Option<RequestId>,
    encode: impl FnOnce(RequestId) -> Result<Encoded, serde_json::Error>,
) -> Outcome {
    match request.map(encode) {
        None => Outcome::Done,
        Some(Ok(answer)) => Outcome::Answer(answer),
        Some(Err(error)) => Outcome::NotEncoded(error),
    }
}
