//! What is to be sent on one connection: in order, bounded in bytes, and written by whoever is there first.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::{replace, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::net::tcp::OwnedWriteHalf;

use super::Common;
use super::queue::{EACH, Queue, TooMuch, cost};
use crate::error::SendError;
use crate::metrics::Wrote;
use crate::protocol::{Close, CloseCode, Encoded, Frames};

/// The messages of one connection, and the sending half of its socket.
///
/// Sending never waits. Who sends puts a message into the queue; it is written by the connection's own task, which gathers
/// what its handlers send and writes it at once, or by a delivery in a channel, which writes to one connection after the
/// other without waking their tasks. Whoever writes, writes the whole queue, so that the order is that of the queue.
///
/// A client that reads so slowly that the bound is reached is closed with 4008, and comes back for what it has missed.
pub(crate) struct Outbox {
    common: Arc<Common>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    stage: Stage,
    /// The connection's task is at work, and will write what is queued when it is done.
    is_held: bool,
    /// The socket takes nothing at the moment.
    is_blocked: bool,
    /// It has taken something since the connection's task last asked.
    has_taken: bool,
    /// The bytes that are counted in what all connections have waiting.
    counted: usize,
    /// The connection's task.
    task: Option<Waker>,
    /// Who waits until the queue is shorter.
    patient: Vec<Waker>,
    /// `None` where only the connection's task can write.
    socket: Option<OwnedWriteHalf>,
}

#[derive(Default)]
enum Stage {
    #[default]
    Open,
    /// Nothing more is taken. Closes when the queue is empty, or at once where the client does not take the queue.
    Closing { close: Box<Close>, at_once: bool },
    /// Nothing is taken any more, nor written.
    Ended,
}

/// How far the queue was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Everything,
    /// The client does not read; whether it has taken something since this was last said.
    Blocked {
        progress: bool,
    },
    /// The connection is to be closed now.
    Close(Close),
    /// The connection is lost.
    Lost,
}

/// What is left when a connection ends: its socket, and the rest of a frame of which the beginning was written.
pub(crate) struct Remains {
    pub(crate) socket: Option<OwnedWriteHalf>,
    pub(crate) torn: Vec<u8>,
}

impl Remains {
    /// What is left where nothing was written yet.
    pub(crate) fn of(socket: Option<OwnedWriteHalf>) -> Self {
        Self {
            socket,
            torn: Vec::new(),
        }
    }
}

/// Writes to the connection as much as it takes, or says `WouldBlock`.
pub(crate) type Write<'a> = dyn FnMut(&[IoSlice<'_>]) -> io::Result<usize> + 'a;

impl Outbox {
    pub(crate) fn new(common: Arc<Common>, socket: Option<OwnedWriteHalf>) -> Self {
        Self {
            common,
            state: Mutex::new(State {
                socket,
                ..State::default()
            }),
        }
    }

    /// Whether it could hold this message, were it empty.
    ///
    /// # Errors
    ///
    /// Where the message alone is longer than the bound: closing the connection would not help, for the message would be
    /// as long after the client has come back.
    pub(crate) fn holds(&self, message: &Encoded) -> Result<(), SendError> {
        let (length, limit) = (message.len(), self.limit().saturating_sub(EACH));
        match length {
            length if length > limit => Err(SendError::TooLarge { length, limit }),
            _ => Ok(()),
        }
    }

    /// Whether it could hold these together, were it empty. Otherwise each is to be queued for itself, so that what is written
    /// makes room for the next.
    pub(crate) fn holds_at_once(&self, messages: &Frames) -> bool {
        cost(messages) <= self.limit()
    }

    /// Queues a message, for the connection's task to write.
    ///
    /// # Errors
    ///
    /// Where the connection is closing or closed, or is closed now because its client does not keep up.
    pub(crate) fn push(&self, message: Encoded) -> Result<(), SendError> {
        let mut state = self.lock();
        let queued = state.queue(message.into(), &self.common);
        if !state.is_blocked {
            state.wake();
        }
        queued
    }

