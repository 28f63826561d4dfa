//! What a node makes of a channel's log, without doing anything: a state machine.
//!
//! Pushes may be late, doubled, lost, or of a log that was replaced; a subscription may be deaf although its connection is
//! healthy. So a push is only believed where it continues exactly what was delivered before, and everything else is looked
//! up in the log.

mod gaps;
mod recent;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use self::gaps::Gaps;
use self::recent::Recent;
use super::log::random_mark;
use crate::cluster::{Frame, GapReason, Recovery};
use crate::protocol::Position;

/// Where a node stands in a channel's log.
#[derive(Debug, Default)]
pub(super) struct Follow {
    mode: Mode,
    /// What was delivered last. `None` until the log was read for the first time.
    at: Option<Position>,
    /// What was delivered lately.
    recent: Recent,
    /// What was pushed while the log is read, each with the number of the reading before which, or during which, it came.
    waiting: VecDeque<(u64, Frame)>,
    waiting_bytes: usize,
    /// More was pushed than waits.
    overflowed: bool,
    /// The number of the last reading. The results of earlier ones are of no interest any more.
    reading: u64,
    /// The log is another one than before, and is read up to where it differs from what was delivered.
    gap: Option<GapReason>,
    /// Where the node stood when the log was last seen to stand elsewhere.
    suspicion: Option<Position>,
    /// What was told to be missing, and what of it was delivered before: whoever published that may append it again.
    gaps: Gaps,
    /// Where the last gap that was told ends, with those that stand in the log right behind it.
    told: Option<Position>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing is pushed, as far as is known.
    #[default]
    Deaf,
    /// Pushes come, and the log is read for what came before them.
    Syncing,
    /// Pushes continue what was delivered.
    Live,
}

/// What happens.
#[derive(Debug)]
pub(super) enum Input {
    /// The subscription is confirmed.
    Subscribed,
    /// The subscription is lost, or in doubt.
    Unsubscribed,
    /// The log was seen to be another one than what was delivered up to here.
    Doubted(Position),
    Pushed(Frame),
    /// The log was read.
    Read {
        reading: u64,
        result: Reading,
    },
    /// Where the log was seen to stand: `None` where there is none.
    Head(Option<u64>),
}

/// What was found in the log.
#[derive(Debug)]
pub(super) enum Reading {
    /// The last frame.
    Newest(Frame),
    /// What follows the requested position; the first frame holds that position. `more` where that is not all.
    Continues { frames: Vec<Frame>, more: bool },
    /// The position is not in the log. This is what the log has from the oldest frame on that is at hand.
    Broken {
        why: GapReason,
        frames: Vec<Frame>,
        more: bool,
    },
    /// The position is not in the log, and neither is anything from that frame on. This is the last frame of the log.
    Elsewhere { why: GapReason, newest: Frame },
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Output {
    /// Read the log behind this position, or where it ends.
    Read(ReadRequest),
    /// The log stands here, and what follows is delivered.
    Opened,
    Deliver(Frame),
    /// What lies before the next delivery cannot be had.
    Gap {
        why: GapReason,
        head: Position,
    },
    /// The subscription does not bring what is published: subscribe again.
    Distrust,
}

/// What to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadRequest {
    pub(super) reading: u64,
    /// Behind this position, or where the log ends.
    pub(super) from: Option<Position>,
    /// Where that is not there: from here on.
    pub(super) oldest: u64,
}

impl Follow {
    /// The most bytes that wait while the log is read.
    const MOST_WAITING: usize = 8 * 1024 * 1024;

    /// A state machine that has at most this many messages at hand.
    pub(super) fn new(most_messages: usize) -> Self {
        Self {
            recent: Recent::of(most_messages),
            ..Self::default()
        }
    }

    pub(super) fn at(&self) -> Option<Position> {
        self.at
    }

    pub(super) fn is_live(&self) -> bool {
        self.mode == Mode::Live
    }

