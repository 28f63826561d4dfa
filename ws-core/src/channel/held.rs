//! What is delivered to a connection while it is being given what it missed. Little of it is held: the log has it, too, and is
//! read again where there is more.

use std::mem::take;

use super::parcel::Label;
use crate::client::{Connection, Share};
use crate::protocol::{Early, Encoded, Text};

/// The most bytes of what the log has that are held for a connection in one channel. In tests few enough that the log is often
/// read again.
const MOST_HELD: usize = if cfg!(test) { 2 * 1024 } else { 64 * 1024 };

/// What is held for one connection. It counts among what waits for all clients.
pub(super) struct Held {
    messages: Vec<HeldMessage>,
    bytes: usize,
    /// The bytes that were taken last, which the connection is being given.
    taken: usize,
    share: Share,
    /// More was delivered than is held: it is to be read.
    has_more: bool,
    /// There was no room for what cannot be read from the log: the connection is closed.
    is_over: bool,
    /// The log became another one meanwhile.
    pub(super) has_gap: bool,
    /// What it was given early before it came.
    pub(super) early: Option<Early>,
    /// The number up to which the log was delivered when it had brought that.
    pub(super) logged: Option<u64>,
}

/// A message that is held.
pub(super) struct HeldMessage {
    pub(super) label: Label,
    pub(super) event: Text,
    /// The event with the position that most members are given.
    pub(super) message: Encoded,
}

/// There is no room for what the log does not have.
pub(super) struct TooMuch;

impl Held {
    /// Holds nothing yet, for this connection.
    pub(super) fn of(connection: &Connection) -> Self {
        Self {
            messages: Vec::new(),
            bytes: 0,
            taken: 0,
            share: connection.share(),
            has_more: false,
            is_over: false,
            has_gap: false,
            early: None,
            logged: None,
        }
    }

    /// Whether a message is to be held, rather than read from the log later.
    pub(super) fn wants(&self, label: Label) -> bool {
        !self.is_over && (!self.has_more || label.is_past_the_log())
    }

    /// Holds a message, or notes that there is more to be read.
    ///
    /// # Errors
    ///
    /// Where there is no room for what the log does not have. Then nothing is held any more.
    pub(super) fn hold(&mut self, kept: HeldMessage) -> Result<(), TooMuch> {
        self.bytes += kept.size();
        self.messages.push(kept);
        let has_room = self.count();
        if has_room && self.bytes <= MOST_HELD {
            return Ok(());
        }
        let before = self.messages.len();
        self.forget_logged();
        let is_shorter = self.messages.len() < before;
        self.has_more |= is_shorter;
        if (has_room || is_shorter) && self.bytes <= self.share.limit() {
            return Ok(());
        }
        self.is_over = true;
        self.messages = Vec::new();
        self.bytes = 0;
        self.count();
        Err(TooMuch)
    }

    /// Drops what the log has, which is about to be read.
    pub(super) fn begin_reading(&mut self, early: Option<Early>) {
        (self.has_more, self.has_gap) = (false, false);
        (self.early, self.logged) = (early, None);
        self.forget_logged();
    }

    /// Notes that the log became another one: what was held is of the earlier one.
    pub(super) fn note_gap(&mut self) {
        self.has_gap = true;
        self.forget_logged();
    }

    /// Whether more was delivered than is held.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Takes what is held. It counts until the next time.
    pub(super) fn take(&mut self) -> Vec<HeldMessage> {
        self.taken = take(&mut self.bytes);
        self.count();
        take(&mut self.messages)
    }

    fn forget_logged(&mut self) {
        self.messages.retain(|kept| kept.label.is_past_the_log());
        self.messages.shrink_to_fit();
        self.bytes = self.messages.iter().map(HeldMessage::size).sum();
        self.count();
    }

    fn count(&mut self) -> bool {
        self.share.set(self.bytes + self.taken)
    }
}

impl HeldMessage {
    /// What it costs to keep it, in bytes.
    fn size(&self) -> usize {
        size_of::<Self>() + self.event.len() + self.message.len()
    }
}
