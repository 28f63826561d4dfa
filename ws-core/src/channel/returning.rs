//! Gives a client that comes back what it missed: first from the log, and then what was delivered meanwhile.
//!
//! What is delivered meanwhile is held: the log may be out of reach, or turn out to be another one than the client has seen, and
//! then the client must be told of a gap first. Little is held. Where there is more, that is only noted, and the log is read again.

mod pages;

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use self::pages::{Stop, is_logged};
use super::core::Core;
use super::early::Publications;
use super::entry::{Release, Stay};
use super::given::Given;
use crate::client::{Connection, Share};
use crate::cluster::{Frame, GapReason, Recovery};
use crate::error::ClusterError;
use crate::protocol::{self, Position, Seen};

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
            page: connection.share(),
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
            page: connection.share(),
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
    /// Counts the page that was read for it, while some of that waits.
    page: Share,
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
    /// The log could not be read, or not past an order that this node is yet to carry out. Everything is held.
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
            self.page.set(0);
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
            let recovery = match recovery {
                Ok(Recovery::Gap {
                    why,
                    head,
                    frames,
                    more,
                }) => {
                    self.pass_gap(why, head)?;
                    Ok(Recovery::Exact { frames, more })
                }
                recovery => recovery,
            };
            let why = match recovery {
                Ok(Recovery::Exact { frames, more }) => {
                    let (at, stop) = self.give(&frames).await?;
                    if !more && stop == Stop::End {
                        return Ok(Some(self.resume(&frames, at, &early, now.at).await?));
                    }
                    self.moves_on(&frames, at);
                    drop(frames);
                    self.page.set(0);
                    match stop {
                        Stop::End => {}
                        Stop::Full => self.connection.outbox.wait_for_room().await,
                        Stop::Order => {
                            self.join(self.seen, true)?;
                            return Err(CatchUpEnd::Unread);
                        }
                    }
                    // Nothing more is read for a connection that has ended.
                    if !self.connection.outbox.is_open() {
                        return Ok(None);
                    }
                    continue;
                }
                // Either the client has seen more than this node, which cannot look that up now, but will come to it; or it was
                // given some of what it missed, and the rest waits.
                Err(_) if is_ahead || self.progress != Progress::Begins => {
                    self.join(self.seen, true)?;
                    return Err(CatchUpEnd::Unread);
                }
                Err(_) => GapReason::Unavailable,
                Ok(Recovery::Gap { why, .. } | Recovery::Broken { why, .. }) => why,
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

    /// Tells it that it misses something up to `head`. It is still given what the log has behind that.
    fn pass_gap(&mut self, why: GapReason, head: Position) -> Result<(), CatchUpEnd> {
        let then = Seen {
            at: head,
            early: self.seen.early,
        };
        match self.progress {
            Progress::Begun => self.join(self.seen, true)?,
            Progress::Begins | Progress::Joined => self.join(then, false)?,
        }
        self.tell_gap(why, then)?;
        self.seen = then;
        Ok(())
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

    /// Sends what this node has given early to a connection that was given what the log has, these frames last, up to `at`.
    ///
    /// `here` is where this node stands. Where the client is further in the log, it may have seen some of what this node gives
    /// early.
    async fn resume(
        &mut self,
        frames: &[Frame],
        at: Position,
        early: &Publications,
        here: Position,
    ) -> Result<Given, CatchUpEnd> {
        let seen_early = self.seen.early;
        let is_here = |frame: &Frame| frame.contains(here);
        let has_here = self.seen.at == here || frames.iter().any(is_here);
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
}
