//! What is to be sent on one connection, in order, bounded in bytes.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::error::SendError;
use crate::protocol::{Close, CloseCode, Encoded};

/// The messages that wait for a connection to take them. Sending never waits: where a client reads so slowly that the
/// bound is reached, its connection is closed with 4008 and comes back for what it has missed.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: usize,
    state: Mutex<State>,
    changed: Notify,
    overflowed: Notify,
    taken: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Encoded>,
    bytes: usize,
    close: Option<Close>,
    /// Nothing is taken any more.
    ended: bool,
}

/// What a connection has to do next.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Write these, in order.
    Messages(VecDeque<Encoded>),
    /// Close, with nothing left to write before.
    Close(Close),
}

impl Outbox {
    /// An empty outbox that holds at most this many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            changed: Notify::new(),
            overflowed: Notify::new(),
            taken: Notify::new(),
        }
    }

    /// Whether it could hold this message, were it empty.
    ///
    /// # Errors
    ///
    /// Where the message alone is longer than the bound: closing the connection would not help, for the message would be
    /// as long after the client has come back.
    pub(crate) fn holds(&self, message: &Encoded) -> Result<(), SendError> {
        match message.len() {
            length if length > self.limit => Err(SendError::TooLarge {
                length,
                limit: self.limit,
            }),
            _ => Ok(()),
        }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// Where the connection is closing or closed, or is closed now because its client does not keep up.
    pub(crate) fn push(&self, message: Encoded) -> Result<(), SendError> {
        let mut state = self.lock();
        if state.ended || state.close.is_some() {
            return Err(SendError::Closed);
        }
        if state.bytes + message.len() > self.limit {
            // What waits would reach the client long after it has lost track; it resumes from its position instead.
            state.queue.clear();
            state.close = Some(Close::new(CloseCode::SLOW, "the client reads too slowly"));
            self.overflowed.notify_one();
            self.taken.notify_waiters();
            return Err(SendError::Full);
        }
        state.bytes += message.len();
        state.queue.push_back(message);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits until less than half of the bound is in use, or nothing is taken any more: for who has much to send and can
    /// wait. Cancel safe.
    pub(crate) async fn room(&self) {
        let mut taken = pin!(self.taken.notified());
        loop {
            // Before the look at the state, so that nothing that is taken behind it is missed.
            taken.as_mut().enable();
            {
                let state = self.lock();
                if state.bytes < self.limit / 2 || state.ended || state.close.is_some() {
                    return;
                }
            }
            taken.as_mut().await;
            taken.set(self.taken.notified());
        }
    }

    /// Closes the connection once what is queued has been written. The first close wins.
    pub(crate) fn close(&self, last: Option<Encoded>, close: Close) {
        let mut state = self.lock();
        if state.close.is_none() && !state.ended {
            state.queue.extend(last);
            state.close = Some(close);
            self.changed.notify_one();
        }
    }

    /// Takes no more: the connection is gone.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        *state = State {
            ended: true,
            ..State::default()
        };
        self.taken.notify_waiters();
    }

    /// Whether messages are still taken.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.lock();
        !state.ended && state.close.is_none()
    }

    /// Waits for something to do. Cancel safe: nothing is taken before it returns.
    pub(crate) async fn next(&self) -> Outgoing {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until the bound is reached: then nothing that was taken before needs to be written any more. Cancel safe.
    pub(crate) async fn overflow(&self) -> Close {
        self.overflowed.notified().await;
        Close::new(CloseCode::SLOW, "the client reads too slowly")
    }

    /// What there is to do now.
    pub(crate) fn take(&self) -> Option<Outgoing> {
        let mut state = self.lock();
        if state.queue.is_empty() {
            return state.close.clone().map(Outgoing::Close);
        }
        state.bytes = 0;
        self.taken.notify_waiters();
        Some(Outgoing::Messages(std::mem::take(&mut state.queue)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Encoded {
        Encoded::from("x".repeat(length))
    }

    #[test]
    fn a_client_that_does_not_keep_up_is_closed_with_4008() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.push(message(10)), Ok(()));
        assert_eq!(outbox.push(message(1)), Err(SendError::Full));
        assert_eq!(outbox.push(message(1)), Err(SendError::Closed));
        assert!(
            matches!(outbox.take(), Some(Outgoing::Close(close)) if close.code() == CloseCode::SLOW)
        );
    }

    #[test]
    fn a_message_that_never_fits_is_told_from_one_that_does_not_fit_now() {
        let outbox = Outbox::new(10);
        assert_eq!(outbox.holds(&message(10)), Ok(()));
        let too_large = SendError::TooLarge {
            length: 11,
            limit: 10,
        };
        assert_eq!(outbox.holds(&message(11)), Err(too_large));
        assert!(outbox.is_open());
    }

    #[test]
    fn what_was_sent_before_a_close_is_written_before_it() {
        let outbox = Outbox::new(10);
        outbox.push(message(1)).unwrap();
        outbox.close(None, Close::normal());
        outbox.close(None, Close::new(CloseCode::DRAIN, "too late"));
        assert_eq!(outbox.push(message(1)), Err(SendError::Closed));
        assert!(matches!(outbox.take(), Some(Outgoing::Messages(messages)) if messages.len() == 1));
        assert!(matches!(outbox.take(), Some(Outgoing::Close(close)) if close == Close::normal()));
    }

    #[test]
    fn the_bound_counts_what_waits_and_not_what_was_taken() {
        let outbox = Outbox::new(10);
        for _ in 0..3 {
            outbox.push(message(9)).unwrap();
            assert!(outbox.take().is_some());
        }
        assert!(outbox.take().is_none());
    }
}
