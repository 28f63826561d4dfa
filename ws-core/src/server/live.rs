//! A connection at work, from the hook that accepts it to its close: what its task does each time it wakes up.

use std::collections::VecDeque;
use std::mem::take;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use super::admission::Permit;
use super::calls::Ended;
use super::connection::Entered;
use super::dispatch::Dispatch;
use super::shared::Stage;
use crate::client::{Connection, Written};
use crate::contract::Contract;
use crate::error::{ClientErrorKind, HandlerError};
use crate::limits::Limits;
use crate::protocol::{self, Close, CloseCode, Encoded};
use crate::websocket::{Input, Received, Source};

/// How often a connection reads before other tasks may run.
const READS: usize = 8;

/// A connection at work. Kept small, because there is one for each client: what most do not need at the moment is boxed.
pub(super) struct Live<C: Contract, S> {
    pub(super) input: Input,
    pub(super) dispatch: Dispatch<C, S>,
    pub(super) entered: Entered<C, S>,
    pub(super) permit: Permit,
    opening: Option<Box<Opening>>,
    /// Ends the connection where a write takes too long.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Nothing more is read, because the connection is being closed.
    is_deaf: bool,
}

/// The hook of a new connection, and what the client sends meanwhile, which waits until the hook has returned.
struct Opening {
    hook: BoxFuture<'static, Ended<Result<(), HandlerError>>>,
    said: VecDeque<Received>,
    bytes: usize,
    /// No more is read before the hook has returned: as much waits as may, or the client has closed.
    is_full: bool,
}

impl Opening {
    /// Keeps what is to be handled after the hook. Gives back what is to be handled now: control frames, the loss of the
    /// stream, and the close of a client that has sent nothing.
    fn keep(&mut self, received: Received, limits: &Limits) -> Option<Received> {
        match &received {
            Received::Text(text) => {
                self.bytes += text.len();
                self.is_full =
                    self.said.len() >= limits.unhandled || self.bytes > limits.unhandled_bytes;
            }
            // What came before the close is handled before it.
            Received::Closed(..) if !self.said.is_empty() => self.is_full = true,
            Received::Broken(_) => self.is_full = true,
            Received::Control(_) | Received::Closed(..) | Received::Lost => return Some(received),
        }
        self.said.push_back(received);
        None
    }
}

/// How a connection ends.
pub(super) enum End {
    /// The server closes it, and tells the client.
    Ours(Close),
    /// The client closes it, and this frame answers that.
    Theirs(Close, bytes::Bytes),
    /// The stream is gone.
    Lost,
}