    /// What follows a position, where that is at hand. A client that comes back from before a gap that was told here is told it,
    /// too: it may miss what the log had there.
    pub(super) fn after(&self, from: Position) -> Option<Recovery> {
        let at = self.at?;
        let (from, frames) = match self.recent.after(from) {
            Some(frames) => (from, frames),
            None => {
                let from = self.gaps.resolve(from);
                let begins = || self.recent.all_behind(from.seq);
                let begins = || self.gaps.begin_at(from).then(begins).flatten();
                (from, self.recent.after(from).or_else(begins)?)
            }
        };
        Some(self.gaps.divide(from, at, frames, false))
    }

    /// Where to read on from a position: from another one, if this one was delivered here and the log has lost it.
    pub(super) fn resolve(&self, from: Position) -> Position {
        self.gaps.resolve(from)
    }

    /// What was read behind a position, with the gaps that were told there.
    pub(super) fn divide(&self, from: Position, frames: Vec<Frame>, more: bool) -> Recovery {
        let at = self.at.unwrap_or(from);
        self.gaps.divide(from, at, frames, more)
    }

    /// Whether something else was delivered at the place of this position.
    pub(super) fn has_another(&self, position: Position) -> bool {
        self.is_live() && self.recent.has_another(position)
    }

    /// Takes what the log has before what was delivered lately.
    pub(super) fn remember(&mut self, frames: &[Frame]) {
        self.recent.extend_back(frames);
    }

    /// Whether the result of a reading is still of interest.
    pub(super) fn awaits(&self, reading: u64) -> bool {
        self.mode == Mode::Syncing && self.reading == reading
    }

