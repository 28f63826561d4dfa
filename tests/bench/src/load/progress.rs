use std::time::{Duration, Instant};

use super::{LoadError, wrong};

/// Whether a server that owes something still goes on.
#[derive(Debug)]
pub(super) struct Progress {
    patience: Duration,
    last: Instant,
}

impl Progress {
    /// Something is owed from now on, and something has to come within this time, again and again.
    pub(super) fn within(patience: Duration) -> Self {
        Self {
            patience,
            last: Instant::now(),
        }
    }

    /// Notes whether something came, and gives up with a sentence where nothing has for too long.
    pub(super) fn note(
        &mut self,
        came: bool,
        sentence: impl FnOnce() -> String,
    ) -> Result<(), LoadError> {
        if came {
            self.last = Instant::now();
        } else if self.last.elapsed() > self.patience {
            return wrong(sentence());
        }
        Ok(())
    }
}
