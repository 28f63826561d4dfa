//! What an event is checked for before its handler is started: its name, its direction, what is open, its rate. Knows nothing
//! of its payload.

use std::borrow::Cow;
use std::time::Instant;

use super::calls::Calls;
use super::dispatch::Dispatch;
use super::faults::Refusal;
use super::shared::Shared;
use crate::contract::Contract;
use crate::event::Rate;
use crate::handler::Route;
use crate::protocol::{ErrorCode, RequestId};

/// A code, the request that is told it, and a sentence.
type Objection = (ErrorCode, Option<RequestId>, Cow<'static, str>);

impl<C: Contract, S: Send + Sync + 'static> Dispatch<C, S> {
    /// The route of an event. `None` where it is refused.
    pub(super) fn route<'a>(
        &mut self,
        shared: &'a Shared<C, S>,
        text: &str,
        name: &str,
        id: Option<RequestId>,
    ) -> Option<&'a Route<C, S>> {
        let refusal = |(code, id, detail): Objection| Refusal {
            code,
            id,
            event: Some(name),
            path: None,
            detail,
        };
        let objection = match shared.handlers.route(name) {
            Some(route) => match self.objection(route, text.len(), id) {
                None => return Some(route),
                Some(objection) => objection,
            },
            None if shared.handlers.is_from_server(name) => (
                ErrorCode::WrongDirection,
                id,
                "only the server sends this event".into(),
            ),
            None => (
                ErrorCode::UnknownEvent,
                id,
                "this server has no event of that name".into(),
            ),
        };
        self.refuse(text, refusal(objection));
        None
    }

    /// Why an event is not handled, whatever its payload says.
    pub(super) fn objection(
        &self,
        route: &Route<C, S>,
        bytes: usize,
        id: Option<RequestId>,
    ) -> Option<Objection> {
        let limits = self.shared.limits();
        let calls = self.calls.as_deref();
        match id {
            None if route.is_request => Some((
                ErrorCode::InvalidMessage,
                None,
                "a request must have an `id`".into(),
            )),
            Some(_) if !route.is_request => Some((
                ErrorCode::InvalidMessage,
                id,
                "this event has no reply, so it must not have an `id`".into(),
            )),
            // Without the id: an answer that carries it would be taken for that of the request which is open.
            Some(id) if calls.is_some_and(|calls| calls.is_open(id)) => Some((
                ErrorCode::InvalidMessage,
                None,
                "a request with this `id` is still in progress".into(),
            )),
            Some(_) if calls.map_or(0, Calls::requests) >= limits.requests => Some((
                ErrorCode::TooManyRequests,
                id,
                "too many requests are in progress".into(),
            )),
            None => {
                // Only what waits is bounded: an event before which none runs is handled at once.
                let is_full = calls.filter(|calls| calls.is_busy()).is_some_and(|calls| {
                    let (events, waiting) = calls.queued();
                    events >= limits.unhandled || waiting + bytes > limits.unhandled_bytes
                });
                is_full.then(|| {
                    // The same for each event of a burst: a client reports the first of equal errors.
                    let detail = format!(
                        "too many events are waiting to be handled: at most {} events or {} bytes may wait",
                        limits.unhandled, limits.unhandled_bytes
                    );
                    (ErrorCode::TooManyRequests, None, detail.into())
                })
            }
            Some(_) => None,
        }
    }

    /// Counts an event. `false` where it comes too often: then it is refused.
    pub(super) fn count_or_refuse(
        &mut self,
        text: &str,
        route: &Route<C, S>,
        id: Option<RequestId>,
    ) -> bool {
        let is_within = self.count(route.name, route.rate);
        if !is_within {
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
        is_within
    }

    /// Counts an event. `false` where it comes too often.
    fn count(&mut self, event: &'static str, rate: Option<Rate>) -> bool {
        let (all, limits) = (self.shared.limits().rate, &mut self.rates);
        if rate.is_none() && all.is_none() {
            return true;
        }
        let (rates, now) = (limits.get_or_insert_default(), Instant::now());
        let mut allow =
            |event, rate: Option<Rate>| rate.is_none_or(|rate| rates.allow(event, rate, now));
        allow(None, all) && allow(Some(event), rate)
    }
}