    pub(super) fn step(&mut self, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Subscribed => self.read(&mut outputs),
            Input::Unsubscribed => {
                self.mode = Mode::Deaf;
                self.forget_waiting();
            }
            Input::Doubted(at) if self.is_live() && self.at == Some(at) => self.read(&mut outputs),
            // It is read already, or will be when the subscription is there.
            Input::Doubted(_) => {}
            Input::Pushed(frame) => match self.mode {
                Mode::Deaf => {}
                Mode::Syncing => self.wait(frame),
                Mode::Live => self.pushed(frame, &mut outputs),
            },
            Input::Read { reading, result } if self.awaits(reading) => {
                self.take_reading(result, &mut outputs);
            }
            Input::Read { .. } => {}
            Input::Head(seq) => self.compare(seq, &mut outputs),
        }
        outputs
    }

    fn read(&mut self, outputs: &mut Vec<Output>) {
        self.mode = Mode::Syncing;
        self.reading += 1;
        outputs.push(Output::Read(ReadRequest {
            reading: self.reading,
            from: self.at,
            oldest: self.recent.oldest().unwrap_or(0),
        }));
    }

    fn wait(&mut self, frame: Frame) {
        self.waiting_bytes += frame.size();
        self.waiting.push_back((self.reading, frame));
        if self.waiting_bytes > Self::MOST_WAITING {
            self.forget_waiting();
            self.overflowed = true;
        }
    }

    fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.overflowed = false;
    }

    fn pushed(&mut self, frame: Frame, outputs: &mut Vec<Output>) {
        let (Some(at), Some(last)) = (self.at, frame.last) else {
            return;
        };
        if frame.first_seq() == Some(at.seq + 1) {
            self.deliver(frame, outputs);
        } else if !self.recent.has_delivered(at, last) {
            self.wait(frame);
            self.read(outputs);
        }
    }

    fn deliver(&mut self, frame: Frame, outputs: &mut Vec<Output>) {
        let before = self.at;
        let was_delivered = frame
            .last
            .is_some_and(|last| self.recent.has_mark(last.mark) || self.gaps.has_lost(last.mark));
        self.at = frame.last;
        self.recent.push(frame.clone());
        match frame.last {
            // Members here were given it before the log lost it, but for those who have come since. Nobody is given it
            // twice, and nobody lacks it without being told.
            Some(head) if was_delivered => self.skip(before, head, outputs),
            Some(head) if frame.is_gap() => self.deliver_gap(before, head, frame, outputs),
            _ => outputs.push(Output::Deliver(frame)),
        }
    }

    /// Tells a gap that stands in the log. Right behind one that was told here, it says nothing new.
    fn deliver_gap(
        &mut self,
        before: Option<Position>,
        head: Position,
        frame: Frame,
        outputs: &mut Vec<Output>,
    ) {
        if before.is_some() && self.told == before {
            outputs.push(Output::Deliver(frame));
        } else {
            let why = GapReason::Forked;
            outputs.push(Output::Gap { why, head });
        }
        self.told = Some(head);
    }

    /// Tells a gap in the place of what lies between these.
    fn skip(&mut self, before: Option<Position>, head: Position, outputs: &mut Vec<Output>) {
        let why = GapReason::Forked;
        self.gaps.skip(why, before.unwrap_or(head), head);
        self.told = Some(head);
        outputs.push(Output::Gap { why, head });
    }

    fn take_reading(&mut self, result: Reading, outputs: &mut Vec<Output>) {
        let more = match self.as_continued(result) {
            Reading::Newest(frame) => {
                self.at = frame.last;
                self.recent.push(frame);
                outputs.push(Output::Opened);
                false
            }
            Reading::Continues { frames, more } => {
                self.deliver_behind(frames, outputs);
                more
            }
            Reading::Elsewhere { why, newest } => {
                self.gap = Some(why);
                self.forget_waiting();
                self.overflowed = true;
                self.at = newest.last;
                self.tell_gap(outputs);
                self.recent.push(newest);
                false
            }
            Reading::Broken { why, frames, more } => {
                self.gap = Some(why);
                // What was pushed may be of the log that is not there any more. What is of this one is read.
                self.forget_waiting();
                self.overflowed = true;
                // Under a mark that no frame has, and nobody can make up.
                self.at = frames
                    .first()
                    .and_then(Frame::first_seq)
                    .map(|first| Position {
                        seq: first.saturating_sub(1),
                        mark: random_mark(),
                    });
                self.deliver_behind(frames, outputs);
                more
            }
        };
        if !more {
            self.tell_gap(outputs);
        }
        if more || std::mem::take(&mut self.overflowed) {
            return self.read(outputs);
        }
        self.mode = Mode::Live;
        self.waiting_bytes = 0;
        let read = self.reading;
        for (came, frame) in std::mem::take(&mut self.waiting) {
            let continues = self.at.map(|at| at.seq + 1) == frame.first_seq();
            match self.mode {
                // The log was read after it came, and does not have it: it is of a log that was.
                Mode::Live if came < read && !continues => {}
                // A push that does not fit begins another reading, and those behind it wait for that.
                Mode::Live => self.pushed(frame, outputs),
                Mode::Deaf | Mode::Syncing => self.wait(frame),
            }
        }
    }

    /// A frame that was lost and appended again may overlap the place where it was: it is another one there.
    fn as_continued(&self, result: Reading) -> Reading {
        match result {
            Reading::Continues { frames, more }
                if frames.first().is_some_and(|first| first.last != self.at) =>
            {
                let why = GapReason::Forked;
                Reading::Broken { why, frames, more }
            }
            result => result,
        }
    }

    fn deliver_behind(&mut self, frames: Vec<Frame>, outputs: &mut Vec<Output>) {
        for frame in frames {
            let Some(last) = frame.last else { continue };
            if self.at.is_some_and(|at| last.seq <= at.seq) {
                continue;
            }
            if self.gap.is_some() && self.recent.has(last) {
                // The log and what was delivered are the same up to here.
                self.at = Some(last);
                continue;
            }
            self.tell_gap(outputs);
            self.deliver(frame, outputs);
        }
    }

    /// The log goes on in another way behind the last frame that it has in common with what was delivered.
    fn tell_gap(&mut self, outputs: &mut Vec<Output>) {
        if let (Some(why), Some(head)) = (self.gap, self.at) {
            self.gap = None;
            self.gaps.lose(why, head, self.recent.cut_behind(head));
            self.told = Some(head);
            outputs.push(Output::Gap { why, head });
        }
    }

    /// A push may be on its way. Where the log stands elsewhere twice, while nothing comes, none is.
    fn compare(&mut self, seq: Option<u64>, outputs: &mut Vec<Output>) {
        let suspicion = std::mem::take(&mut self.suspicion);
        let Some(at) = self.at.filter(|_| self.mode == Mode::Live) else {
            return;
        };
        if seq == Some(at.seq) {
            return;
        }
        if suspicion == Some(at) {
            outputs.push(Output::Distrust);
            self.read(outputs);
        } else {
            self.suspicion = Some(at);
        }
    }
}