impl<C: Contract, S: Send + Sync + 'static> Live<C, S> {
    pub(super) fn new(
        input: Input,
        dispatch: Dispatch<C, S>,
        hook: BoxFuture<'static, Ended<Result<(), HandlerError>>>,
        entered: Entered<C, S>,
        permit: Permit,
    ) -> Self {
        Self {
            input,
            dispatch,
            entered,
            permit,
            opening: Some(Box::new(Opening {
                hook,
                said: VecDeque::new(),
                bytes: 0,
                is_full: false,
            })),
            stalled: None,
            is_deaf: false,
        }
    }

    /// Works as long as there is something to do. What handlers send meanwhile is gathered and written at the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.connection().outbox.hold(cx);
        if let ControlFlow::Break(end) = self.work(cx) {
            return Poll::Ready(end);
        }
        self.write(cx)
    }

    fn connection(&self) -> &Connection {
        self.dispatch.client.connection()
    }

    fn work(&mut self, cx: &mut Context<'_>) -> ControlFlow<End> {
        let stage = self.dispatch.shared.stage();
        if stage == Stage::Ending && !self.is_deaf {
            // The deadline has passed: what still runs is dropped.
            self.opening = None;
            self.dispatch.drop_calls();
            self.close_for_shutdown();
        }
        self.open(cx)?;
        if stage == Stage::Running {
            self.read(cx)?;
        }
        self.dispatch.poll_calls(cx);
        if stage == Stage::Draining && self.opening.is_none() && self.dispatch.is_idle() {
            self.close_for_shutdown();
        }
        ControlFlow::Continue(())
    }

    /// Accepts a new client once the hook has returned: then the messages are handled that have come meanwhile.
    fn open(&mut self, cx: &mut Context<'_>) -> ControlFlow<End> {
        let Some(opening) = &mut self.opening else {
            return ControlFlow::Continue(());
        };
        let Poll::Ready(connected) = opening.hook.as_mut().poll(cx) else {
            return ControlFlow::Continue(());
        };
        let said = take(&mut opening.said);
        self.opening = None;
        let kind = match connected {
            Ended::Returned(Ok(())) => {
                self.send_ready();
                for received in said {
                    let handled = handle(&mut self.dispatch, cx, received);
                    self.handled(handled)?;
                }
                return ControlFlow::Continue(());
            }
            Ended::Cancelled | Ended::TimedOut => ClientErrorKind::TimedOut,
            Ended::Returned(Err(error)) => ClientErrorKind::Failed(error),
            Ended::Panicked(message) => ClientErrorKind::Panicked(message),
        };
        let close = why_not_taken(&kind);
        self.dispatch.report(kind, None, "");
        self.is_deaf = true;
        self.connection().close(close);
        ControlFlow::Continue(())
    }

    /// Tells a session client that it is accepted, unless the hook has closed the connection. What is sent to all clients reaches
    /// it from here on.
    fn send_ready(&self) {
        let connection = self.connection();
        if connection.is_session() {
            drop(connection.outbox.push(protocol::ready()));
        }
        connection.let_in();
    }

    fn read(&mut self, cx: &mut Context<'_>) -> ControlFlow<End> {
        for _ in 0..READS {
            let is_full = self.opening.as_ref().is_some_and(|opening| opening.is_full);
            if is_full {
                // The server does not read, so it cannot expect a sign of life.
                self.connection().mark_alive();
            }
            if self.is_deaf || is_full {
                return ControlFlow::Continue(());
            }
            let bounds = self.dispatch.shared.limits().bounds();
            let Self {
                input,
                dispatch,
                opening,
                ..
            } = self;
            let mut handled = ControlFlow::Continue(());
            let read = input.poll_read(cx, bounds, |cx, received| {
                let received = match opening {
                    Some(opening) => opening.keep(received, dispatch.shared.limits()),
                    None => Some(received),
                };
                if let Some(received) = received {
                    handled = handle(dispatch, cx, received);
                }
                let is_full = opening.as_ref().is_some_and(|opening| opening.is_full);
                match &handled {
                    ControlFlow::Continue(()) if !is_full => ControlFlow::Continue(()),
                    _ => ControlFlow::Break(()),
                }
            });
            if read.is_pending() {
                return ControlFlow::Continue(());
            }
            self.connection().mark_alive();
            self.handled(handled)?;
        }
        // There may be more, after the others.
        cx.waker().wake_by_ref();
        ControlFlow::Continue(())
    }

    fn handled(&mut self, handled: ControlFlow<Stop>) -> ControlFlow<End> {
        match handled {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(Stop::End(end)) => ControlFlow::Break(end),
            ControlFlow::Break(Stop::Reading) => {
                self.is_deaf = true;
                ControlFlow::Continue(())
            }
        }
    }

    fn close_for_shutdown(&mut self) {
        self.is_deaf = true;
        let close = Close::new(CloseCode::DRAIN, "the server is shutting down");
        let spread = self.dispatch.shared.limits().spread;
        self.connection().close_spread(close, spread);
    }

    /// Writes what was gathered, and waits where the client does not read.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let connection = self.dispatch.client.connection();
        loop {
            let progress = match connection.outbox.release() {
                Written::Blocked { progress } => progress,
                Written::Close(close) => return Poll::Ready(End::Ours(close)),
                Written::Lost => return Poll::Ready(End::Lost),
                Written::Everything => {
                    self.stalled = None;
                    return Poll::Pending;
                }
            };
            let limit = self.dispatch.shared.limits().write;
            if progress {
                self.stalled = None;
            }
            let stalled = self
                .stalled
                .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + limit)));
            if stalled.as_mut().poll(cx).is_ready() {
                let close = Close::new(CloseCode::SLOW_CONSUMER, "the client does not read");
                return Poll::Ready(End::Ours(connection.outbox.give_up(close)));
            }
            match &self.input.source {
                // It was asked to wake this task.
                Source::Stream(_) => return Poll::Pending,
                Source::Socket(socket) => match socket.as_ref().poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(_)) => return Poll::Ready(End::Lost),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}

/// Why nothing more is taken from the client.
enum Stop {
    /// It is told why, behind what is sent already.
    Reading,
    End(End),
}

/// Handles what has come.
fn handle<C: Contract, S: Send + Sync + 'static>(
    dispatch: &mut Dispatch<C, S>,
    cx: &mut Context<'_>,
    received: Received,
) -> ControlFlow<Stop> {
    let outbox = &dispatch.client.connection().outbox;
    match received {
        Received::Text(text) if outbox.is_open() => dispatch.handle(cx, &text),
        // The connection is closing, and the client does not know yet.
        Received::Text(_) => {}
        Received::Control(answer) => {
            dispatch
                .client
                .connection()
                .send_all(answer.map(Encoded::raw));
        }
        Received::Closed(close, answer) => {
            return ControlFlow::Break(Stop::End(End::Theirs(close, answer)));
        }
        Received::Broken(close) => {
            dispatch.report_close(&close);
            dispatch.client.connection().outbox.close(None, close);
            return ControlFlow::Break(Stop::Reading);
        }
        Received::Lost => return ControlFlow::Break(Stop::End(End::Lost)),
    }
    ControlFlow::Continue(())
}

/// What a client is told that was not taken. Details are for the log only.
fn why_not_taken(kind: &ClientErrorKind) -> Close {
    match kind {
        ClientErrorKind::Failed(error) if error.is_of_a_name() => Close::new(
            CloseCode::REFUSED,
            "a user id or a channel name is empty or too long",
        ),
        _ => Close::new(
            CloseCode::INTERNAL,
            "the server could not accept the connection",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventEnum, EventSpec};

    struct Nothing;

    impl Contract for Nothing {
        const NAME: &'static str = "nothing";
        type Client = (NoEvents,);
        type Server = (NoEvents,);
        type Slots = ();
    }

    struct NoEvents;

    impl EventEnum for NoEvents {
        const EVENTS: &'static [EventSpec] = &[];
        type Slots = ();
        fn index(&self) -> usize {
            0
        }
    }

    /// What a client at rest costs is what a server with many of them costs: what is rare belongs into a box.
    #[test]
    fn a_connection_at_rest_is_small() {
        assert!(size_of::<Live<Nothing, ()>>() <= 256);
        assert!(size_of::<Connection>() <= 288);
    }
}
