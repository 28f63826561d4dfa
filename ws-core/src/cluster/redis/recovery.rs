//! Reading the log for clients that come back: once for all who ask at the same time, however many they are.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::failure::Failure;
use super::feed::Feed;
use super::follow::Reading;
use super::log;
use super::node::{CATCH_UP, Node};
use crate::cluster::{Frame, Recovery, Why};
use crate::protocol::Position;

/// The readings of a channel's log for its clients, of which there is one at a time.
#[derive(Default)]
pub(super) struct Readings(Mutex<Pages>);

/// What was found lately: those who come back at once read the same pages, each as fast as it can.
#[derive(Default)]
struct Pages {
    readings: VecDeque<Read>,
    bytes: usize,
}

/// A reading.
struct Read {
    begun: Instant,
    used: Instant,
    /// How many gaps there were in what was delivered, before it.
    gaps: u64,
    from: Position,
    found: Result<Recovery, Failure>,
}

impl Readings {
    /// The most bytes of messages that are kept, unless one page has more.
    const MOST_BYTES: usize = 1024 * 1024;

    /// How long it is kept after somebody was given it.
    const LIFE: Duration = Duration::from_secs(1);

    /// Forgets what nobody has asked for lately.
    pub(super) fn tidy(&self) {
        // Where somebody reads, it is in use.
        if let Ok(mut pages) = self.0.try_lock() {
            pages.forget(|read| read.used.elapsed() > Self::LIFE);
        }
    }
}

#[cfg(test)]
impl Readings {
    /// Forgets everything, as it does when nobody asks for it any more.
    pub(super) fn forget(&self) {
        self.0.try_lock().unwrap().forget(|_| true);
    }
}

impl Pages {
    /// What was found for somebody else, and holds for one who asks now for what follows a position.
    fn answer(&mut self, feed: &Feed, from: Position, asked: Instant) -> Option<Answer> {
        let mut readings = self.readings.iter_mut().rev();
        readings.find_map(|read| read.answer(feed, from, asked))
    }

    fn add(&mut self, read: Read) {
        // What else was found holds for those who wait for it, and they do so until now.
        self.forget(|read| !read.is_inner_page());
        self.bytes += read.size();
        self.readings.push_back(read);
        while self.bytes > Readings::MOST_BYTES
            && self.readings.len() > 1
            && let Some(read) = self.readings.pop_front()
        {
            self.bytes -= read.size();
        }
    }

    /// Puts the pages that lead up to what was delivered lately before it, as far as there is room.
    fn fill(&self, feed: &Feed) {
        for read in self.readings.iter().rev() {
            if let Ok(Recovery::Exact { frames, .. }) = &read.found {
                feed.remember(frames);
            }
        }
    }

    fn forget(&mut self, is_over: impl Fn(&Read) -> bool) {
        self.readings.retain(|read| !is_over(read));
        self.bytes = self.readings.iter().map(Read::size).sum();
    }
}

type Answer = Result<Recovery, Failure>;

impl Read {
    /// What it has found for somebody else. A reading that had begun before they asked may lack what came in between.
    fn answer(&mut self, feed: &Feed, from: Position, asked: Instant) -> Option<Answer> {
        let is_new = self.begun >= asked;
        let answer = match &self.found {
            Ok(Recovery::Exact { frames, more }) => {
                // Nothing comes in between within a page of what was delivered here, unless the log becomes another one.
                let is_settled = *more && self.was_delivered(feed, frames);
                if !is_new && !is_settled {
                    return None;
                }
                let place = frames.iter().rposition(|frame| frame.contains(from))?;
                let (frames, more) = (frames.get(place..)?.to_vec(), *more);
                let leads_on = frames.last()?.last? != from;
                (leads_on || !more).then_some(Ok(Recovery::Exact { frames, more }))
            }
            _ if !is_new => None,
            Ok(broken @ Recovery::Broken { why, .. }) => {
                let is_older = from.seq <= self.from.seq && *why != Why::Forked;
                (is_older || from == self.from).then(|| Ok(broken.clone()))
            }
            Err(failure) => Some(Err(failure.clone())),
        };
        if answer.is_some() {
            self.used = Instant::now();
        }
        answer
    }

    fn was_delivered(&self, feed: &Feed, frames: &[Frame]) -> bool {
        let last = frames.last().and_then(|frame| frame.last);
        let is_before = |(last, at): (Position, Position)| last.seq <= at.seq;
        self.gaps == feed.gaps() && last.zip(feed.at()).is_some_and(is_before)
    }

    /// Whether it is a page with more behind it.
    fn is_inner_page(&self) -> bool {
        matches!(self.found, Ok(Recovery::Exact { more: true, .. }))
    }

    /// What it costs to keep it, in bytes.
    fn size(&self) -> usize {
        match &self.found {
            Ok(Recovery::Exact { frames, .. }) => frames.iter().map(Frame::size).sum(),
            Ok(Recovery::Broken { .. }) | Err(_) => 0,
        }
    }
}

impl Node {
    /// What follows a position: from memory, or else a page of the log, which is then at hand for those who come after, as far
    /// as there is room.
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
        let mut pages = feed.readings.0.lock().await;
        // Whoever had the turn before may have read it.
        if let Some(recovery) = feed.after(from) {
            return Ok(recovery);
        }
        if let Some(answer) = pages.answer(&feed, from, asked) {
            return answer;
        }
        let (begun, gaps) = (Instant::now(), feed.gaps());
        let found = self.read_followed(&feed, from).await;
        pages.add(Read {
            begun,
            used: Instant::now(),
            gaps,
            from,
            found: found.clone(),
        });
        pages.fill(&feed);
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
            let (&Recovery::Exact { ref frames, more }, Some(at)) = (&recovery, at) else {
                return Ok(recovery);
            };
            let last = frames.last().and_then(|frame| frame.last);
            let ends_before = more && last.is_some_and(|last| last.seq < at.seq);
            let knows_less = from.seq > at.seq;
            if ends_before || knows_less || frames.iter().any(|frame| frame.contains(at)) {
                return Ok(recovery);
            }
            self.satisfy(feed, feed.doubt(at));
            timeout(CATCH_UP, feed.moves_on_from(at))
                .await
                .map_err(|_| Failure::timeout("the log that is another one"))?;
        }
    }

    /// Reads a page of what follows a position.
    async fn read_behind(&self, channel: &str, from: Position) -> Result<Recovery, Failure> {
        let log = log::Log {
            commands: &self.commands,
            keys: &self.keys.channel(channel),
            server: None,
        };
        match log::behind(log, from, 0).await? {
            Reading::Continues { frames, more } => Ok(Recovery::Exact { frames, more }),
            Reading::Broken { why, .. } => {
                let at = self.feeds.get(channel).and_then(|feed| feed.at());
                let head = match at {
                    Some(at) => Some(at),
                    None => log::newest(log).await?.and_then(|newest| newest.last),
                };
                let head = head.unwrap_or(Position { seq: 0, nonce: 0 });
                Ok(Recovery::Broken { why, head })
            }
            Reading::Newest(_) | Reading::Elsewhere { .. } => Err(Failure::nonsense("XRANGE")),
        }
    }
}
