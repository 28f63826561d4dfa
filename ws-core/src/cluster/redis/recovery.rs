//! Reading the log for clients that come back: once for all who ask at the same time, however many they are.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use tokio::time::timeout;

use super::failure::Failure;
use super::feed::Feed;
use super::follow::Reading;
use super::log;
use super::node::{CATCH_UP, Node};
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
    pub(super) async fn recover(
        self: &Arc<Self>,
        channel: &str,
        from: Position,
    ) -> Result<Recovery, Failure> {
        let Some(feed) = self.feeds.get(channel) else {
            return self.read_behind(channel, from).await;
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
        let found = self.read_followed(&feed, from).await;
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

    /// What follows a position in a channel that this node follows. It is of the same log as what was delivered here: where the
    /// log is another one, and this node has not noticed that yet, it does so first.
    async fn read_followed(
        self: &Arc<Self>,
        feed: &Arc<Feed>,
        from: Position,
    ) -> Result<Recovery, Failure> {
        loop {
            if let Some(recovery) = feed.after(from) {
                return Ok(recovery);
            }
            let at = feed.at();
            let recovery = self.read_behind(&feed.channel, from).await?;
            let (Recovery::Exact(frames), Some(at)) = (&recovery, at) else {
                return Ok(recovery);
            };
            if from.seq > at.seq || frames.iter().any(|frame| frame.contains(at)) {
                return Ok(recovery);
            }
            self.satisfy(feed, feed.doubt(at));
            timeout(CATCH_UP, feed.moves_on_from(at))
                .await
                .map_err(|_| Failure::timeout("the log that is another one"))?;
        }
    }

    /// Reads what follows a position.
    async fn read_behind(&self, channel: &str, from: Position) -> Result<Recovery, Failure> {
        let log = log::Log {
            commands: &self.commands,
            keys: &self.keys.channel(channel),
            server: None,
        };
        let mut found = Vec::new();
        let mut at = from;
        loop {
            match log::behind(log, at, 0).await? {
                Reading::Continues { frames, more } => {
                    let last = frames.last().and_then(|frame| frame.last);
                    // The first frame of a page is the last one of the page before.
                    let skipped = usize::from(!found.is_empty());
                    found.extend(frames.into_iter().skip(skipped));
                    match last {
                        Some(last) if more && last != at => at = last,
                        _ => return Ok(Recovery::Exact(found)),
                    }
                }
                Reading::Broken { why, .. } => {
                    let at = self.feeds.get(channel).and_then(|feed| feed.at());
                    let head = match at {
                        Some(at) => Some(at),
                        None => log::newest(log).await?.and_then(|newest| newest.last),
                    };
                    let head = head.unwrap_or(Position { seq: 0, nonce: 0 });
                    return Ok(Recovery::Broken { why, head });
                }
                Reading::Newest(_) | Reading::Elsewhere { .. } => {
                    return Err(Failure::nonsense("XRANGE"));
                }
            }
        }
    }
}
