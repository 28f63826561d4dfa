//! Gives a client that comes back what it missed: first from the log, and then what was delivered meanwhile.
//!
//! What is delivered meanwhile is held: the log may be out of reach, or turn out to be another one than the client has seen, and
//! then the client must be told of a gap first. Little is held. Where there is more, that is only noted, and the log is read again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use super::core::Core;
use super::early::Publications;
use super::entry::{Release, Stay};
use super::given::Given;
use crate::client::Connection;
use crate::cluster::{Frame, GapReason, Message, Recovery, Target};
use crate::error::ClusterError;
use crate::protocol::{self, Early, Encoded, Position, Seen};

/// How long to wait before a log that is out of reach is read again.
const PAUSE: Duration = Duration::from_millis(250);

impl Core {
    /// Gives a connection what it missed, while everything new is held for it. Where the log must be read and cannot be, goes on
    /// in a task of its own.
    pub(super) async fn catch_up(
        self: &Arc<Self>,
        user: &Arc<str>,
        connection: &Arc<Connection>,
        stay: Stay,
        seen: Seen,
    ) {
        let mut returning = Returning {
            core: self,
            user,
            connection,
            stay,
            seen,
            progress: Progress::Begins,
        };
        if returning.catch_up().await == CatchUpEnd::Unread {
            let seen = returning.seen;
            self.catch_up_later(user, connection, stay, seen);
        }
    }

    /// Does the same in a task of its own, for a connection that was told that it has joined.
    pub(super) fn catch_up_later(
        self: &Arc<Self>,
        user: &Arc<str>,
        connection: &Arc<Connection>,
        stay: Stay,
        seen: Seen,
    ) {
        let (core, user) = (Arc::clone(self), Arc::clone(user));
        let connection = Arc::downgrade(connection);
        self.tasks
            .start(keep_trying(core, user, connection, stay, seen));
    }
}

async fn keep_trying(
    core: Arc<Core>,
    user: Arc<str>,
    connection: Weak<Connection>,
    stay: Stay,
    mut seen: Seen,
) {
    while let Some(connection) = connection.upgrade() {
        let mut returning = Returning {
            core: &core,
            user: &user,
            connection: &connection,
            stay,
            seen,
            progress: Progress::Joined,
        };
        if returning.catch_up().await != CatchUpEnd::Unread {
            return;
        }
        seen = returning.seen;
        drop(connection);
        sleep(PAUSE).await;
    }
}

/// A connection that comes back.
struct Returning<'a> {
    core: &'a Arc<Core>,
    user: &'a Arc<str>,
    connection: &'a Arc<Connection>,
    /// When it ends, nothing more is sent.
    stay: Stay,
    /// What it has seen, or was given since it came.
    seen: Seen,
    progress: Progress,
}

/// How far a connection that comes back has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Begins,
    /// It was given some of what it missed, and was not told yet that it has joined.
    Begun,
    /// It was told that it has joined.
    Joined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CatchUpEnd {
    /// It was given, or told, what it missed.
    Given,
    /// The log could not be read. Everything is held.
    Unread,
    /// It has left the channel.
    Left,
}

