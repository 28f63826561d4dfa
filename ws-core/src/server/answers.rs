//! From the end of a handler to the answer. Knows handlers as what [`calls`](super::calls) keeps.

use std::future::poll_fn;
use std::task::{Context, Poll};

use super::calls::{Call, Ended};
use super::dispatch::Dispatch;
use crate::contract::Contract;
use crate::error::ClientErrorKind;
use crate::handler::Outcome;
use crate::protocol::{Encoded, ErrorCode, LibraryError, RequestId};

impl<C: Contract, S: Send + Sync + 'static> Dispatch<C, S> {
    /// Whether no handler is kept.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_none()
    }

    /// Drops every handler at the `await` where it is.
    pub(super) fn drop_calls(&mut self) {
        self.calls = None;
    }

    /// Polls the handlers that are kept.
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

    /// Runs the handlers of the events that have come to their end. Those of requests are dropped.
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

    /// Answers for a handler that was kept.
    pub(super) fn ended(&mut self, call: &Call, ended: Ended<Outcome>) {
        let route = self.shared.handlers.route(call.event);
        if let (Some(route), Some(timer)) = (route, &call.timer) {
            route.metrics.handled(timer);
        }
        self.answer(call.event, call.request, &call.message, ended);
    }

    /// Answers for a handler that has ended.
    pub(super) fn answer(
        &mut self,
        event: &'static str,
        request: Option<RequestId>,
        message: &str,
        ended: Ended<Outcome>,
    ) {
        let (code, kind) = match ended {
            Ended::Returned(Outcome::Done) | Ended::Cancelled => return,
            Ended::Returned(Outcome::Answer(answer)) => {
                match self.client.connection().outbox.check_length(&answer) {
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

    /// Queues a message. A connection that does not take it is being closed, which tells the client.
    pub(super) fn send(&self, message: Encoded) {
        drop(self.client.connection().outbox.push(message));
    }
}
