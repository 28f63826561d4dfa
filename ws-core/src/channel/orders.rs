//! Carrying out orders to end connections: each once, on whichever way it comes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::core::Core;
use crate::cluster::{Marks, Message};
use crate::protocol::{Close, Position};

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
        mark.is_none_or(|mark| self.marks().add(mark))
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Whether what the log has at this position is an order that is yet to be carried out here, and that concerns this user.
    /// Nobody is to read past it until then: it may be meant for them.
    pub(super) fn awaits_order(&self, user: &str, at: Position, message: &Message) -> bool {
        let Message::Disconnect { user: meant, .. } = message else {
            return false;
        };
        let is_meant = meant.as_deref().is_none_or(|meant| meant == user);
        let is_ahead = || self.members().head().is_some_and(|head| head.seq < at.seq);
        is_meant && is_ahead() && !self.orders.marks().has(at.nonce)
    }

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