impl Returning<'_> {
    async fn catch_up(&mut self) -> CatchUpEnd {
        loop {
            let given = match self.read().await {
                Ok(given) => given,
                Err(outcome) => return outcome,
            };
            match self.release(given).await {
                Ok(Some(given)) => self.seen = given,
                Ok(None) => return CatchUpEnd::Given,
                Err(outcome) => return outcome,
            }
        }
    }

    /// Reads what it missed page by page, and gives it that; or tells it why that cannot be had.
    async fn read(&mut self) -> Result<Option<Given>, CatchUpEnd> {
        loop {
            let (recovery, now, early) = self.read_page().await?;
            let Some(now) = now else {
                return Ok(None);
            };
            let is_ahead = self.seen.at.seq > now.at.seq;
            let why = match recovery {
                Ok(Recovery::Exact { frames, more: true }) => {
                    self.give_page(&frames).await?;
                    // Nothing more is read for a connection that has ended.
                    if !self.connection.outbox.is_open() {
                        return Ok(None);
                    }
                    continue;
                }
                Ok(Recovery::Exact { frames, .. }) => {
                    return Ok(Some(self.resume(&frames, &early, now.at).await?));
                }
                // Either the client has seen more than this node, which cannot look that up now, but will come to it; or it was
                // given some of what it missed, and the rest waits.
                Err(_) if is_ahead || self.progress != Progress::Begins => {
                    self.join(self.seen, true)?;
                    return Err(CatchUpEnd::Unread);
                }
                Err(_) => GapReason::Unavailable,
                Ok(Recovery::Broken { why, .. }) => why,
            };
            return Ok(Some(self.skip(why, now)?));
        }
    }

    /// Reads what follows what it has seen. Returns also where this node stood before the read, and what it had given early.
    async fn read_page(
        &self,
    ) -> Result<(Result<Recovery, ClusterError>, Option<Seen>, Publications), CatchUpEnd> {
        let members = || self.core.members();
        loop {
            let begun = members().begin_reading(self.stay, self.seen.early);
            let (now, early) = begun.ok_or(CatchUpEnd::Left)?;
            let recovery = self.core.backend.recover(&self.core.key, self.seen.at);
            let recovery = recovery.await;
            // Where the log became another one meanwhile, this may be a page of the earlier one.
            if !members().has_gap(self.stay) {
                return Ok((recovery, now, early));
            }
        }
    }

    /// Tells it that it misses something, and where it stands now.
    fn skip(&mut self, why: GapReason, now: Seen) -> Result<Given, CatchUpEnd> {
        // What another node gave it early may still come from the log, and is not to come twice.
        let elsewhere = self
            .seen
            .early
            .filter(|seen| now.early.is_none_or(|here| here.first != seen.first));
        let now = Seen {
            early: elsewhere.or(now.early),
            ..now
        };
        match self.progress {
            Progress::Begun => self.join(self.seen, true)?,
            Progress::Begins | Progress::Joined => self.join(now, false)?,
        }
        self.tell_gap(why, now)?;
        Ok(Given::new(now.at, now.early, elsewhere.is_some()))
    }

    /// Gives it what was held meanwhile, which may be more than an outbox holds. Returns a position where the log is to be read
    /// again from there, because the log may have become another one, or has more than was held. Then everything is held still.
    async fn release(&self, mut given: Option<Given>) -> Result<Option<Seen>, CatchUpEnd> {
        loop {
            let release = self.core.members().release(self.stay, given);
            match release {
                Release::Held(messages, then) => {
                    given = then;
                    for message in messages {
                        self.connection.outbox.wait_for_room().await;
                        self.send_now(message)?;
                    }
                }
                Release::Done => return Ok(None),
                Release::ReadAgain(seen) => return Ok(Some(seen)),
            }
        }
    }

    fn join(&mut self, at: Seen, resumed: bool) -> Result<(), CatchUpEnd> {
        let before = std::mem::replace(&mut self.progress, Progress::Joined);
        if self.connection.is_session() && before != Progress::Joined {
            self.send_now(protocol::joined(&self.core.name, at, resumed))?;
        }
        Ok(())
    }

    fn tell_gap(&self, why: GapReason, now: Seen) -> Result<(), CatchUpEnd> {
        if self.connection.is_session() {
            self.send_now(protocol::gap(&self.core.name, why.as_str(), now))?;
        }
        Ok(())
    }

    /// Sends what it has missed, as fast as the connection takes it: what the log has, and then what this node has given early.
    ///
    /// `here` is where this node stands. Where the client is further in the log, it may have seen some of what this node gives
    /// early.
    async fn resume(
        &mut self,
        frames: &[Frame],
        early: &Publications,
        here: Position,
    ) -> Result<Given, CatchUpEnd> {
        let seen_early = self.seen.early;
        let is_here = |frame: &Frame| frame.contains(here);
        let has_here = self.seen.at == here || frames.iter().any(is_here);
        let at = self.give(frames).await?;
        // What the log has is not early any more.
        let early_still = seen_early.filter(|early| !is_logged(frames, early.last()));
        let mut given = Given::new(at, early_still, false);
        // What another node gave early, and the log does not have yet, comes before what this node gave early, if it ever comes.
        let is_elsewhere = seen_early.is_some_and(|seen| {
            !is_logged(frames, seen.last())
                && early
                    .first()
                    .is_none_or(|(here, _)| here.first != seen.first)
        });
        // A client that is ahead may have been given some of what this node gives early, from the log.
        let is_ahead = !has_here || at.seq > here.seq;
        given.only_log = is_elsewhere || is_ahead;
        given.lacks_early = !early.is_empty();
        if !given.only_log {
            for (marks, messages) in early {
                let mark = marks.last();
                for (index, message) in messages.iter().enumerate() {
                    if !self.was_early(mark, index) && !is_logged(frames, mark) {
                        let seen = Seen::early(given.at, marks.up_to(index));
                        self.send(message, seen).await?;
                    }
                }
                given.early = Some(*marks);
            }
        }
        let now = Seen {
            at: given.at,
            early: given.early,
        };
        self.join(now, true)?;
        Ok(given)
    }

    /// Sends a page of what it has missed, of which the log has more.
    async fn give_page(&mut self, frames: &[Frame]) -> Result<(), CatchUpEnd> {
        self.seen.at = self.give(frames).await?;
        // What it was given early comes in the order in which the log has it.
        let is_ahead = |early: &Early| !is_logged(frames, early.last());
        self.seen.early = self.seen.early.filter(is_ahead);
        if self.progress == Progress::Begins {
            self.progress = Progress::Begun;
        }
        Ok(())
    }

    /// Sends what it has not seen of these frames. Returns where it stands then.
    async fn give(&self, frames: &[Frame]) -> Result<Position, CatchUpEnd> {
        let mut at = self.seen.at;
        let messages = frames.iter().flat_map(|frame| frame.iter().enumerate());
        for (index, (position, message)) in messages {
            let Some(position) = position.filter(|position| position.seq > at.seq) else {
                continue;
            };
            at = position;
            if !self.was_early(position.mark, index) {
                // What was given early may come later in the log, and the client may leave before that.
                let early = self.seen.early;
                self.send(message, Seen { at, early }).await?;
            }
        }
        Ok(at)
    }

    fn was_early(&self, mark: u64, index: usize) -> bool {
        let early = self.seen.early;
        early.is_some_and(|early| early.has(mark, index))
    }

    async fn send(&self, message: &Message, seen: Seen) -> Result<(), CatchUpEnd> {
        let Message::Event { target, event } = message else {
            return Ok(());
        };
        let is_meant = match target {
            Target::All => true,
            Target::Others(sender) => !self.connection.is_or_was(*sender),
            Target::User(other) => other == self.user,
        };
        if is_meant {
            self.connection.outbox.wait_for_room().await;
            self.send_now(self.core.suffix.write(event, seen))?;
        }
        Ok(())
    }

    /// Sends it a message, unless its stay has ended.
    fn send_now(&self, message: Encoded) -> Result<(), CatchUpEnd> {
        let mut members = self.core.members();
        if !members.has(self.stay) {
            return Err(CatchUpEnd::Left);
        }
        self.connection.send_all([message]);
        Ok(())
    }
}

/// Whether the publication of this mark is among these frames.
fn is_logged(frames: &[Frame], mark: u64) -> bool {
    let mut frames = frames.iter().filter_map(|frame| frame.last);
    frames.any(|last| last.mark == mark)
}
