//! Gives a client that comes back one page of the log.

use super::{CatchUpEnd, Progress, Returning};
use crate::cluster::{Frame, Message, Target};
use crate::protocol::{Early, Encoded, Position, Seen, Text};

/// Where the giving of a page has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At its end.
    End,
    /// Before a message for which there is no room: the client must read first. The rest is not kept for it meanwhile.
    Full,
    /// Before an order that this node is yet to carry out.
    Order,
}

impl Returning<'_> {
    /// Notes that it was given these frames, up to `at`, and that the log has more.
    pub(super) fn moves_on(&mut self, frames: &[Frame], at: Position) {
        self.seen.at = at;
        // What it was given early comes in the order in which the log has it.
        let is_given = |last: Position| last.seq <= at.seq;
        let is_ahead = |early: &Early| !has_mark(frames, early.last(), is_given);
        self.seen.early = self.seen.early.filter(is_ahead);
        if self.progress == Progress::Begins {
            self.progress = Progress::Begun;
        }
    }

    /// Sends what it has not seen of these frames, as fast as it takes it: it may be more than an outbox holds. What waits counts
    /// among what waits for all, and is given up where that is too much. Returns where the client stands then.
    pub(super) async fn give(&mut self, frames: &[Frame]) -> Result<(Position, Stop), CatchUpEnd> {
        let is_held = self.page.hold(frames.iter().map(Frame::size).sum());
        let mut at = self.seen.at;
        let messages = frames.iter().flat_map(|frame| frame.iter().enumerate());
        for (index, (position, message)) in messages {
            let Some(position) = position.filter(|position| position.seq > at.seq) else {
                continue;
            };
            if self.core.awaits_order(self.user, position, message) {
                return Ok((at, Stop::Order));
            }
            if let Some(event) = self
                .event(message)
                .filter(|_| !self.was_early(position.mark, index))
            {
                let outbox = &self.connection.outbox;
                let has_room = match is_held {
                    true => outbox.room_unless(|| self.page.is_excessive()).await,
                    false => outbox.room_unless(|| true).await,
                };
                if !has_room {
                    return Ok((at, Stop::Full));
                }
                // What was given early may come later in the log, and the client may leave before that.
                let early = self.seen.early;
                let seen = Seen {
                    at: position,
                    early,
                };
                self.send_now(self.core.suffix.write(event, seen))?;
            }
            at = position;
        }
        Ok((at, Stop::End))
    }

    pub(super) fn was_early(&self, mark: u64, index: usize) -> bool {
        let early = self.seen.early;
        early.is_some_and(|early| early.has(mark, index))
    }

    pub(super) async fn send(&self, message: &Message, seen: Seen) -> Result<(), CatchUpEnd> {
        if let Some(event) = self.event(message) {
            self.connection.outbox.wait_for_room().await;
            self.send_now(self.core.suffix.write(event, seen))?;
        }
        Ok(())
    }

    /// The event of a message that is meant for it.
    fn event<'m>(&self, message: &'m Message) -> Option<&'m Text> {
        let Message::Event { target, event } = message else {
            return None;
        };
        let is_meant = match target {
            Target::All => true,
            Target::Others(sender) => !self.connection.is_or_was(*sender),
            Target::User(other) => other == self.user,
        };
        is_meant.then_some(event)
    }

    /// Sends it a message, unless its stay has ended.
    pub(super) fn send_now(&self, message: Encoded) -> Result<(), CatchUpEnd> {
        let mut members = self.core.members();
        if !members.has(self.stay) {
            return Err(CatchUpEnd::Left);
        }
        self.connection.send_all([message]);
        Ok(())
    }
}

/// Whether the publication of this mark is among these frames.
pub(super) fn is_logged(frames: &[Frame], mark: u64) -> bool {
    has_mark(frames, mark, |_| true)
}

/// Whether the publication of this mark is among the frames whose last position `is_such`.
fn has_mark(frames: &[Frame], mark: u64, is_such: impl Fn(Position) -> bool) -> bool {
    let mut frames = frames.iter().filter_map(|frame| frame.last);
    frames.any(|last| last.mark == mark && is_such(last))
}
