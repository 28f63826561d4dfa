//! What was read from the log before the cluster has brought it.

use crate::cluster::Frame;
use crate::protocol::Position;

/// The positions that members were given from the log, until the cluster has brought them, too.
///
/// The cluster tells of a gap when it comes to it. Members for which the log was read across the gap before have been given what
/// lies behind it, and must not be given it again.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    from: Option<Position>,
    /// The last position of each frame, and how many messages it has.
    frames: Vec<(Position, u64)>,
}

impl Ahead {
    /// Notes that the frames that follow a position were read, perhaps after others.
    pub(super) fn note_read(&mut self, from: Position, frames: &[Frame]) {
        if !self.has(from) {
            *self = Self::default();
            self.from = Some(from);
        }
        let read = |frame: &Frame| Some((frame.last?, frame.messages.len() as u64));
        self.frames.extend(frames.iter().filter_map(read));
    }

    /// Whether a position was read, or is the one behind which the reading began.
    pub(super) fn has(&self, position: Position) -> bool {
        let is_in = |(last, count): &(Position, u64)| {
            last.mark == position.mark && last.seq.wrapping_sub(position.seq) < *count
        };
        self.from == Some(position) || self.frames.iter().any(is_in)
    }

    /// Notes where the delivery stands. Once that is behind everything that was read, nothing of it is needed any more.
    pub(super) fn forget_behind(&mut self, head: Position) {
        if self
            .frames
            .last()
            .is_none_or(|(last, _)| last.seq < head.seq)
        {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Message;

    fn at(seq: u64, mark: u64) -> Position {
        Position { seq, mark }
    }

    fn frame(last: Position, messages: usize) -> Frame {
        Frame::logged(last, vec![Message::Blank; messages])
    }

    #[test]
    fn a_position_is_known_by_its_number_and_its_log() {
        let mut ahead = Ahead::default();
        assert!(!ahead.has(at(10, 1)));
        ahead.note_read(at(10, 1), &[frame(at(12, 2), 2), frame(at(13, 3), 1)]);
        let known = [at(10, 1), at(11, 2), at(12, 2), at(13, 3)];
        assert!(known.into_iter().all(|position| ahead.has(position)));
        let unknown = [at(9, 1), at(10, 2), at(11, 1), at(13, 2), at(14, 3)];
        assert!(!unknown.into_iter().any(|position| ahead.has(position)));
    }

    #[test]
    fn what_is_read_behind_it_is_added_and_what_the_delivery_has_left_behind_is_forgotten() {
        let mut ahead = Ahead::default();
        ahead.note_read(at(10, 1), &[frame(at(11, 2), 1)]);
        ahead.note_read(at(11, 2), &[frame(at(12, 3), 1)]);
        ahead.forget_behind(at(12, 3));
        assert!(ahead.has(at(11, 2)) && ahead.has(at(12, 3)));
        ahead.forget_behind(at(13, 4));
        assert!(!ahead.has(at(12, 3)));
        ahead.note_read(at(20, 5), &[]);
        assert!(ahead.has(at(20, 5)) && !ahead.has(at(11, 2)));
    }
}
