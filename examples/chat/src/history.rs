//! What was said lately, for those who come. Knows nothing of connections.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::ChatMsg;

/// How many messages are kept. As one event they are less than 1 MiB, the most that may wait for a connection, however long
/// each of them is.
const LENGTH: usize = 50;

/// The last messages of the room, the oldest first. Cheap to clone: every clone is the same history.
///
/// In the memory of this process, and so without what was said by way of others. A real application has a database here,
/// and all its nodes have the same.
#[derive(Debug, Clone, Default)]
pub struct History(Arc<Mutex<VecDeque<ChatMsg>>>);

impl History {
    /// Adds a message, in place of the oldest one where there are enough.
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
