//! Reading the log for clients that come back: once for all who ask at the same time, however many they are.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::failure::Failure;
use super::feed::Feed;
use super::follow::Follow;
use super::keys::ChannelKeys;
use super::log::{self, Log};
use super::node::{CATCH_UP, Node};
use crate::cluster::{Frame, GapReason, Recovery};
use crate::protocol::Position;

/// What was read of a channel's log for its clients, by one at a time.
#[derive(Default)]
pub(super) struct Pages(Mutex<PageCache>);

/// What was found lately: those who come back at once read the same pages, each as fast as it can.
#[derive(Default)]
struct PageCache {
    pages: VecDeque<KeptPage>,
    bytes: usize,
    /// When a read last showed that the log is the one that is delivered.
    confirmed: Option<Instant>,
}

/// What was found behind a position.
struct KeptPage {
    begun: Instant,
    used: Instant,
    /// How many gaps there were in what was delivered, before it was read.
    gaps: u64,
    from: Position,
    found: Result<Found, Failure>,
}

#[derive(Clone)]
struct Found {
    recovery: Recovery,
    /// Whether the log was seen to begin behind the position: then it does not reach back to older ones either. Of a position
    /// that it lacks for another reason, nothing follows for others.
    is_before_log: bool,
}

impl Pages {
    /// The most bytes of messages that are kept, unless one page has more.
    const MOST_BYTES: usize = 1024 * 1024;

    /// How long a page is kept after somebody was given it.
    const LIFE: Duration = Duration::from_secs(1);

    /// Forgets what nobody has asked for lately.
    pub(super) fn tidy(&self) {
        // Where somebody reads, it is in use.
        if let Ok(mut kept) = self.0.try_lock() {
            kept.forget(|page| page.used.elapsed() > Self::LIFE);
        }
    }
}

#[cfg(test)]
impl Pages {
    /// Forgets everything, as it does when nobody asks for it any more.
    pub(super) fn forget(&self) {
        self.0.try_lock().unwrap().forget(|_| true);
    }
}

type Answer = Result<Recovery, Failure>;

impl PageCache {
    /// How long such a read stays valid. A failover takes longer.
    const FRESH: Duration = Duration::from_millis(100);

    /// Whether a read has shown that the log is the one that is delivered: after `asked`, or so shortly before now that no
    /// other log can have taken its place.
    fn has_confirmed(&self, asked: Instant) -> bool {
        let confirmed = self.confirmed;
        confirmed.is_some_and(|then| then >= asked || then.elapsed() < Self::FRESH)
    }

    /// What was found for somebody else, and holds for one who asks now for what follows a position.
    fn answer(&mut self, feed: &Feed, from: Position, asked: Instant) -> Option<Answer> {
        let mut pages = self.pages.iter_mut().rev();
        pages.find_map(|page| page.answer(feed, from, asked))
    }

    /// Adds what was read for somebody.
    fn add(&mut self, page: KeptPage, asked: Instant) {
        // What was found before they asked holds for those who had asked earlier, and they are through.
        self.forget(|page| !page.is_inner() && page.begun < asked);
        self.bytes += page.size();
        self.pages.push_back(page);
        while self.bytes > Pages::MOST_BYTES
            && self.pages.len() > 1
            && let Some(page) = self.pages.pop_front()
        {
            self.bytes -= page.size();
        }
    }

    /// Puts the pages that lead up to what was delivered lately before it, as far as there is room.
    fn fill(&self, feed: &Feed) {
        for page in self.pages.iter().rev() {
            if let Some(Recovery::Exact { frames, .. }) = page.recovery() {
                feed.remember(frames);
            }
        }
    }

    fn forget(&mut self, is_over: impl Fn(&KeptPage) -> bool) {
        self.pages.retain(|page| !is_over(page));
        self.bytes = self.pages.iter().map(KeptPage::size).sum();
    }
}

