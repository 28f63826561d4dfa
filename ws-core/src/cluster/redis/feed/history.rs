//! What a feed knows of the log, for clients that come back.

use super::Feed;
use crate::cluster::{Frame, Recovery};
use crate::protocol::Position;

impl Feed {
    /// What follows a position, where that was delivered lately.
    pub(in crate::cluster::redis) fn after(&self, from: Position) -> Option<Recovery> {
        self.state().follow.after(from)
    }

    /// Where to read on from a position: from another one, if this one was delivered here and the log has lost it.
    pub(in crate::cluster::redis) fn resolve(&self, from: Position) -> Position {
        self.state().follow.resolve(from)
    }

    /// What was read behind a position, with the gaps that were told there.
    pub(in crate::cluster::redis) fn divide(&self, from: Position, recovery: Recovery) -> Recovery {
        match recovery {
            Recovery::Exact { frames, more } => self.state().follow.divide(from, frames, more),
            told => told,
        }
    }

    /// Whether something else was delivered at the place of this position.
    pub(in crate::cluster::redis) fn has_another(&self, position: Position) -> bool {
        self.state().follow.has_another(position)
    }

    /// Takes what was read of the log, for those who come back to it later.
    pub(in crate::cluster::redis) fn remember(&self, frames: &[Frame]) {
        self.state().follow.remember(frames);
    }
}
