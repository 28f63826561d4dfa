//! What is to be sent on one connection: in order, bounded in bytes, and written by whoever is there first.

use std::future::poll_fn;
use std::mem::{replace, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::queue::{EACH, TooMuch, cost};
use super::writer::{Flow, Writer};
use super::{Common, Remains};
use crate::error::SendError;
use crate::metrics::Wrote;
use crate::protocol::{Close, CloseCode, Encoded, Frames};
use crate::websocket::Output;

/// The messages of one connection, and the sending half of it.
///
/// Sending never waits. Who sends puts a message into the queue; it is written by the connection's own task, which gathers
/// what its handlers send and writes it at once, or by a delivery in a channel, which writes to one connection after the
/// other without waking their tasks. Whoever writes, writes the whole queue, so that the order is that of the queue.
///
/// Where something is queued, somebody writes it: the connection's task, which is at work, or was called; or who was told to
/// flush. A write that does not get to the end calls the task, in [one place](State::write), because that alone can wait.
///
/// A client that reads so slowly that the bound is reached is closed with 4008, and comes back for what it has missed. Whether
/// it does is known only from a write: a queue that is full is written before it is called too long.
///
/// A close is the task's to carry out, at once: what is queued by then is part of the [remains](Remains), which have a time of
/// their own that nothing lengthens.
pub(crate) struct Outbox {
    common: Arc<Common>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    writer: Writer,
    /// Nothing more is taken, and the connection's task is to end.
    closing: Option<Box<Close>>,
    /// The connection's task is at work, and will write what is queued when it is done.
    is_held: bool,
    /// The bytes that are counted in what all connections have waiting.
    counted: usize,
    /// The connection's task.
    task: Option<Waker>,
    /// Who waits until the queue is shorter.
    patient: Vec<Waker>,
}

/// How far the queue was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Everything,
    /// The client does not read; whether it has taken something since this was last said.
    Blocked {
        progress: bool,
    },
    /// The connection is to be closed now. What is queued still belongs before the close.
    Close(Close),
    /// The connection is lost.
    Lost,
}

