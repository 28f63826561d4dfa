//! Carrying out orders to end connections: each once, on whichever way it comes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::core::Core;
use crate::cluster::Marks;
use crate::protocol::Close;

/// Which orders were carried out here.
///
/// An order comes in the log, and is read there once more where too much came at once; it comes early, before the log has it; and
/// it comes apart from the log, where that may not bring it. Whichever is first, it is carried out then, and not once more: who has
/// come since is not meant by it. So everything that carries out an order asks here.
#[derive(Default)]
pub(super) struct Orders(Mutex<Marks>);

impl Orders {
    /// The orders of the publication of this mark are about to be carried out. Whether they were not before. Without a mark they
    /// come once.
    pub(super) fn begin(&self, mark: Option<u64>) -> bool {
        let marks = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mark.is_none_or(|mark| marks().add(mark))
    }
}

impl Core {
    /// Closes the connections of a user, or of everyone, that were there when this delivery began. Everyone may be many, who are
    /// not to come back at once.
    pub(super) fn close(&self, turn: u64, user: Option<&str>, close: &Close) {
        let connections = self.members().there_before(turn, user);
        for connection in connections {
            let spread = match user {
                Some(_) => Duration::ZERO,
                None => connection.common().limits.spread,
            };
            connection.close_spread(close.clone(), spread);
        }
    }
}
