//! Where the log does not continue what was delivered before: for clients that come back from before that, or from what was
//! lost there.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::cluster::{Frame, GapReason, Recovery};
use crate::protocol::Position;

/// The gaps that this node has told, in the order of the log, and what the log has lost in them.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    gaps: VecDeque<Gap>,
    /// Why the last of the gaps was told that are not kept any more, and the number at which it begins.
    forgotten: Option<(GapReason, u64)>,
    lost: VecDeque<Lost>,
}

/// What was told of one place in the log.
#[derive(Debug, Clone, Copy)]
struct Gap {
    why: GapReason,
    /// The last position before it. Under a mark that no frame has, where the log begins behind it.
    begin: Position,
    /// What follows this was delivered.
    head: Position,
}

/// A frame that was delivered, and that the log has lost.
#[derive(Debug)]
struct Lost {
    last: Position,
    count: u64,
    /// Where the gap begins in which it is.
    begin: Position,
    /// Whether the log has taken it again, at another place.
    is_again: bool,
}

impl Gaps {
    /// The most gaps that are kept. A client that comes back from before the others is told a single gap up to the head.
    const MOST: usize = 64;

    /// The most lost frames that are kept. For others, publishers do not look whether the log has them.
    const MOST_LOST: usize = 1024;

    /// Notes that the log has lost these, and goes on behind `head` in another way.
    pub(super) fn lose(&mut self, why: GapReason, head: Position, lost: VecDeque<Frame>) {
        // Gaps behind that are gaps of the earlier log.
        self.gaps.retain(|gap| gap.head.seq <= head.seq);
        for lost in &mut self.lost {
            if lost.begin.seq > head.seq {
                lost.begin = head;
            }
        }
        self.add(Gap {
            why,
            begin: head,
            head,
        });
        self.lost.extend(lost.into_iter().filter_map(|frame| {
            Some(Lost {
                last: frame.last?,
                count: frame.messages.len() as u64,
                begin: head,
                is_again: false,
            })
        }));
        let surplus = self.lost.len().saturating_sub(Self::MOST_LOST);
        self.lost.drain(..surplus);
    }

    /// Notes that the log has taken again, behind `begin` and up to `head`, what was delivered before.
    pub(super) fn skip(&mut self, why: GapReason, begin: Position, head: Position) {
        for lost in &mut self.lost {
            lost.is_again |= lost.last.mark == head.mark;
        }
        self.add(Gap { why, begin, head });
    }

    /// Whether the log has lost the frame of this mark, and not taken it again.
    pub(super) fn has_lost(&self, mark: u64) -> bool {
        let mut lost = self.lost.iter();
        lost.any(|lost| lost.last.mark == mark && !lost.is_again)
    }

    /// Where to read on from a position: where the gap begins, if this position was delivered here and the log has lost it.
    pub(super) fn resolve(&self, from: Position) -> Position {
        let lies_in = |lost: &&Lost| {
            lost.last.mark == from.mark && lost.last.seq.wrapping_sub(from.seq) < lost.count
        };
        let lost = self.lost.iter().find(lies_in);
        lost.map_or(from, |lost| lost.begin)
    }

    /// Whether a gap begins at this position.
    pub(super) fn begin_at(&self, position: Position) -> bool {
        self.gaps.iter().any(|gap| gap.begin == position)
    }

    /// What a client at the position `from` is given of these frames: those up to the next gap; or, where it stands at a
    /// gap, that gap and what lies behind it. The first frame holds `from`, or follows it. `at` is where the node stands.
    pub(super) fn divide(
        &self,
        from: Position,
        at: Position,
        frames: Vec<Frame>,
        more: bool,
    ) -> Recovery {
        if let Some((why, begin)) = self.forgotten
            && from.seq <= begin
        {
            return Recovery::Broken { why, head: at };
        }
        let gaps = self.with_those_in(&frames);
        let mut gaps = gaps.iter().skip_while(|gap| gap.begin.seq < from.seq);
        let Some(gap) = gaps.next() else {
            return Recovery::Exact { frames, more };
        };
        if from.seq < gap.begin.seq {
            let (frames, more) = before(gap.begin.seq, frames, more);
            return Recovery::Exact { frames, more };
        }
        let Gap { why, head, .. } = *gap;
        let is_before = |frame: &Frame| frame.last.is_some_and(|last| last.seq < head.seq);
        let frames: Vec<Frame> = frames.into_iter().skip_while(is_before).collect();
        let (frames, more) = match gaps.find(|next| next.begin.seq >= head.seq) {
            Some(next) => before(next.begin.seq, frames, more),
            None => (frames, more),
        };
        Recovery::Gap {
            why,
            head,
            frames,
            more,
        }
    }

    /// The gaps that were told here, and those that other nodes have written into the log.
    fn with_those_in(&self, frames: &[Frame]) -> Cow<'_, [Gap]> {
        let written = frames.iter().filter(|frame| frame.is_gap());
        let written = written.filter_map(|frame| frame.last).map(|head| Gap {
            why: GapReason::Forked,
            begin: Position {
                seq: head.seq.saturating_sub(1),
                ..head
            },
            head,
        });
        let written: Vec<Gap> = written.collect();
        let told = self.gaps.as_slices();
        match (told, &*written) {
            ((told, []), []) => Cow::Borrowed(told),
            ((first, second), written) => {
                let mut gaps = [first, second, written].concat();
                // One that begins where a gap was told here is a part of that.
                gaps.sort_by_key(|gap| gap.begin.seq);
                gaps.dedup_by_key(|gap| gap.begin.seq);
                Cow::Owned(gaps)
            }
        }
    }

    fn add(&mut self, gap: Gap) {
        match self.gaps.back_mut() {
            // Right behind the other one: nothing lies between them.
            Some(last) if last.begin == gap.begin => last.head = gap.head,
            _ => self.gaps.push_back(gap),
        }
        if self.gaps.len() > Self::MOST
            && let Some(oldest) = self.gaps.pop_front()
        {
            self.forgotten = Some((oldest.why, oldest.begin.seq));
        }
    }
}

/// The frames up to a gap that begins there, and whether there is more behind them.
fn before(begin: u64, mut frames: Vec<Frame>, more: bool) -> (Vec<Frame>, bool) {
    let is_before = |frame: &Frame| frame.last.is_some_and(|last| last.seq <= begin);
    let count = frames.iter().take_while(|frame| is_before(frame)).count();
    let last = frames.last().and_then(|frame| frame.last);
    let reaches = last.is_some_and(|last| last.seq >= begin);
    frames.truncate(count);
    (frames, more || reaches)
}
