//! The table of routes, from the name of an event to its handler. Payloads are decoded here, once.

use std::collections::HashMap;
use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::decode::{decode, is_object};
use super::outcome::{Error, HandlerReturn, Outcome, Reply};
use crate::client::Client;
use crate::contract::Contract;
use crate::event::{EventEnum, Rate, Register, Violation};
use crate::metrics::ReceivedMetrics;
use crate::protocol::RequestId;

type Start<C, S> = dyn Fn(Client<C, S>, &str, Option<RequestId>) -> Result<BoxFuture<'static, Outcome>, Violation>
    + Send
    + Sync;

/// One event and its handler.
pub(crate) struct Route<C: Contract, S> {
    pub(crate) name: &'static str,
    pub(crate) is_request: bool,
    /// How often one client may send the event.
    pub(crate) rate: Option<Rate>,
    pub(crate) metrics: ReceivedMetrics,
    start: Box<Start<C, S>>,
}

impl<C: Contract, S> Route<C, S> {
    /// Decodes the payload and calls the handler. Dropping the future ends the handler at its current await.
    ///
    /// # Errors
    ///
    /// Where the payload does not fit its type or breaks a limit.
    pub(crate) fn start(
        &self,
        client: Client<C, S>,
        data: &str,
        request: Option<RequestId>,
    ) -> Result<BoxFuture<'static, Outcome>, Violation> {
        (self.start)(client, data, request)
    }
}

impl<C: Contract, S> fmt::Debug for Route<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("name", &self.name)
            .field("is_request", &self.is_request)
            .finish_non_exhaustive()
    }
}

/// The handlers registered so far, by the names of their events.
pub(super) struct Routes<C: Contract, S> {
    by_name: HashMap<&'static str, Route<C, S>>,
}

impl<C: Contract, S: Send + Sync + 'static> Routes<C, S> {
    pub(super) fn new() -> Self {
        Self {
            by_name: HashMap::new(),
        }
    }

    /// Adds the handler of the event that `Slots` has for the payload `P`.
    pub(super) fn add<Slots, P, F, Fut>(&mut self, handler: F)
    where
        Slots: Register<P>,
        P: DeserializeOwned + Send + 'static,
        F: Fn(Client<C, S>, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerReturn<P, Reply<Slots, P>, Error<Slots, P>>> + Send + 'static,
    {
        // Out of bounds only after a mistake that the derive has reported: such a program does not compile.
        let Some(event) = Slots::Enum::EVENTS.get(Slots::INDEX) else {
            return;
        };
        let is_object = is_object(event.payload);
        let start = move |client, data: &str, request| {
            let payload = decode(data, is_object, Slots::VIOLATION)?;
            let handled = handler(client, payload);
            Ok(async move { handled.await.into_outcome(request) }.boxed())
        };
        let route = Route {
            name: event.name,
            is_request: event.reply.is_some(),
            rate: event.rate,
            metrics: ReceivedMetrics::new(C::NAME, event.name),
            start: Box::new(start),
        };
        self.by_name.insert(event.name, route);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.by_name.extend(other.by_name);
    }

    pub(super) fn find(&self, event: &str) -> Option<&Route<C, S>> {
        self.by_name.get(event)
    }
}