    /// Queues messages, for whoever calls [`flush`](Self::flush). `true` where somebody has to.
    pub(crate) fn enlist(&self, messages: impl IntoIterator<Item = Frames>) -> bool {
        let mut messages = messages.into_iter();
        let mut state = self.lock();
        let mut is_first = true;
        while let Some(message) = messages.next() {
            if std::mem::take(&mut is_first) {
                let others = messages.size_hint().1.unwrap_or(0);
                state.queue.reserve(1 + others);
            }
            if state.queue(message, &self.common).is_err() {
                break;
            }
        }
        !(state.is_held || state.is_blocked || state.queue.is_empty())
    }

    /// Writes what is queued, without waiting. What the socket does not take is left to the connection's task. Who flushes
    /// many counts what was written, once for all.
    pub(crate) fn flush(&self) -> Wrote {
        let mut state = self.lock();
        if state.is_held || matches!(state.stage, Stage::Ended) {
            return Wrote::default();
        }
        let mut wrote = Wrote::default();
        let written = state.write_to_socket(&mut wrote);
        let is_closing = !matches!(state.stage, Stage::Open);
        if is_closing || !matches!(written, Ok(Progress::Everything)) {
            state.wake();
        }
        state.settle(&self.common);
        wrote
    }

    /// The connection's task begins to work: what is sent meanwhile waits until it is done.
    pub(crate) fn hold(&self, cx: &Context<'_>) {
        let mut state = self.lock();
        state.is_held = true;
        match &mut state.task {
            Some(task) => task.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// The connection's task is done: writes what is queued, to the socket or else by `write`.
    pub(crate) fn release(&self, write: Option<&mut Write<'_>>) -> Written {
        let mut state = self.lock();
        state.is_held = false;
        let mut wrote = Wrote::default();
        let written = match write {
            Some(write) => state.write(write, &mut wrote),
            None => state.write_to_socket(&mut wrote),
        };
        self.common.metrics.sent().wrote(wrote);
        let has_taken = take(&mut state.has_taken);
        state.settle(&self.common);
        match (&state.stage, written) {
            (
                Stage::Closing {
                    close,
                    at_once: true,
                },
                _,
            )
            | (Stage::Closing { close, .. }, Ok(Progress::Everything)) => {
                Written::Close(Close::clone(close))
            }
            (_, Ok(Progress::Everything)) => Written::Everything,
            (_, Ok(Progress::Blocked)) => Written::Blocked {
                progress: has_taken,
            },
            (_, Err(_)) => Written::Lost,
        }
    }

    /// Waits until less than half of the bound is in use, or nothing is taken any more: for who has much to send and can
    /// wait. Cancel safe.
    pub(crate) async fn room(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if !matches!(state.stage, Stage::Open) || state.queue.bytes() < self.limit() / 2 {
                return Poll::Ready(());
            }
            // Those that nobody waits with any more are woken in vain, once.
            if !state
                .patient
                .iter()
                .any(|waker| waker.will_wake(cx.waker()))
            {
                state.patient.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Closes the connection once what is queued has been written. The first close wins.
    pub(crate) fn close(&self, last: Option<Encoded>, close: Close) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Open) {
            if let Some(last) = last {
                state.queue.push(last.into());
            }
            state.stage = Stage::Closing {
                close: Box::new(close),
                at_once: false,
            };
            state.wake();
        }
    }

    /// Takes no more, and writes no more.
    pub(crate) fn end(&self) -> Remains {
        let mut state = self.lock();
        let State { queue, socket, .. } = &mut *state;
        let remains = Remains {
            torn: queue.torn(),
            socket: socket.take(),
        };
        queue.clear();
        state.stage = Stage::Ended;
        state.task = None;
        state.settle(&self.common);
        remains
    }

    /// Wakes the connection's task, whatever it does: there is something new that does not stand in the outbox.
    pub(crate) fn rouse(&self) {
        if let Some(task) = &self.lock().task {
            task.wake_by_ref();
        }
    }

    /// Whether messages are still taken.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.lock().stage, Stage::Open)
    }

    fn limit(&self) -> usize {
        self.common.limits.outbox
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a write went.
enum Progress {
    Everything,
    Blocked,
}

impl State {
    fn queue(&mut self, messages: Frames, common: &Common) -> Result<(), SendError> {
        if !matches!(self.stage, Stage::Open) {
            return Err(SendError::Closed);
        }
        if self.queue.bytes() + cost(&messages) > common.limits.outbox && !self.is_blocked {
            // The client may be faster than whoever was to write this. Where the socket fails, its task will see it.
            let mut wrote = Wrote::default();
            drop(self.write_to_socket(&mut wrote));
            common.metrics.sent().wrote(wrote);
        }
        let count = messages.messages();
        let queued = self.queue.push_within(messages, common.limits.outbox);
        match queued {
            Ok(dropped) => common.metrics.dropped_oldest(dropped),
            Err(TooMuch) => return Err(self.overflow(common, count)),
        }
        if self.is_blocked {
            self.settle(common);
        }
        match self.stage {
            Stage::Open => Ok(()),
            _ => Err(SendError::Full),
        }
    }

    /// What waits would reach the client long after it has lost track; it resumes from its position instead. So many messages
    /// found no place in the queue.
    fn overflow(&mut self, common: &Common, refused: usize) -> SendError {
        let abandoned = self.queue.abandon();
        common.metrics.dropped_with_connection(abandoned + refused);
        self.stage = Stage::Closing {
            close: Box::new(Close::new(CloseCode::SLOW, "the client reads too slowly")),
            at_once: true,
        };
        self.wake();
        SendError::Full
    }

    fn write_to_socket(&mut self, wrote: &mut Wrote) -> io::Result<Progress> {
        let Some(socket) = self.socket.take() else {
            return Ok(Progress::Blocked);
        };
        let write = &mut |slices: &[IoSlice<'_>]| match slices {
            [slice] => socket.try_write(slice),
            slices => socket.try_write_vectored(slices),
        };
        let written = self.write(write, wrote);
        self.socket = Some(socket);
        written
    }

    fn write(&mut self, write: &mut Write<'_>, wrote: &mut Wrote) -> io::Result<Progress> {
        while !self.queue.is_empty() {
            let before = self.queue.len();
            match self.queue.write(write) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {
                    self.has_taken = true;
                    *wrote += Wrote {
                        messages: before - self.queue.len(),
                        writes: 1,
                    };
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_blocked = true;
                    return Ok(Progress::Blocked);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.is_blocked = false;
        Ok(Progress::Everything)
    }

    /// Counts what waits for the client among what waits for all, and wakes those who wait for room.
    fn settle(&mut self, common: &Common) {
        let waiting = if self.is_blocked {
            self.queue.bytes()
        } else {
            0
        };
        let before = replace(&mut self.counted, waiting);
        if waiting != before {
            let all = common.waiting.change(before, waiting);
            common.metrics.waiting(before, waiting);
            let is_open = matches!(self.stage, Stage::Open);
            if all > common.limits.outboxes && waiting > before && is_open {
                // This client does not take what it is sent, and there is no memory left to wait for it.
                self.overflow(common, 0);
                return self.settle(common);
            }
        }
        let has_room = self.queue.bytes() < common.limits.outbox / 2;
        if has_room || !matches!(self.stage, Stage::Open) {
            take(&mut self.patient).into_iter().for_each(Waker::wake);
        }
    }

    /// Wakes the connection's task, unless it is at work.
    fn wake(&self) {
        if let (false, Some(task)) = (self.is_held, &self.task) {
            task.wake_by_ref();
        }
    }
}

/// For tests, which look at what would be written.
#[cfg(test)]
impl Outbox {
    /// Takes what is queued, as if it had been written.
    pub(crate) fn take(&self) -> Vec<Encoded> {
        let mut state = self.lock();
        let taken = state.queue.take();
        state.is_blocked = false;
        state.settle(&self.common);
        taken.into_iter().flat_map(Frames::split).collect()
    }

    /// How the connection is to be closed, if it is.
    pub(crate) fn closing(&self) -> Option<Close> {
        match &self.lock().stage {
            Stage::Closing { close, .. } => Some(Close::clone(close)),
            Stage::Open | Stage::Ended => None,
        }
    }
}
