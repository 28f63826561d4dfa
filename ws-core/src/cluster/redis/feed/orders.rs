use std::collections::VecDeque;
use std::mem::replace;
use std::sync::Arc;

use super::super::log::Page;
use super::{Feed, State};
use crate::cluster::{Arrival, Frame, Message, disconnects};
use crate::protocol::Position;

/// Which orders to end connections were carried out here.
///
/// An order comes with what is published, and is also kept apart, for nodes that do not hear it. Whichever way it comes first,
/// it is carried out then, and not once more when it comes on the other way: who has come since is not meant by it.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// `None` until it was looked for it.
    known: Option<Known>,
    /// What was seen to be the last at the last look. An order is kept before it is published, and may be on its way with what
    /// was sent before it: only what is seen twice, and was not heard, is taken from where it is kept.
    seen: Known,
    /// Redis was seen to have none for single users: it numbers those that follow anew.
    begins_anew: bool,
    carried_out: VecDeque<(u64, Way)>,
}

/// What was ordered last.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::cluster::redis) struct Known {
    /// The mark of the last order to disconnect everyone, or 0.
    pub(in crate::cluster::redis) everyone: u64,
    /// The number of the last order to disconnect single users, or 0.
    pub(in crate::cluster::redis) users: u64,
}

/// The orders to disconnect single users that have come since they were last looked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster::redis) struct Missed {
    /// The number of the one before them, or 0.
    pub(in crate::cluster::redis) behind: u64,
    /// The number of the last one.
    pub(in crate::cluster::redis) last: u64,
    /// Whether the first of them has the number behind that.
    pub(super) is_continued: bool,
}

impl Missed {
    /// Whether the first of them are not kept any more, where this is the first one that was found.
    pub(super) fn is_cut(self, first: Option<&Frame>) -> bool {
        let first = first.and_then(|first| first.last);
        self.is_continued && first.is_none_or(|first| first.seq > self.behind + 1)
    }
}

/// How an order came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It was the last one when this node began to listen, and may still be heard.
    Before,
    /// It was published, or this node has sent it.
    Heard,
    /// It was found where it is kept, and may still be heard.
    Found,
}

impl Orders {
    /// Of so many it is known that they were carried out.
    const MOST: usize = 1024;

    /// What was ordered last at the time at which this node began to listen.
    pub(super) fn know(&mut self, known: Known) {
        if self.known.is_none() {
            self.known = Some(known);
            // It may be the last one again, where Redis goes back.
            self.note(known.everyone, Way::Before);
        }
    }

    /// An order of this mark is heard. Returns whether it is to be carried out. One that was heard comes again where the log
    /// brings what was given early: the members know whether they were, and may have been given none of it.
    pub(super) fn hear(&mut self, mark: u64) -> bool {
        match self.way_of(mark) {
            Some(Way::Found) => false,
            Some(way) => {
                *way = Way::Heard;
                true
            }
            None => {
                self.note(mark, Way::Heard);
                true
            }
        }
    }

    /// Whether an order of this mark was heard already.
    pub(super) fn has_heard(&mut self, mark: u64) -> bool {
        self.way_of(mark).is_some_and(|way| *way == Way::Heard)
    }

    /// An order to disconnect everyone was seen to be the last one that was given. Returns whether it is to be carried out.
    pub(super) fn find_everyone(&mut self, mark: u64) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        let seen = replace(&mut self.seen.everyone, mark);
        if known.everyone == mark || seen != mark {
            return false;
        }
        known.everyone = mark;
        self.find(mark)
    }

    /// This was seen to be the number of the last order to disconnect single users. Returns which are to be read.
    pub(super) fn miss(&mut self, last: u64) -> Option<Missed> {
        let known = self.known.as_mut()?;
        if last > 0 {
            // Where Redis has gone back, the next one has a number that was there before.
            known.users = known.users.min(last);
        } else {
            self.begins_anew = true;
        }
        let seen = replace(&mut self.seen.users, last);
        let (behind, last) = (known.users, seen.min(last));
        (behind < last).then_some(Missed {
            behind,
            last,
            is_continued: behind > 0 && !self.begins_anew,
        })
    }

    /// One was read. Returns whether it is to be carried out.
    pub(super) fn find_users(&mut self, at: Position) -> bool {
        self.have_read(at.seq);
        self.find(at.nonce)
    }

    /// All are known up to this number.
    pub(super) fn have_read(&mut self, number: u64) {
        if let Some(known) = &mut self.known
            && known.users < number
        {
            known.users = number;
            self.begins_anew = false;
        }
    }

    fn find(&mut self, mark: u64) -> bool {
        let is_new = self.way_of(mark).is_none();
        if is_new {
            self.note(mark, Way::Found);
        }
        is_new
    }

    fn way_of(&mut self, mark: u64) -> Option<&mut Way> {
        let mut carried_out = self.carried_out.iter_mut();
        let known = carried_out.find(|(known, _)| *known == mark);
        known.map(|(_, way)| way)
    }

    fn note(&mut self, mark: u64, way: Way) {
        if self.carried_out.len() == Self::MOST {
            self.carried_out.pop_front();
        }
        self.carried_out.push_back((mark, way));
    }
}

impl Feed {
    /// What was ordered last at the time at which this node began to listen.
    pub(in crate::cluster::redis) fn know_orders(&self, known: Known) {
        self.state().orders.know(known);
    }

