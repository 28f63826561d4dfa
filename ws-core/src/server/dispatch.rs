//! From a message to its handler, and from the handler's end to the answer.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tungstenite::Utf8Bytes;

use super::calls::{Call, Calls, Ended, panic_message};
use super::handle::Shared;
use crate::client::Client;
use crate::contract::Contract;
use crate::error::{ClientError, ClientErrorKind};
use crate::handler::Outcome;
use crate::protocol::{
    self, Close, CloseCode, Encoded, ErrorCode, Incoming, LibraryError, RequestId,
};

/// The messages of one connection.
pub(super) struct Dispatch<C: Contract, S> {
    shared: Arc<Shared<C, S>>,
    client: Client<C, S>,
    pub(super) calls: Calls,
    errors: Errors,
}

/// What is wrong with a message.
struct Refusal<'a> {
    code: ErrorCode,
    id: Option<RequestId>,
    event: Option<&'a str>,
    path: Option<&'a str>,
    detail: Cow<'a, str>,
}

impl<C: Contract, S: Send + Sync + 'static> Dispatch<C, S> {
    pub(super) fn new(shared: Arc<Shared<C, S>>, client: Client<C, S>) -> Self {
        Self {
            shared,
            client,
            calls: Calls::default(),
            errors: Errors::new(),
        }
    }

    /// Takes a message: starts its handler, or tells the client why not.
    pub(super) fn message(&mut self, text: &Utf8Bytes) {
        match Incoming::parse(text) {
            Ok(Incoming::Event { name, data, id }) => self.event(text, &name, data, id),
            Ok(Incoming::Cancel(id)) => self.calls.cancel(id),
            Ok(Incoming::Pong) => {}
            Ok(Incoming::Hello(_)) => self.refuse(
                text,
                Refusal::invalid("`hello` is the first message or none"),
            ),
            Err(malformed) => self.refuse(text, Refusal::invalid(malformed.to_string())),
        }
    }

    fn event(&mut self, text: &Utf8Bytes, name: &str, data: &str, id: Option<RequestId>) {
        let limits = &self.shared.limits;
        let shared = Arc::clone(&self.shared);
        let refusal = |code, id, detail: &'static str| Refusal {
            code,
            id,
            event: Some(name),
            path: None,
            detail: Cow::Borrowed(detail),
        };
        let Some(route) = shared.handlers.route(name) else {
            let refusal = match shared.handlers.is_from_server(name) {
                true => refusal(
                    ErrorCode::WrongDirection,
                    id,
                    "only the server sends this event",
                ),
                false => refusal(
                    ErrorCode::UnknownEvent,
                    id,
                    "this server has no event of that name",
                ),
            };
            return self.refuse(text, refusal);
        };
        let refused = match id {
            None if route.is_request => {
                Some((ErrorCode::InvalidMessage, None, "a request has an `id`"))
            }
            Some(_) if !route.is_request => Some((
                ErrorCode::InvalidMessage,
                id,
                "this event has no reply, and so it has no `id`",
            )),
            // Without the id: an answer that carries it would be taken for that of the request which is open.
            Some(id) if self.calls.is_open(id) => Some((
                ErrorCode::InvalidMessage,
                None,
                "a request with this `id` is still open",
            )),
            Some(_) if self.calls.open() >= limits.requests => {
                Some((ErrorCode::TooManyRequests, id, "too many requests are open"))
            }
            None => {
                let (events, bytes) = self.calls.waiting();
                let is_full =
                    events >= limits.unhandled || bytes + text.len() > limits.unhandled_bytes;
                is_full.then_some((
                    ErrorCode::TooManyRequests,
                    None,
                    "too many events are not handled yet",
                ))
            }
            _ => None,
        };
        if let Some((code, id, detail)) = refused {
            return self.refuse(text, refusal(code, id, detail));
        }
        // The part of a handler that runs before its first await, and the decoding of its payload, may panic, too.
        let started = catch_unwind(AssertUnwindSafe(|| {
            route.start(self.client.clone(), data, id)
        }));
        let call = Call {
            event: route.name,
            request: id,
            message: text.clone(),
        };
        match started {
            Ok(Ok(handler)) => self.calls.add(call, handler, limits.handler),
            Ok(Err(violation)) => self.refuse(
                text,
                Refusal {
                    code: ErrorCode::InvalidPayload,
                    id,
                    event: Some(name),
                    path: Some(&violation.pointer),
                    detail: violation.message.into(),
                },
            ),
            Err(panic) => self.ended(call, Ended::Panicked(panic_message(panic.as_ref()))),
        }
    }

    /// Runs the handlers of the events that have come, to their end; those of requests are dropped.
    pub(super) async fn finish_events(&mut self) {
        self.calls.drop_requests();
        while !self.calls.is_idle() {
            let (call, ended) = self.calls.next().await;
            self.ended(call, ended);
        }
    }

    /// Answers for a handler that has ended.
    pub(super) fn ended(&mut self, call: Call, ended: Ended<Outcome>) {
        let (code, kind) = match ended {
            Ended::Returned(Outcome::Done) | Ended::Cancelled => return,
            Ended::Returned(Outcome::Answer(answer)) => {
                match self.client.connection().outbox.holds(&answer) {
                    Ok(()) => return self.send(answer),
                    Err(error) => (ErrorCode::TooLarge, ClientErrorKind::NotSent(error)),
                }
            }
            Ended::Returned(Outcome::Failed(error)) => {
                (ErrorCode::Internal, ClientErrorKind::Failed(error))
            }
            Ended::Returned(Outcome::NotEncoded(error)) => (
                ErrorCode::Internal,
                ClientErrorKind::NotEncoded(error.to_string()),
            ),
            Ended::Panicked(message) => (ErrorCode::Internal, ClientErrorKind::Panicked(message)),
            Ended::TimedOut => (ErrorCode::Timeout, ClientErrorKind::TimedOut),
        };
        let error = LibraryError {
            code,
            event: Some(call.event),
            path: None,
            message: None,
        };
        self.send(protocol::library_error(call.request, &error));
        self.report(kind, Some(call.event), &call.message);
    }

    /// Reports what is wrong with the connection itself.
    pub(super) fn report_close(&self, close: &Close) {
        self.report(ClientErrorKind::Closed(close.clone()), None, "");
    }

    /// Reports to the application, whose hook may panic, too.
    pub(super) fn report(&self, kind: ClientErrorKind, event: Option<&str>, message: &str) {
        let error = ClientError::new(kind, event, message);
        tracing::debug!(client = %self.client.id(), %error, "a client's error");
        let reported = catch_unwind(AssertUnwindSafe(|| {
            self.shared.handlers.hooks().error(&self.client, &error)
        }));
        if reported.is_err() {
            tracing::error!(%error, "the hook `on_error` panicked");
        }
    }

    fn refuse(&mut self, text: &Utf8Bytes, refusal: Refusal<'_>) {
        let Refusal {
            code,
            id,
            event,
            path,
            detail,
        } = refusal;
        let error = LibraryError {
            code,
            event,
            path,
            message: Some(&detail),
        };
        self.send(protocol::library_error(id, &error));
        self.report(
            ClientErrorKind::Refused {
                code,
                detail: detail.into_owned(),
            },
            event,
            text,
        );
        // Who is too fast may come back; who sends what cannot be understood may not.
        if code != ErrorCode::TooManyRequests && self.errors.exceed(self.shared.limits.errors) {
            let close = Close::new(CloseCode::ABUSE, "too many messages were refused");
            self.report_close(&close);
            self.client.connection().close(close);
        }
    }

    /// A connection that does not take the message is being closed, and its client is told so.
    fn send(&self, message: Encoded) {
        drop(self.client.connection().outbox.push(message));
    }
}

impl<'a> Refusal<'a> {
    fn invalid(detail: impl Into<Cow<'a, str>>) -> Self {
        Self {
            code: ErrorCode::InvalidMessage,
            id: None,
            event: None,
            path: None,
            detail: detail.into(),
        }
    }
}

/// Counts the errors of a connection, minute by minute.
struct Errors {
    since: Instant,
    count: u32,
}

impl Errors {
    const WINDOW: Duration = Duration::from_secs(60);

    fn new() -> Self {
        Self {
            since: Instant::now(),
            count: 0,
        }
    }

    /// Counts one more. `true` where that is more than the limit.
    fn exceed(&mut self, limit: u32) -> bool {
        if self.since.elapsed() > Self::WINDOW {
            *self = Self::new();
        }
        self.count += 1;
        self.count > limit
    }
}