impl KeptPage {
    /// What holds of it for somebody else. One whose reading had begun before they asked may lack what came in between.
    fn answer(&mut self, feed: &Feed, from: Position, asked: Instant) -> Option<Answer> {
        if self.gaps != feed.gaps() {
            // It may be of the earlier log.
            return None;
        }
        let is_new = self.begun >= asked;
        let answer = match &self.found {
            Ok(Found {
                recovery: Recovery::Exact { frames, more },
                ..
            }) => {
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
            Ok(broken) => {
                let is_older = broken.is_before_log && from.seq <= self.from.seq;
                (is_older || from == self.from).then(|| Ok(broken.recovery.clone()))
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
        last.zip(feed.at()).is_some_and(is_before)
    }

    fn recovery(&self) -> Option<&Recovery> {
        let found = self.found.as_ref().ok()?;
        Some(&found.recovery)
    }

    /// Whether there is more behind it.
    fn is_inner(&self) -> bool {
        matches!(self.recovery(), Some(Recovery::Exact { more: true, .. }))
    }

    /// What it costs to keep it, in bytes.
    fn size(&self) -> usize {
        match self.recovery() {
            Some(Recovery::Exact { frames, .. }) => frames.iter().map(Frame::size).sum(),
            Some(Recovery::Gap { .. } | Recovery::Broken { .. }) | None => 0,
        }
    }
}

impl Found {
    /// The same for a client that nothing of the log was delivered to on this node.
    fn unfollowed(self, from: Position) -> Recovery {
        match self.recovery {
            Recovery::Exact { frames, more } => Follow::default().divide(from, frames, more),
            told => told,
        }
    }

    /// Whether it is of another log than what was delivered up to here.
    fn is_of_another_log(&self, from: Position, at: Position) -> bool {
        let &Recovery::Exact { ref frames, more } = &self.recovery else {
            return false;
        };
        let last = frames.last().and_then(|frame| frame.last);
        let ends_before = more && last.is_some_and(|last| last.seq < at.seq);
        let knows_less = from.seq > at.seq;
        !(ends_before || knows_less || frames.iter().any(|frame| frame.contains(at)))
    }
}

impl From<Recovery> for Found {
    fn from(recovery: Recovery) -> Self {
        Self {
            recovery,
            is_before_log: false,
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
            let found = self.read_behind(channel, from).await?;
            return Ok(found.unfollowed(from));
        };
        if let Some(recovery) = feed.after(from) {
            return Ok(recovery);
        }
        let asked = Instant::now();
        let mut kept = feed.pages.0.lock().await;
        self.recover_followed(&feed, &mut kept, from, asked).await
    }

    /// The same in a channel that this node follows. It is of the same log as what was delivered here: where the log is another
    /// one, and this node has not noticed that yet, it does so first.
    async fn recover_followed(
        self: &Arc<Self>,
        feed: &Arc<Feed>,
        kept: &mut PageCache,
        from: Position,
        asked: Instant,
    ) -> Result<Recovery, Failure> {
        loop {
            // Whoever had the turn before may have read it.
            if let Some(recovery) = feed.after(from) {
                return Ok(recovery);
            }
            let from = feed.resolve(from);
            let (at, begun, gaps) = (feed.at(), Instant::now(), feed.gaps());
            if let Some(at) = at.filter(|_| feed.has_another(from)) {
                // A client may make up positions, so the log is read seldom, and once for all who ask meanwhile.
                if kept.has_confirmed(asked) {
                    let (why, head) = (GapReason::Forked, at);
                    return Ok(Recovery::Broken { why, head });
                }
                match self.page_behind(&feed.keys, at).await? {
                    Ok(_) => kept.confirmed = Some(begun),
                    Err(_) if self.moves_on(feed, at).await? => {}
                    Err(_) => {
                        let found = self.read_behind(&feed.channel, from).await?;
                        return Ok(found.unfollowed(from));
                    }
                }
                continue;
            }
            if let Some(answer) = kept.answer(feed, from, asked) {
                return answer.map(|recovery| feed.divide(from, recovery));
            }
            let found = self.read_behind(&feed.channel, from).await;
            if let (Ok(found), Some(at)) = (&found, at)
                && found.is_of_another_log(from, at)
            {
                if self.moves_on(feed, at).await? {
                    continue;
                }
                return Ok(found.clone().unfollowed(from));
            }
            let page = KeptPage {
                begun,
                used: Instant::now(),
                gaps,
                from,
                found: found.clone(),
            };
            kept.add(page, asked);
            kept.fill(feed);
            return found.map(|found| feed.divide(from, found.recovery));
        }
    }

    /// Waits until this node has noticed that the log is another one than what was delivered up to `at`. `false` where the
    /// server that this node listens to still has the earlier log: it will notice by itself.
    async fn moves_on(self: &Arc<Self>, feed: &Arc<Feed>, at: Position) -> Result<bool, Failure> {
        self.satisfy(feed, feed.doubt(at));
        let moves_on = timeout(CATCH_UP, feed.moved_from(at)).await;
        moves_on.map_err(|_| Failure::timeout("the log that is another one"))
    }

    /// Reads a page of what follows a position.
    async fn read_behind(&self, channel: &str, from: Position) -> Result<Found, Failure> {
        let keys = self.keys.channel(channel);
        let why = match self.page_behind(&keys, from).await? {
            Ok(log::Page { frames, more }) => return Ok(Recovery::Exact { frames, more }.into()),
            Err(why) => why,
        };
        let log = self.log(&keys);
        let begins = match why {
            // The log has another entry there.
            GapReason::Forked => None,
            _ => log::beginning(log).await?,
        };
        let at = self.feeds.get(channel).and_then(|feed| feed.at());
        let head = match at {
            Some(at) => Some(at),
            None => log::newest(log).await?.and_then(|newest| newest.last),
        };
        let head = head.unwrap_or(Position { seq: 0, mark: 0 });
        Ok(Found {
            recovery: Recovery::Broken { why, head },
            is_before_log: begins.is_some_and(|begins| begins > from.seq),
        })
    }

    /// The same. Asks again where the server does not answer and turns out to be no longer the owner.
    async fn page_behind(
        &self,
        keys: &ChannelKeys,
        from: Position,
    ) -> Result<Result<log::Page, GapReason>, Failure> {
        let owner = self.topology.owner(keys.partition);
        let page = log::behind(self.log(keys), from).await;
        match page {
            Err(Failure::Away(_)) if self.topology.owner(keys.partition) != owner => {
                log::behind(self.log(keys), from).await
            }
            page => page,
        }
    }

    fn log<'a>(&'a self, keys: &'a ChannelKeys) -> Log<'a> {
        Log {
            commands: &self.commands,
            keys,
            server: None,
        }
    }
}
