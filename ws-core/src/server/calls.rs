//! The handlers of one connection that are running, and those that wait.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::handler::Outcome;
use crate::metrics::Timer;
use crate::protocol::RequestId;
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::timeout;

/// What is remembered of a message while its handler runs.
pub(super) struct Call {
    pub(super) event: &'static str,
    pub(super) request: Option<RequestId>,
    pub(super) message: Box<str>,
    /// `None` until it runs: it may wait behind others.
    pub(super) timer: Option<Timer>,
}

/// How a handler or a hook ended.
pub(super) enum Ended<T> {
    Returned(T),
    /// It panicked, with this message.
    Panicked(String),
    TimedOut,
    /// The client has cancelled the request.
    Cancelled,
}

type Running = BoxFuture<'static, (Call, Ended<Outcome>)>;

/// The handler of an event behind others.
struct QueuedEvent {
    running: Running,
    bytes: usize,
}

/// The handlers of one connection. Those of events without a reply run one at a time, in order; those of requests side by side.
#[derive(Default)]
pub(super) struct Calls {
    event: Option<Running>,
    queue: VecDeque<QueuedEvent>,
    queued_bytes: usize,
    requests: FuturesUnordered<Running>,
    open: HashMap<RequestId, AbortHandle>,
}

impl Calls {
    /// Whether nothing runs or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.event.is_none() && self.requests.is_empty()
    }

    /// Whether the handler of an event runs, so that others wait behind it.
    pub(super) fn is_busy(&self) -> bool {
        self.event.is_some()
    }

    /// How many events wait behind the one that runs, and the bytes of their messages.
    pub(super) fn queued(&self) -> (usize, usize) {
        (self.queue.len(), self.queued_bytes)
    }

    /// How many handlers of requests have begun and were not dropped yet.
    pub(super) fn requests(&self) -> usize {
        self.requests.len()
    }

    /// Whether some of the requests were cancelled.
    pub(super) fn has_cancelled(&self) -> bool {
        self.requests.len() > self.open.len()
    }

    pub(super) fn is_open(&self, request: RequestId) -> bool {
        self.open.contains_key(&request)
    }

    /// Adds a handler, which may have been polled before. It is polled by [`poll_next`](Self::poll_next).
    pub(super) fn add(
        &mut self,
        call: Call,
        handler: BoxFuture<'static, Outcome>,
        deadline: Duration,
    ) {
        let guarded = async move { guard(handler, deadline).await };
        match call.request {
            None => {
                let bytes = call.message.len();
                let running = async move {
                    let timer = call.timer.or_else(|| Some(Timer::start()));
                    (Call { timer, ..call }, guarded.await)
                };
                let running = running.boxed();
                if self.event.is_none() {
                    self.event = Some(running);
                } else {
                    self.queued_bytes += bytes;
                    self.queue.push_back(QueuedEvent { running, bytes });
                }
            }
            Some(request) => {
                let (abort, registration) = AbortHandle::new_pair();
                self.open.insert(request, abort);
                let abortable = Abortable::new(guarded, registration);
                self.requests.push(
                    async move { (call, abortable.await.unwrap_or(Ended::Cancelled)) }.boxed(),
                );
            }
        }
    }

    /// Stops the handler of a request. It is dropped when requests are polled next; its id is free at once.
    pub(super) fn cancel(&mut self, request: RequestId) {
        if let Some(handler) = self.open.remove(&request) {
            handler.abort();
        }
    }

    /// Drops the handlers of all requests.
    pub(super) fn drop_requests(&mut self) {
        self.requests.clear();
        self.open.clear();
    }

    /// Polls the handlers until one of them ends. Pending also where there is none.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(Call, Ended<Outcome>)> {
        if let Some(running) = &mut self.event
            && let Poll::Ready(ended) = running.as_mut().poll(cx)
        {
            self.event = self.queue.pop_front().map(|next| {
                self.queued_bytes -= next.bytes;
                next.running
            });
            return Poll::Ready(ended);
        }
        self.poll_requests(cx)
    }

    /// As [`poll_next`](Self::poll_next), without the handlers of events.
    pub(super) fn poll_requests(&mut self, cx: &mut Context<'_>) -> Poll<(Call, Ended<Outcome>)> {
        let Poll::Ready(Some((call, ended))) = self.requests.poll_next_unpin(cx) else {
            return Poll::Pending;
        };
        if let (Some(request), false) = (call.request, matches!(ended, Ended::Cancelled)) {
            self.open.remove(&request);
        }
        Poll::Ready((call, ended))
    }
}

/// Runs a handler or a hook within its time, and catches its panic.
pub(super) async fn guard<T>(running: impl Future<Output = T>, deadline: Duration) -> Ended<T> {
    match timeout(deadline, AssertUnwindSafe(running).catch_unwind()).await {
        Ok(Ok(returned)) => Ended::Returned(returned),
        Ok(Err(panic)) => Ended::Panicked(panic_message(panic.as_ref())),
        Err(_) => Ended::TimedOut,
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}