impl Outbox {
    pub(crate) fn new(common: Arc<Common>, output: Option<Output>) -> Self {
        Self {
            common,
            state: Mutex::new(State {
                writer: Writer::to(output),
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
        if state.writer.flow() != Flow::Blocked {
            state.call();
        }
        queued
    }

    /// Queues messages, for whoever calls [`flush`](Self::flush). `true` where somebody has to.
    pub(crate) fn enlist(&self, messages: impl IntoIterator<Item = Frames>) -> bool {
        let mut messages = messages.into_iter();
        let mut state = self.lock();
        let mut is_first = true;
        while let Some(message) = messages.next() {
            if take(&mut is_first) {
                let others = messages.size_hint().1.unwrap_or(0);
                state.writer.queue.reserve(1 + others);
            }
            if state.queue(message, &self.common).is_err() {
                break;
            }
        }
        let is_called = state.is_held || state.writer.flow() == Flow::Blocked;
        !(is_called || state.writer.queue.is_empty())
    }

    /// Writes what is queued, without waiting. What the client does not take is left to the connection's task. Who flushes
    /// many counts what was written, once for all.
    pub(crate) fn flush(&self) -> Wrote {
        let mut state = self.lock();
        if state.is_held {
            return Wrote::default();
        }
        let wrote = state.write();
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

    /// The connection's task is done: writes what is queued.
    pub(crate) fn release(&self) -> Written {
        self.release_by(State::write)
    }

    fn release_by(&self, write: impl FnOnce(&mut State) -> Wrote) -> Written {
        let mut state = self.lock();
        // It is the task itself that writes, and need not be called.
        state.is_held = true;
        let wrote = write(&mut state);
        self.common.metrics.sent().wrote(wrote);
        state.settle(&self.common);
        state.is_held = false;
        let progress = state.writer.progress();
        match (&state.closing, state.writer.flow()) {
            (Some(close), _) => Written::Close(Close::clone(close)),
            (None, Flow::Free) => Written::Everything,
            (None, Flow::Blocked) => Written::Blocked { progress },
            (None, Flow::Lost | Flow::Ended) => Written::Lost,
        }
    }

    /// Waits until less than half of the bound is in use, or nothing is taken any more: for who has much to send and can
    /// wait. Cancel safe.
    pub(crate) async fn room(&self) {
        self.room_unless(|| false).await;
    }

    /// The same, and `true`; or `false`, where this becomes so that holds up others. Cancel safe.
    pub(crate) async fn room_unless(&self, is_excessive: impl Fn() -> bool) -> bool {
        poll_fn(|cx| {
            let mut state = self.lock();
            if !state.is_open() || state.writer.queue.bytes() < self.limit() / 2 {
                return Poll::Ready(true);
            }
            if is_excessive() {
                return Poll::Ready(false);
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
        .await
    }

    /// Closes the connection, after what is queued. The first close wins.
    pub(crate) fn close(&self, last: Option<Encoded>, close: Close) {
        let mut state = self.lock();
        if state.is_open() {
            if let Some(last) = last {
                state.writer.queue.push(last.into());
            }
            state.begin_closing(close);
        }
    }

    /// Drops what is queued, and closes the connection. Returns the close that won.
    pub(crate) fn give_up(&self, close: Close) -> Close {
        let mut state = self.lock();
        state.give_up(&self.common, 0, close.clone());
        state.settle(&self.common);
        state.closing.as_deref().cloned().unwrap_or(close)
    }

    /// Closes the connection where more waits for its client than its share of what may wait for all, and that is too much.
    pub(crate) fn make_room_for_others(&self) {
        let mut state = self.lock();
        let (waiting, bound) = (&self.common.waiting, self.common.limits.outboxes);
        if state.is_open() && waiting.all() > bound && state.counted > waiting.share(bound) {
            state.overflow(&self.common, 0);
            state.settle(&self.common);
        }
        if waiting.all() > bound {
            // Who waits for room may have something to give up.
            take(&mut state.patient).into_iter().for_each(Waker::wake);
        }
    }

    /// Takes no more, and writes no more. What was queued before a close of this side is left to be written; otherwise, only
    /// the rest of what was begun is.
    pub(crate) fn end(&self) -> Remains {
        let mut state = self.lock();
        if state.closing.take().is_none() {
            state.writer.queue.abandon();
        }
        state.task = None;
        let (output, writer) = state.writer.end();
        // The rest of what was begun waits for nobody, and is no more than that.
        let counted = match writer.queue.is_abandoned() {
            true => 0,
            false => take(&mut state.counted),
        };
        state.settle(&self.common);
        Remains::new(Arc::clone(&self.common), output, writer, counted)
    }

    /// Wakes the connection's task, whatever it does: there is something new that does not stand in the outbox.
    pub(crate) fn rouse(&self) {
        if let Some(task) = &self.lock().task {
            task.wake_by_ref();
        }
    }

    /// Whether messages are still taken.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().is_open()
    }

    fn limit(&self) -> usize {
        self.common.limits.outbox
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_open(&self) -> bool {
        self.closing.is_none() && self.writer.flow() != Flow::Ended
    }

    fn queue(&mut self, messages: Frames, common: &Common) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        let is_full = self.writer.queue.bytes() + cost(&messages) > common.limits.outbox;
        if is_full && self.writer.flow() != Flow::Blocked {
            // The client may be faster than whoever was to write this.
            let wrote = self.write();
            common.metrics.sent().wrote(wrote);
        }
        let count = messages.messages();
        let queued = self
            .writer
            .queue
            .push_within(messages, common.limits.outbox);
        match queued {
            Ok(dropped) => common.metrics.dropped_oldest(dropped),
            Err(TooMuch) => {
                self.overflow(common, count);
                return Err(SendError::Full);
            }
        }
        if self.writer.flow() == Flow::Blocked {
            self.settle(common);
        }
        match self.is_open() {
            true => Ok(()),
            false => Err(SendError::Full),
        }
    }

    /// Writes what the client takes. The connection's task is called where something is left to do, for it alone can wait.
    fn write(&mut self) -> Wrote {
        let wrote = self.writer.write(self.task.as_ref());
        if !self.writer.is_done() {
            self.call();
        }
        wrote
    }

    /// Drops the queue and closes with 4008: the client resumes from its position. `refused` messages did not fit.
    fn overflow(&mut self, common: &Common, refused: usize) {
        let close = Close::new(CloseCode::SLOW, "the client reads too slowly");
        self.give_up(common, refused, close);
    }

    fn give_up(&mut self, common: &Common, refused: usize, close: Close) {
        let abandoned = self.writer.queue.abandon();
        common.metrics.dropped_with_connection(abandoned + refused);
        if self.is_open() {
            self.begin_closing(close);
        }
    }

    fn begin_closing(&mut self, close: Close) {
        self.closing = Some(Box::new(close));
        self.call();
    }

    /// Counts what waits for the client among what waits for all, and wakes those who wait for room.
    fn settle(&mut self, common: &Common) {
        let waiting = match self.writer.flow() {
            Flow::Blocked => self.writer.queue.bytes(),
            Flow::Free | Flow::Lost | Flow::Ended => 0,
        };
        let before = replace(&mut self.counted, waiting);
        if waiting != before {
            let all = common.count(before, waiting);
            let bound = common.limits.outboxes;
            if all > bound && waiting > before && self.is_open() {
                if waiting > common.waiting.share(bound) {
                    // This client does not take what it is sent, and there is no memory left to wait for it.
                    self.overflow(common, 0);
                    return self.settle(common);
                }
                // Another has more than its share.
                common.waiting.is_too_much();
            }
        }
        if !self.is_open() || self.writer.queue.bytes() < common.limits.outbox / 2 {
            take(&mut self.patient).into_iter().for_each(Waker::wake);
        }
    }

    /// Wakes the connection's task, unless it is at work.
    fn call(&self) {
        if let (false, Some(task)) = (self.is_held, &self.task) {
            task.wake_by_ref();
        }
    }
}

/// For tests and measurements, which look at what would be written.
#[cfg(any(test, feature = "bench"))]
impl Outbox {
    /// As [`release`](Self::release), by other means than a connection.
    pub(crate) fn release_to(&self, write: &mut super::writer::Write<'_>) -> Written {
        self.release_by(|state| state.writer.write_by(write))
    }

    /// Takes what is queued, as if it had been written.
    #[cfg(test)]
    pub(crate) fn take(&self) -> Vec<Encoded> {
        let mut state = self.lock();
        let taken: Vec<Frames> = state.writer.take().collect();
        state.settle(&self.common);
        taken.into_iter().flat_map(Frames::split).collect()
    }

    /// How the connection is to be closed, if it is.
    #[cfg(test)]
    pub(crate) fn closing(&self) -> Option<Close> {
        self.lock().closing.as_deref().cloned()
    }
}
