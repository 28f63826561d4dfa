//! The log of one channel, and who is in it.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::cluster::attendance::Attendance;
use crate::cluster::{Arrival, Enrolment, Frame, GapReason, Message, Recovery, Retention, Sink};
use crate::protocol::Position;

/// A channel's log, and who is in the channel.
pub(super) struct Log {
    pub(super) retention: Retention,
    /// The position right before the oldest message that is kept.
    start: Position,
    frames: VecDeque<(Instant, Frame)>,
    /// Whether there were messages that are not kept any more.
    is_trimmed: bool,
    /// How many messages these frames hold, and in how many bytes.
    messages: usize,
    bytes: usize,
    pub(super) sinks: Vec<Weak<dyn Sink>>,
    /// By the numbers of the nodes.
    pub(super) attendance: Attendance<u64>,
    /// When it is looked at next, because its oldest messages have expired.
    pub(super) watched: Option<Instant>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            start: Position {
                seq: first_seq(),
                mark: rand::random(),
            },
            frames: VecDeque::new(),
            is_trimmed: false,
            messages: 0,
            bytes: 0,
            sinks: Vec::new(),
            attendance: Attendance::default(),
            watched: None,
        }
    }
}

impl Log {
    /// The most bytes of messages that are kept, whatever the retention says.
    const MOST_BYTES: usize = 16 * 1024 * 1024;

    /// Whether a node follows the channel, a client is in it, or one may come back for its history.
    pub(super) fn is_needed(&mut self) -> bool {
        self.trim();
        !self.live_sinks().is_empty() || !self.attendance.is_empty() || !self.frames.is_empty()
    }

    pub(super) fn append(&mut self, retention: Retention, messages: Vec<Message>) -> Frame {
        let count = messages.len() as u64;
        if !retention.keeps_history() {
            return Frame::past_the_log(None, messages);
        }
        self.retention = retention;
        let last = Position {
            seq: self.last().seq + count,
            mark: rand::random(),
        };
        let frame = Frame::logged(last, messages);
        self.messages += frame.messages.len();
        self.bytes += frame.size();
        self.frames.push_back((Instant::now(), frame.clone()));
        self.trim();
        frame
    }

    pub(super) fn trim(&mut self) {
        while let Some((since, frame)) = self.frames.front() {
            let is_kept = self.messages <= self.retention.messages()
                && self.bytes <= Self::MOST_BYTES
                && since.elapsed() <= self.retention.age();
            if is_kept {
                return;
            }
            self.messages -= frame.messages.len();
            self.bytes -= frame.size();
            self.start = frame.last.unwrap_or(self.start);
            self.frames.pop_front();
            self.is_trimmed = true;
        }
        self.frames = VecDeque::new();
    }

    /// When the oldest of its messages expire. `None` where it has none, or they never do.
    pub(super) fn expires(&self) -> Option<Instant> {
        let (since, _) = self.frames.front()?;
        since.checked_add(self.retention.age())
    }

    /// How many messages it keeps.
    #[cfg(test)]
    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    /// The position of the newest message, whether it is still kept or not.
    fn last(&self) -> Position {
        self.frames
            .back()
            .and_then(|(_, frame)| frame.last)
            .unwrap_or(self.start)
    }

    pub(super) fn head(&self) -> Option<Position> {
        self.retention.keeps_history().then(|| self.last())
    }

    pub(super) fn after(&mut self, from: Position) -> Recovery {
        self.trim();
        let frames = || self.frames.iter().map(|(_, frame)| frame);
        if from == self.start {
            return Recovery::all(frames().cloned().collect());
        }
        if let Some(place) = frames().position(|frame| frame.contains(from)) {
            return Recovery::all(frames().skip(place).cloned().collect());
        }
        let head = self.last();
        let why = if (self.start.seq..=head.seq).contains(&from.seq) {
            GapReason::Forked
        } else if from.seq < head.seq && self.is_trimmed {
            GapReason::Trimmed
        } else {
            GapReason::Reset
        };
        Recovery::Broken { why, head }
    }

    /// Tells every node that follows the channel.
    pub(super) fn tell(&mut self, arrival: &Arrival) {
        for sink in self.live_sinks() {
            sink.take(arrival.clone());
        }
    }

    pub(super) fn live_sinks(&mut self) -> Vec<Arc<dyn Sink>> {
        self.sinks.retain(|sink| sink.strong_count() > 0);
        self.sinks.iter().filter_map(Weak::upgrade).collect()
    }

    /// Removes a node, and the members that it has.
    pub(super) fn leave_node(&mut self, node: u64) {
        for change in self.attendance.leave_node(node) {
            self.tell(&Arrival::Change(change));
        }
    }

    pub(super) fn update(&mut self, node: u64, change: Enrolment) {
        let arrival = match change {
            Enrolment::Join(member) => {
                let change = self.attendance.join(node, member);
                change.map(Arrival::Change)
            }
            Enrolment::Leave(connection) => {
                let change = self.attendance.leave(connection);
                change.map(Arrival::Change)
            }
            Enrolment::Replace(key) => Some(Arrival::Replaced(key)),
        };
        if let Some(arrival) = arrival {
            self.tell(&arrival);
        }
    }
}

/// Where a new log starts: above every older one of its name, at the microseconds of the clock.
fn first_seq() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or_default()
}
