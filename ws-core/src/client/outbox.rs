//! What is to be sent on one connection: in order, bounded in bytes, and written by whoever gets to it first.

use std::future::poll_fn;
use std::mem::{replace, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::queue::{EACH, TooMuch, cost};
use super::writer::{StreamState, Writer};
use super::{Common, Remains};
use crate::error::SendError;
use crate::metrics::WriteCounts;
use crate::protocol::{Close, CloseCode, Encoded, EncodedFrames};
use crate::websocket::Output;

/// The messages of one connection, and the sending half of it.
///
/// Sending never waits: it puts a message into the queue. The queue is written by the connection's own task, which gathers what
/// its handlers send and writes it with one call, or by a delivery in a channel, which writes to one connection after the other
/// without waking their tasks. Every writer writes the whole queue, so that messages leave in its order.
///
/// Whatever is queued has a writer: the connection's task, which is at work or was woken, or a caller that was told to flush. A
/// write that does not get to the end wakes the task, in [one place](State::write), because only the task can wait.
///
/// A client that reads so slowly that the bound is reached is closed with 4008, and comes back for what it has missed. Whether a
/// client reads shows only when something is written, so a full queue is written before it is found too long.
///
/// The task carries out a close at once. What is queued by then belongs to the [remains](Remains), which have a time limit of
/// their own.
pub(crate) struct Outbox {
    common: Arc<Common>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    writer: Writer,
    /// Set when nothing more is taken and the connection's task is to end.
    closing: Option<Box<Close>>,
    /// The connection's task is at work, and will write what is queued when it is done.
    is_held: bool,
    /// The bytes that count among those that wait for all clients.
    counted: usize,
    /// The connection's task.
    task: Option<Waker>,
    /// Wakers of those who wait until the queue is shorter.
    waiting_for_room: Vec<Waker>,
}

/// How far the queue was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Everything,
    /// The client does not read. `progress` says whether it has taken something since the last write.
    Blocked {
        progress: bool,
    },
    /// The connection is to be closed now, after what is queued.
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

    /// Checks that an empty outbox could hold this message.
    ///
    /// # Errors
    ///
    /// Where the message alone is longer than the bound. Closing the connection would not help: the message would be as long after
    /// the client has come back.
    pub(crate) fn check_length(&self, message: &Encoded) -> Result<(), SendError> {
        let (length, limit) = (message.len(), self.limit().saturating_sub(EACH));
        match length {
            length if length > limit => Err(SendError::TooLarge { length, limit }),
            _ => Ok(()),
        }
    }

    /// Whether an empty outbox could hold these together. Otherwise each is to be queued by itself, so that what is written makes
    /// room for the next.
    pub(crate) fn fits_at_once(&self, messages: &EncodedFrames) -> bool {
        cost(messages) <= self.limit()
    }

    /// Queues a message, for the connection's task to write.
    ///
    /// # Errors
    ///
    /// Where the connection is closing or closed, or is being closed now because its client does not keep up.
    pub(crate) fn push(&self, message: Encoded) -> Result<(), SendError> {
        let mut state = self.lock();
        let queued = state.queue(message.into(), &self.common);
        if state.writer.stream_state() != StreamState::Blocked {
            state.wake_unless_held();
        }
        queued
    }

    /// Queues messages for a later [`flush`](Self::flush). `true` where the caller has to make that call.
    pub(crate) fn enlist(&self, messages: impl IntoIterator<Item = EncodedFrames>) -> bool {
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
        let is_called = state.is_held || state.writer.stream_state() == StreamState::Blocked;
        !(is_called || state.writer.queue.is_empty())
    }

    /// Writes what is queued, without waiting. What the client does not take is left to the connection's task. The caller counts
    /// what was written.
    pub(crate) fn flush(&self) -> WriteCounts {
        let mut state = self.lock();
        if state.is_held {
            return WriteCounts::default();
        }
        let wrote = state.write();
        state.settle(&self.common);
        wrote
    }

    /// Called when the connection's task begins to work: what is sent meanwhile is gathered.
    pub(crate) fn hold(&self, cx: &Context<'_>) {
        let mut state = self.lock();
        state.is_held = true;
        match &mut state.task {
            Some(task) => task.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }

    /// Called when the connection's task is done: writes what is queued.
    pub(crate) fn release(&self) -> Written {
        self.release_by(State::write)
    }

    fn release_by(&self, write: impl FnOnce(&mut State) -> WriteCounts) -> Written {
        let mut state = self.lock();
        // The task itself writes, and need not be woken.
        state.is_held = true;
        let wrote = write(&mut state);
        self.common.metrics.sent().wrote(wrote);
        state.settle(&self.common);
        state.is_held = false;
        let progress = state.writer.progress();
        match (&state.closing, state.writer.stream_state()) {
            (Some(close), _) => Written::Close(Close::clone(close)),
            (None, StreamState::Free) => Written::Everything,
            (None, StreamState::Blocked) => Written::Blocked { progress },
            (None, StreamState::Lost | StreamState::Ended) => Written::Lost,
        }
    }

    /// Waits until less than half of the bound is in use, or nothing is taken any more: for callers that have much to send and can
    /// wait. Cancel safe.
    pub(crate) async fn wait_for_room(&self) {
        self.room_unless(|| false).await;
    }

    /// Waits for the same, and returns `true`; or returns `false` as soon as there is no room and `is_excessive`. Cancel safe.
    pub(crate) async fn room_unless(&self, is_excessive: impl Fn() -> bool) -> bool {
        poll_fn(|cx| {
            let mut state = self.lock();
            if !state.is_open() || state.writer.queue.bytes() < self.limit() / 2 {
                return Poll::Ready(true);
            }
            if is_excessive() {
                return Poll::Ready(false);
            }
            // Wakers of calls that were dropped are woken once, in vain.
            if !state
                .waiting_for_room
                .iter()
                .any(|waker| waker.will_wake(cx.waker()))
            {
                state.waiting_for_room.push(cx.waker().clone());
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

    /// Closes the connection where too much waits for all clients together, and more than its share of that for this one.
    pub(crate) fn close_if_over_share(&self) {
        let mut state = self.lock();
        let (waiting, bound) = (&self.common.waiting, self.common.limits.outboxes);
        if state.is_open() && waiting.all() > bound && state.counted > waiting.share(bound) {
            state.overflow(&self.common, 0);
            state.settle(&self.common);
        }
        if waiting.all() > bound {
            // Callers that wait for room may have a page of history to give up.
            take(&mut state.waiting_for_room)
                .into_iter()
                .for_each(Waker::wake);
        }
    }

    /// Ends taking and writing. After a close of this side, what was queued remains to be written; otherwise only the rest of a
    /// message that was begun.
    pub(crate) fn end(&self) -> Remains {
        let mut state = self.lock();
        if state.closing.take().is_none() {
            state.writer.queue.abandon();
        }
        state.task = None;
        let (output, writer) = state.writer.end();
        // The rest of a message does not count: it is short, and waits for nothing else.
        let counted = match writer.queue.is_abandoned() {
            true => 0,
            false => take(&mut state.counted),
        };
        state.settle(&self.common);
        Remains::new(Arc::clone(&self.common), output, writer, counted)
    }

    /// Wakes the connection's task even while it is at work, because of something that is not in the outbox.
    pub(crate) fn wake_task(&self) {
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
        self.closing.is_none() && self.writer.stream_state() != StreamState::Ended
    }

    fn queue(&mut self, messages: EncodedFrames, common: &Common) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        let is_full = self.writer.queue.bytes() + cost(&messages) > common.limits.outbox;
        if is_full && self.writer.stream_state() != StreamState::Blocked {
            // The client may have read all along: nobody has written since.
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
        if self.writer.stream_state() == StreamState::Blocked {
            self.settle(common);
        }
        match self.is_open() {
            true => Ok(()),
            false => Err(SendError::Full),
        }
    }

    /// Writes what the client takes. Where something is left to do, wakes the connection's task, which alone can wait.
    fn write(&mut self) -> WriteCounts {
        let wrote = self.writer.write(self.task.as_ref());
        if !self.writer.is_done() {
            self.wake_unless_held();
        }
        wrote
    }

    /// Drops the queue and closes with 4008: the client resumes from its position. `refused` messages did not fit.
    fn overflow(&mut self, common: &Common, refused: usize) {
        let close = Close::new(CloseCode::SLOW_CONSUMER, "the client reads too slowly");
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
        self.wake_unless_held();
    }

    /// Counts what waits for this client among what waits for all, and wakes those who wait for room.
    fn settle(&mut self, common: &Common) {
        let waiting = match self.writer.stream_state() {
            StreamState::Blocked => self.writer.queue.bytes(),
            StreamState::Free | StreamState::Lost | StreamState::Ended => 0,
        };
        let before = replace(&mut self.counted, waiting);
        if waiting != before {
            let all = common.count(before, waiting);
            let bound = common.limits.outboxes;
            if all > bound && waiting > before && self.is_open() {
                if waiting > common.waiting.share(bound) {
                    // This client does not read, and there is no memory left to wait for it.
                    self.overflow(common, 0);
                    return self.settle(common);
                }
                // Another has more than its share.
                common.waiting.notify_excess();
            }
        }
        if !self.is_open() || self.writer.queue.bytes() < common.limits.outbox / 2 {
            take(&mut self.waiting_for_room)
                .into_iter()
                .for_each(Waker::wake);
        }
    }

    /// Wakes the connection's task, unless it is at work.
    fn wake_unless_held(&self) {
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
        let taken: Vec<EncodedFrames> = state.writer.take().collect();
        state.settle(&self.common);
        taken.into_iter().flat_map(EncodedFrames::split).collect()
    }

    /// How the connection is to be closed, if it is.
    #[cfg(test)]
    pub(crate) fn closing(&self) -> Option<Close> {
        self.lock().closing.as_deref().cloned()
    }
}
