//! Recent messages, for new arrivals. Knows nothing about connections.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::ChatMsg;

/// How many messages are kept. However long they are, together in one event they stay below 1 MiB, the most that may wait
/// for a connection.
const LENGTH: usize = 50;

/// The last messages of the room, the oldest first. Cheap to clone: every clone is the same history.
///
/// It is in the memory of this process, so it lacks what was said on other nodes. A real application uses a database that
/// all nodes share.
#[derive(Debug, Clone, Default)]
pub struct History(Arc<Mutex<VecDeque<ChatMsg>>>);

impl History {
    /// Adds a message. When the history is full, it replaces the oldest one.
    pub(crate) fn add(&self, message: ChatMsg) {
        let mut messages = self.messages();
        if messages.len() == LENGTH {
            messages.pop_front();
        }
        messages.push_back(message);
    }

    pub(crate) fn recent(&self) -> Vec<ChatMsg> {
        self.messages().iter().cloned().collect()
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<ChatMsg>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
