//! From a message to its handler. What an event is checked for before is in [`checks`](super::checks), and what follows the
//! handler's end in [`answers`](super::answers).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use super::budget::Budget;
use super::calls::{Call, Calls, Ended, panic_message};
use super::faults::Refusal;
use super::rates::Rates;
use super::shared::Shared;
use crate::client::Client;
use crate::contract::Contract;
use crate::event::Violation;
use crate::handler::{Outcome, Route};
use crate::metrics::Timer;
use crate::protocol::{ErrorCode, Incoming, Malformed, RequestId};

/// The messages of one connection.
pub(super) struct Dispatch<C: Contract, S> {
    pub(super) shared: Arc<Shared<C, S>>,
    pub(super) client: Client<C, S>,
    /// The handlers that did not end at once. `None` while there is none.
    pub(super) calls: Option<Box<Calls>>,
    /// `None` until an event comes whose rate is bounded.
    pub(super) rates: Option<Box<Rates>>,
    pub(super) errors: Budget,
    /// The client was generated from another contract than the server's.
    pub(super) is_of_another_version: bool,
    /// `None` until the client cancels a request.
    cancels: Option<Box<Budget>>,
}

/// A handler after its first poll.
enum Started {
    Ended(Outcome),
    /// It waits for something, or for the events before it.
    Running(BoxFuture<'static, Outcome>),
}

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

    /// Handles a message: starts its handler, or tells the client why not.
    pub(super) fn handle(&mut self, cx: &mut Context<'_>, text: &str) {
        let shared = Arc::clone(&self.shared);
        self.drop_cancelled(cx);
        if let Some(Incoming::Event { name, data, id }) = Incoming::guess(text)
            && let Some(route) = shared.handlers.route(&name)
            && self.objection(route, text.len(), id).is_none()
        {
            if self.count_or_refuse(text, route, id) {
                self.start(cx, text, route, data, id);
            }
            return;
        }
        self.handle_parsed(cx, text, Incoming::parse(text), false);
    }

    /// Handles a message that was parsed. `is_counted` says whether it counts among the events that are bounded in their rate
    /// already.
    fn handle_parsed(
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
                    && (is_counted || self.count_or_refuse(text, route, id))
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

    /// Stops the handler of a request, unless the client has cancelled too many: each costs what its handler does before its
    /// first await.
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

    /// Drops the handlers of cancelled requests, where there is no room for a new one otherwise.
    fn drop_cancelled(&mut self, cx: &mut Context<'_>) {
        let limit = self.shared.limits().requests;
        while let Some(calls) = &mut self.calls
            && calls.requests() >= limit
            && calls.has_cancelled()
            && let Poll::Ready((call, ended)) = calls.poll_requests(cx)
        {
            self.ended(&call, ended);
        }
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
        // Most handlers end at once, and nothing is kept of them. The decoding of the payload may panic, and so may what a
        // handler does before its first await.
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
                parsed => self.handle_parsed(cx, text, parsed, true),
            },
            Err(panic) => {
                route.metrics.handled(&timer);
                let panicked = Ended::Panicked(panic_message(panic.as_ref()));
                self.answer(route.name, id, text, panicked);
            }
        }
    }
}
