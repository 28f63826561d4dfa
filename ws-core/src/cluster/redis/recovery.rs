//! Reading the log for clients that come back: once for all who ask at the same time, however many they are.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use super::failure::Failure;
use super::node::Node;
use crate::cluster::{Recovery, Why};
use crate::protocol::Position;

/// The readings of a channel's log for its clients, of which there is one at a time. What it has found is kept for those who
/// wait for it, and no longer.
#[derive(Default)]
pub(super) struct Readings(Mutex<Weak<Turn>>);

/// Taken by whoever reads.
type Turn = tokio::sync::Mutex<Option<Read>>;

/// The last reading.
struct Read {
    begun: Instant,
    from: Position,
    found: Result<Recovery, Failure>,
}

impl Readings {
    fn turn(&self) -> Arc<Turn> {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turn.upgrade().unwrap_or_else(|| {
            let new = Arc::default();
            *turn = Arc::downgrade(&new);
            new
        })
    }
}

impl Read {
    /// What it has found for somebody else. A reading that had begun before they asked may lack what came in between.
    fn answer(&self, from: Position, asked: Instant) -> Option<Result<Recovery, Failure>> {
        if self.begun < asked {
            return None;
        }
        match &self.found {
            Ok(Recovery::Exact(frames)) => {
                let place = frames.iter().rposition(|frame| frame.contains(from))?;
                Some(Ok(Recovery::Exact(frames.get(place..)?.to_vec())))
            }
            Ok(broken @ Recovery::Broken { why, .. }) => {
                let is_older = from.seq <= self.from.seq && *why != Why::Forked;
                (is_older || from == self.from).then(|| Ok(broken.clone()))
            }
            Err(failure) => Some(Err(failure.clone())),
        }
    }
}

impl Node {
    /// What follows a position: from memory, or else from the log, which is then at hand for those who come after, as far as
    /// there is room.
    pub(super) async fn recover_once(
        self: &Arc<Self>,
        channel: &str,
        from: Position,
    ) -> Result<Recovery, Failure> {
        let Some(feed) = self.feeds.get(channel) else {
            return self.recover(channel, from).await;
        };
        if let Some(recovery) = feed.after(from) {
            return Ok(recovery);
        }
        let asked = Instant::now();
        let turn = feed.readings.turn();
        let mut last = turn.lock().await;
        // Whoever had the turn before may have read it.
        if let Some(recovery) = feed.after(from) {
            return Ok(recovery);
        }
        if let Some(found) = last.as_ref().and_then(|read| read.answer(from, asked)) {
            return found;
        }
        let begun = Instant::now();
        let found = self.recover_followed(&feed, from).await;
        if let Ok(Recovery::Exact(frames)) = &found {
            feed.remember(frames);
        }
        *last = Some(Read {
            begun,
            from,
            found: found.clone(),
        });
        found
    }
}