    /// Gives the members what does not go through the log.
    pub(super) fn deliver_past(
        &self,
        state: &mut State,
        mark: Option<u64>,
        messages: Arc<[Message]>,
    ) {
        // What has orders is published again where no answer came, and no log knows that it is the same.
        if disconnects(&messages) && mark.is_some_and(|mark| state.orders.has_heard(mark)) {
            return;
        }
        self.hear(state, mark, Frame::past_the_log(messages));
    }

    /// Gives the members a frame of this mark, but for orders in it that were carried out before.
    pub(super) fn hear(&self, state: &mut State, mark: Option<u64>, mut frame: Frame) {
        if disconnects(&frame.messages) && !mark.is_none_or(|mark| state.orders.hear(mark)) {
            frame = frame.without_disconnects();
        }
        self.tell(state, Arrival::Frame(frame));
    }

    /// Orders for single users were read that were missed.
    pub(in crate::cluster::redis) fn found_orders(&self, missed: Missed, page: Page) {
        let Page { frames, more } = page;
        let mut state = self.state();
        if missed.is_cut(frames.first()) {
            tracing::error!(
                channel = self.channel,
                "orders to disconnect users are lost: more were given than are kept, or Redis has lost them"
            );
        }
        let is_ripe = |frame: &Frame| frame.last.is_some_and(|last| last.seq <= missed.last);
        for Frame { last, messages } in frames.into_iter().filter(is_ripe) {
            if last.is_some_and(|last| state.orders.find_users(last)) {
                self.tell(&mut state, Arrival::Frame(Frame::past_the_log(messages)));
            }
        }
        if !more {
            state.orders.have_read(missed.last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Orders {
        let mut orders = Orders::default();
        let (everyone, users) = (1, 10);
        orders.know(Known { everyone, users });
        orders
    }

    fn missed(orders: &mut Orders, last: u64) -> Option<(u64, u64)> {
        let missed = orders.miss(last);
        missed.map(|missed| (missed.behind, missed.last))
    }

    fn at(seq: u64, nonce: u64) -> Position {
        Position { seq, nonce }
    }

    fn frame(seq: u64) -> Frame {
        Frame {
            last: Some(at(seq, 1)),
            messages: [].into(),
        }
    }

    #[test]
    fn what_was_sent_right_before_an_order_is_not_overtaken_by_it() {
        let mut orders = orders();
        assert!(!orders.find_everyone(2), "it may be on its way");
        assert!(orders.hear(2), "at its place");
        assert!(!orders.find_everyone(2));
        assert!(orders.hear(2), "where it was given early, from the log");
        assert_eq!(missed(&mut orders, 11), None);
        assert!(orders.hear(3));
        assert_eq!(missed(&mut orders, 11), Some((10, 11)));
        assert!(!orders.find_users(at(11, 3)));
        assert_eq!(missed(&mut orders, 11), None);
    }

    #[test]
    fn what_is_not_heard_is_found_once_and_then_not_heard_again() {
        let mut orders = orders();
        assert!(!orders.find_everyone(2));
        assert!(orders.find_everyone(2));
        assert!(!orders.find_everyone(2) && !orders.hear(2));
        for mark in [1, 1, 2, 2] {
            assert!(!orders.find_everyone(mark), "Redis goes back and forth");
        }
        assert_eq!(missed(&mut orders, 11), None);
        assert_eq!(
            missed(&mut orders, 12),
            Some((10, 11)),
            "the next one later"
        );
        assert!(orders.find_users(at(11, 3)));
        assert!(!orders.hear(3));
        assert_eq!(missed(&mut orders, 12), Some((11, 12)));
    }

    #[test]
    fn what_was_ordered_before_is_not_read_when_redis_goes_back_or_is_empty_for_a_while() {
        let mut orders = orders();
        for last in [0, 0, 10, 10, 8, 8, 8] {
            assert_eq!(missed(&mut orders, last), None);
        }
        assert_eq!(missed(&mut orders, 9), None);
        assert_eq!(missed(&mut orders, 9), Some((8, 9)));
    }

    #[test]
    fn what_was_the_last_one_before_may_still_be_heard() {
        let mut orders = orders();
        assert!(!orders.has_heard(1) && orders.hear(1) && orders.has_heard(1));
    }

    #[test]
    fn nothing_is_carried_out_before_it_is_known_what_came_before() {
        let mut orders = Orders::default();
        for _ in 0..3 {
            assert!(!orders.find_everyone(1));
            assert_eq!(missed(&mut orders, 10), None);
        }
    }

    #[test]
    fn that_numbers_begin_anew_is_not_taken_for_orders_that_are_lost() {
        let mut orders = orders();
        // As a day after the last one.
        for last in [0, 0, 500] {
            assert_eq!(missed(&mut orders, last), None);
        }
        let missed = orders.miss(500).unwrap();
        assert!(!missed.is_cut(Some(&frame(500))));
        assert!(orders.find_users(at(500, 3)));
        assert!(orders.miss(700).is_none());
        let missed = orders.miss(700).unwrap();
        assert!(missed.is_cut(Some(&frame(700))));
    }

    #[test]
    fn that_the_first_of_those_that_were_missed_are_not_kept_any_more_is_seen() {
        let missed = |behind, is_continued| Missed {
            behind,
            last: 20,
            is_continued,
        };
        let all = missed(0, false);
        let missed = missed(10, true);
        assert!(!missed.is_cut(Some(&frame(11))));
        assert!(missed.is_cut(Some(&frame(12))) && missed.is_cut(None));
        assert!(!all.is_cut(Some(&frame(12))));
    }
}
