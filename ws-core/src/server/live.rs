//! A connection at work, from the hook that lets it in to the close: what its task does each time that it wakes up.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use super::calls::Ended;
use super::connection::Entered;
use super::dispatch::Dispatch;
use super::handle::{Place, Stage};
use crate::client::{Connection, Written};
use crate::contract::Contract;
use crate::error::{ClientErrorKind, HandlerError};
use crate::protocol::{self, Close, CloseCode, Encoded};
use crate::websocket::{Input, Received, Source};

/// How often a connection reads before others have their turn.
const READS: usize = 8;

/// A connection at work. Kept small, for there is one for each client: what most do not need at the moment is boxed.
pub(super) struct Live<C: Contract, S> {
    pub(super) input: Input,
    pub(super) dispatch: Dispatch<C, S>,
    pub(super) entered: Entered<C, S>,
    pub(super) place: Place,
    opening: Option<Box<Opening>>,
    /// Ends the connection where a write takes too long.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Nothing more is read: the connection is being closed.
    is_deaf: bool,
}

/// The hook of a new connection, and the first message, which waits until the hook has returned.
struct Opening {
    hook: BoxFuture<'static, Ended<Result<(), HandlerError>>>,
    first: Option<Received>,
}

/// How a connection ends.
pub(super) enum End {
    /// The server closes it, and says so.
    Ours(Close),
    /// The client closes it, and this frame answers that.
    Theirs(Close, bytes::Bytes),
    /// It is gone.
    Lost,
}

impl<C: Contract, S: Send + Sync + 'static> Live<C, S> {
    pub(super) fn new(
        input: Input,
        dispatch: Dispatch<C, S>,
        hook: BoxFuture<'static, Ended<Result<(), HandlerError>>>,
        entered: Entered<C, S>,
        place: Place,
    ) -> Self {
        Self {
            input,
            dispatch,
            entered,
            place,
            opening: Some(Box::new(Opening { hook, first: None })),
            stalled: None,
            is_deaf: false,
        }
    }

    /// Works as long as there is something to do. What handlers send meanwhile is gathered, and written at the end.
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
            // The time is over: what still runs is dropped here.
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

    /// Lets a new client in: its messages are handled when the hook has returned.
    fn open(&mut self, cx: &mut Context<'_>) -> ControlFlow<End> {
        let Some(opening) = &mut self.opening else {
            return ControlFlow::Continue(());
        };
        let Poll::Ready(connected) = opening.hook.as_mut().poll(cx) else {
            return ControlFlow::Continue(());
        };
        let first = opening.first.take();
        self.opening = None;
        let kind = match connected {
            Ended::Returned(Ok(())) => {
                self.is_ready();
                return match first {
                    Some(first) => {
                        let taken = take(&mut self.dispatch, cx, first);
                        self.taken(taken)
                    }
                    None => ControlFlow::Continue(()),
                };
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

    /// Tells a session client that it is let in, unless the hook has closed the connection.
    fn is_ready(&self) {
        let connection = self.connection();
        if connection.is_session() {
            drop(connection.outbox.push(protocol::ready()));
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> ControlFlow<End> {
        for _ in 0..READS {
            let waits = self
                .opening
                .as_ref()
                .is_some_and(|opening| opening.first.is_some());
            if self.is_deaf || waits {
                return ControlFlow::Continue(());
            }
            let bounds = self.dispatch.shared.limits().bounds();
            let Self {
                input,
                dispatch,
                opening,
                ..
            } = self;
            let mut taken = ControlFlow::Continue(());
            let read =
                input.poll_read(cx, bounds, |cx, received| match (&mut *opening, received) {
                    (Some(opening), received @ (Received::Text(_) | Received::Broken(_))) => {
                        opening.first = Some(received);
                        ControlFlow::Break(())
                    }
                    (_, received) => {
                        taken = take(dispatch, cx, received);
                        match &taken {
                            ControlFlow::Continue(()) => ControlFlow::Continue(()),
                            ControlFlow::Break(_) => ControlFlow::Break(()),
                        }
                    }
                });
            if read.is_pending() {
                return ControlFlow::Continue(());
            }
            self.connection().is_alive();
            self.taken(taken)?;
        }
        // There may be more, after the others.
        cx.waker().wake_by_ref();
        ControlFlow::Continue(())
    }

    fn taken(&mut self, taken: ControlFlow<Stop>) -> ControlFlow<End> {
        match taken {
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
                let close = Close::new(CloseCode::SLOW, "the client does not read");
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
fn take<C: Contract, S: Send + Sync + 'static>(
    dispatch: &mut Dispatch<C, S>,
    cx: &mut Context<'_>,
    received: Received,
) -> ControlFlow<Stop> {
    let outbox = &dispatch.client.connection().outbox;
    match received {
        Received::Text(text) if outbox.is_open() => dispatch.message(cx, &text),
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
            "a user id or the name of a channel is empty or too long",
        ),
        _ => Close::new(
            CloseCode::INTERNAL,
            "the server could not take the connection",
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
