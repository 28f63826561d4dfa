//! From a message to its handler, and from the handler's end to the answer.

use std::borrow::Cow;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use super::budget::Budget;
use super::calls::{Call, Calls, Ended, panic_message};
use super::faults::Refusal;
use super::handle::Shared;
use super::rates::Rates;
use crate::client::Client;
use crate::contract::Contract;
use crate::error::{ClientErrorKind, Violation};
use crate::event::Rate;
use crate::handler::{Outcome, Route};
use crate::metrics::Timer;
use crate::protocol::{Encoded, ErrorCode, Incoming, LibraryError, Malformed, RequestId};

/// The messages of one connection.
pub(super) struct Dispatch<C: Contract, S> {
    pub(super) shared: Arc<Shared<C, S>>,
    pub(super) client: Client<C, S>,
    /// The handlers that did not end at once. `None` while there is none.
    calls: Option<Box<Calls>>,
    /// `None` until an event comes whose rate is bounded.
    rates: Option<Box<Rates>>,
    pub(super) errors: Budget,
    /// The client was generated from another contract than the server's.
    pub(super) is_of_another_version: bool,
    /// `None` until the client cancels a request.
    cancels: Option<Box<Budget>>,
}

/// How far a handler has come that was just started.
enum Started {
    Ended(Outcome),
    /// It waits for something, or for the events before it.
    Running(BoxFuture<'static, Outcome>),
}

/// A code, the request that is told it, and a sentence.
type Reason = (ErrorCode, Option<RequestId>, &'static str);

impl<C: Contract, S: Send + Sync + 'static> Dispatch<C, S> {
    pub(super) fn new(
        shared: Arc<Shared<C, S>>,
        client: Client<C, S>,
        is_of_another_version: bool,
    ) -> Self {
        Self {
            shared,
            client,
            calls: None,
            rates: None,
            errors: Budget::default(),
            is_of_another_version,
            cancels: None,
        }
    }

    /// Takes a message: starts its handler, or tells the client why not.
    pub(super) fn message(&mut self, cx: &mut Context<'_>, text: &str) {
        let shared = Arc::clone(&self.shared);
        self.make_room(cx);
        if let Some(Incoming::Event { name, data, id }) = Incoming::guess(text)
            && let Some(route) = shared.handlers.route(&name)
            && self.reason_against(route, text.len(), id).is_none()
        {
            if self.counts(text, route, id) {
                self.start(cx, text, route, data, id);
            }
            return;
        }
        self.parsed(cx, text, Incoming::parse(text), false);
    }

    fn parsed(
        &mut self,
        cx: &mut Context<'_>,
        text: &str,
        parsed: Result<Incoming<'_>, Malformed>,
        is_counted: bool,
    ) {
        match parsed {
            Ok(Incoming::Event { name, data, id }) => {
                let shared = Arc::clone(&self.shared);
                if let Some(route) = self.route(&shared, text, &name, id)
                    && (is_counted || self.counts(text, route, id))
                {
                    self.start(cx, text, route, data, id);
                }
            }
            Ok(Incoming::Cancel(id)) => self.cancel(id),
            Ok(Incoming::Pong) => {}
            Ok(Incoming::Hello(_)) => self.refuse(
                text,
                Refusal::invalid(
                    "`hello` is the first message of a client that offers a subprotocol, or none",
                ),
            ),
            Err(malformed) => self.refuse(text, Refusal::invalid(malformed.to_string())),
        }
    }

    /// The way of an event, unless it is refused.
    fn route<'a>(
        &mut self,
        shared: &'a Shared<C, S>,
        text: &str,
        name: &str,
        id: Option<RequestId>,
    ) -> Option<&'a Route<C, S>> {
        let refusal = |(code, id, detail): Reason| Refusal {
            code,
            id,
            event: Some(name),
            path: None,
            detail: Cow::Borrowed(detail),
        };
        let reason = match shared.handlers.route(name) {
            Some(route) => match self.reason_against(route, text.len(), id) {
                None => return Some(route),
                Some(reason) => reason,
            },
            None if shared.handlers.is_from_server(name) => (
                ErrorCode::WrongDirection,
                id,
                "only the server sends this event",
            ),
            None => (
                ErrorCode::UnknownEvent,
                id,
                "this server has no event of that name",
            ),
        };
        self.refuse(text, refusal(reason));
        None
    }

    /// Why an event is not handled, whatever its payload.
    fn reason_against(
        &self,
        route: &Route<C, S>,
        bytes: usize,
        id: Option<RequestId>,
    ) -> Option<Reason> {
        let limits = self.shared.limits();
        let calls = self.calls.as_deref();
        match id {
            None if route.is_request => Some((
                ErrorCode::InvalidMessage,
                None,
                "a request must have an `id`",
            )),
            Some(_) if !route.is_request => Some((
                ErrorCode::InvalidMessage,
                id,
                "this event has no reply, so it must not have an `id`",
            )),
            // Without the id: an answer that carries it would be taken for that of the request which is open.
            Some(id) if calls.is_some_and(|calls| calls.is_open(id)) => Some((
                ErrorCode::InvalidMessage,
                None,
                "a request with this `id` is still in progress",
            )),
            Some(_) if calls.map_or(0, Calls::requests) >= limits.requests => Some((
                ErrorCode::TooManyRequests,
                id,
                "too many requests are in progress",
            )),
            None => {
                // Only what waits is bounded: an event before which none runs is handled at once.
                let is_full = calls.filter(|calls| calls.is_busy()).is_some_and(|calls| {
                    let (events, waiting) = calls.waiting();
                    events >= limits.unhandled || waiting + bytes > limits.unhandled_bytes
                });
                is_full.then_some((
                    ErrorCode::TooManyRequests,
                    None,
                    "too many events are waiting to be handled",
                ))
            }
            Some(_) => None,
        }
    }

    /// Stops the handler of a request, unless the client stops too many: each costs what its handler does until its first
    /// await.
    fn cancel(&mut self, request: RequestId) {
        let limit = self.shared.limits().cancels;
        let Some(calls) = &mut self.calls else {
            return;
        };
        if !calls.is_open(request) {
            return;
        }
        if self.cancels.get_or_insert_default().exceed(limit) {
            tracing::debug!(client = %self.client.id(), "too many requests were cancelled, so this one goes on");
        } else {
            calls.cancel(request);
        }
    }

    /// Drops the handlers of cancelled requests where they stand in the way of a new one.
    fn make_room(&mut self, cx: &mut Context<'_>) {
        let limit = self.shared.limits().requests;
        while let Some(calls) = &mut self.calls
            && calls.requests() >= limit
            && calls.has_cancelled()
            && let Poll::Ready((call, ended)) = calls.poll_requests(cx)
        {
            self.ended(&call, ended);
        }
    }

    /// Counts an event. `false` where it comes too often, and is refused.
    fn counts(&mut self, text: &str, route: &Route<C, S>, id: Option<RequestId>) -> bool {
        let is_in_time = self.is_in_time(route.name, route.rate);
        if !is_in_time {
            self.refuse(
                text,
                Refusal {
                    code: ErrorCode::RateLimited,
                    id,
                    event: Some(route.name),
                    path: None,
                    detail: "this event was sent too often".into(),
                },
            );
        }
        is_in_time
    }

    /// Starts the handler of an event.
    fn start(
        &mut self,
        cx: &mut Context<'_>,
        text: &str,
        route: &Route<C, S>,
        data: &str,
        id: Option<RequestId>,
    ) {
        // The client is that of the span around this one: the connection's.
        let request = id.map(RequestId::number);
        let span = tracing::debug_span!("event", name = route.name, request);
        let waits = id.is_none() && self.calls.as_ref().is_some_and(|calls| calls.is_busy());
        // Most handlers end at once: then nothing is kept of them. What runs before a handler's first await, and the decoding
        // of its payload, may panic, too.
        let timer = Timer::start();
        let started = catch_unwind(AssertUnwindSafe(|| {
            let _entered = span.enter();
            let mut handler = route.start(self.client.clone(), data, id)?;
            route.metrics.received();
            if waits {
                return Ok(Started::Running(handler));
            }
            Ok::<_, Violation>(match handler.as_mut().poll(cx) {
                Poll::Ready(outcome) => Started::Ended(outcome),
                Poll::Pending => Started::Running(handler),
            })
        }));
        match started {
            Ok(Ok(Started::Ended(outcome))) => {
                route.metrics.handled(&timer);
                self.answer(route.name, id, text, Ended::Returned(outcome));
            }
            Ok(Ok(Started::Running(handler))) => {
                let handler = handler.instrument(span).boxed();
                let call = Call {
                    event: route.name,
                    request: id,
                    message: text.into(),
                    timer: (!waits).then_some(timer),
                };
                let calls = self.calls.get_or_insert_default();
                calls.add(call, handler, self.shared.limits().handler);
            }
            Ok(Err(violation)) => match Incoming::parse(text) {
                Ok(Incoming::Event { data: found, .. }) if found == data => self.refuse(
                    text,
                    Refusal {
                        code: ErrorCode::InvalidPayload,
                        id,
                        event: Some(route.name),
                        path: Some(&violation.pointer),
                        detail: violation.message.into(),
                    },
                ),
                // The guess was wrong.
                parsed => self.parsed(cx, text, parsed, true),
            },
            Err(panic) => {
                route.metrics.handled(&timer);
                let panicked = Ended::Panicked(panic_message(panic.as_ref()));
                self.answer(route.name, id, text, panicked);
            }
        }
    }

    /// Whether an event does not come too often.
    fn is_in_time(&mut self, event: &'static str, rate: Option<Rate>) -> bool {
        let (all, limits) = (self.shared.limits().rate, &mut self.rates);
        if rate.is_none() && all.is_none() {
            return true;
        }
        let (rates, now) = (limits.get_or_insert_default(), Instant::now());
        let mut allow =
            |event, rate: Option<Rate>| rate.is_none_or(|rate| rates.allow(event, rate, now));
        allow(None, all) && allow(Some(event), rate)
    }

    /// Whether no handler runs or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_none()
    }

    /// Drops every handler where it is.
    pub(super) fn drop_calls(&mut self) {
        self.calls = None;
    }

    /// Lets the handlers go on that wait for something.
    pub(super) fn poll_calls(&mut self, cx: &mut Context<'_>) {
        while let Some(calls) = &mut self.calls
            && let Poll::Ready((call, ended)) = calls.poll_next(cx)
        {
            self.ended(&call, ended);
        }
        if self.calls.as_ref().is_some_and(|calls| calls.is_idle()) {
            self.calls = None;
        }
    }

    /// Runs the handlers of the events that have come, to their end; those of requests are dropped.
    pub(super) async fn finish_events(&mut self) {
        if let Some(calls) = &mut self.calls {
            calls.drop_requests();
        }
        poll_fn(|cx| {
            self.poll_calls(cx);
            match self.calls {
                None => Poll::Ready(()),
                Some(_) => Poll::Pending,
            }
        })
        .await;
    }

    fn ended(&mut self, call: &Call, ended: Ended<Outcome>) {
        let route = self.shared.handlers.route(call.event);
        if let (Some(route), Some(timer)) = (route, &call.timer) {
            route.metrics.handled(timer);
        }
        self.answer(call.event, call.request, &call.message, ended);
    }

    /// Answers for a handler that has ended.
    fn answer(
        &mut self,
        event: &'static str,
        request: Option<RequestId>,
        message: &str,
        ended: Ended<Outcome>,
    ) {
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
            event: Some(event),
            path: None,
            message: None,
        };
        self.tell(request, &error);
        self.report(kind, Some(event), message);
    }

    /// A connection that does not take the message is being closed, and its client is told so.
    pub(super) fn send(&self, message: Encoded) {
        drop(self.client.connection().outbox.push(message));
    }
}
