//! Carries out orders to end connections: each once, on whichever way it comes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::core::Core;
use crate::cluster::Marks;
use crate::protocol::Close;

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
        let marks = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mark.is_none_or(|mark| marks().add(mark))
    }
}

impl Core {
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
