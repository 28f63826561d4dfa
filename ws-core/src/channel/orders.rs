//! Carries out orders to end connections: each once, on whichever way it comes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::core::Core;
use crate::cluster::{Marks, Message};
use crate::protocol::{Close, Position};

/// Which orders were carried out here.
///
/// An order may come more than once: in the log, and again where the log is read because too much came at once; early, before the
/// log has it; and apart from the log, which may not bring it. It is carried out when it first comes, and not again, because it is
/// not meant for connections that have come since. So everything that carries out an order asks here.
#[derive(Default)]
pub(super) struct Orders(Mutex<Marks>);

impl Orders {
    /// Begins to carry out the orders of the publication of this mark. `false` where that was done before. Orders without a mark
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
        is_meant && is_ahead() && !self.orders.marks().has(at.mark)
    }

    /// Closes the connections of a user, or of everyone, that were here when this round began. Everyone may be many: they are told
    /// to spread their return.
    pub(super) fn close(&self, round: u64, user: Option<&str>, close: &Close) {
        let connections = self.members().present_before(round, user);
        for connection in connections {
            let spread = match user {
                Some(_) => Duration::ZERO,
                None => connection.common().limits.spread,
            };
            connection.close_spread(close.clone(), spread);
        }
    }
}
