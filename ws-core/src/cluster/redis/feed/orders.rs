use std::collections::VecDeque;

use super::super::log::Page;
use super::Feed;
use crate::cluster::{Arrival, Frame};
use crate::protocol::Position;

/// Which orders to end connections were carried out here.
///
/// An order comes with what is published, and is also kept apart, for nodes that do not hear it. Whichever
/// way it comes first, it is carried out then, and not once more when it comes on the other way: who has come since is not
/// meant by it.
#[derive(Debug, Default)]
pub(super) struct Orders {
    known: Option<Known>,
    carried_out: VecDeque<(u64, Way)>,
}

/// What was ordered last, as far as was looked for it.
#[derive(Debug, Clone, Copy)]
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
}

impl Missed {
    /// Whether the first of them are not kept any more, where this is the first one that was found.
    pub(super) fn is_cut(self, first: Option<&Frame>) -> bool {
        let first = first.and_then(|first| first.last);
        self.behind > 0 && first.is_none_or(|first| first.seq > self.behind + 1)
    }
}

/// How an order came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
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
        self.known.get_or_insert(known);
    }

    /// An order of this mark is heard. Returns whether it is to be carried out.
    pub(super) fn hear(&mut self, mark: u64) -> bool {
        match self.way_of(mark) {
            Some(way) => way == Way::Heard,
            None => {
                self.note(mark, Way::Heard);
                true
            }
        }
    }

    /// An order to disconnect everyone is the last one that was given. Returns whether it is to be carried out.
    pub(super) fn find_everyone(&mut self, mark: u64) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        let is_another = known.everyone != mark;
        known.everyone = mark;
        is_another && self.find(mark)
    }

    /// This is the number of the last order to disconnect single users. Returns which are to be read.
    pub(super) fn miss(&mut self, last: u64) -> Option<Missed> {
        let known = self.known.as_mut()?;
        let behind = known.users;
        // Where Redis has gone back, the next one has a number that was there before.
        known.users = behind.min(last);
        (behind < last).then_some(Missed { behind, last })
    }

    /// One was read. Returns whether it is to be carried out.
    pub(super) fn find_users(&mut self, at: Position) -> bool {
        self.have_read(at.seq);
        self.find(at.nonce)
    }

    /// All are known up to this number.
    pub(super) fn have_read(&mut self, number: u64) {
        if let Some(known) = &mut self.known {
            known.users = known.users.max(number);
        }
    }

    fn find(&mut self, mark: u64) -> bool {
        let is_new = self.way_of(mark).is_none();
        if is_new {
            self.note(mark, Way::Found);
        }
        is_new
    }

    fn way_of(&self, mark: u64) -> Option<Way> {
        let mut carried_out = self.carried_out.iter();
        let known = carried_out.find(|(known, _)| *known == mark);
        known.map(|(_, way)| *way)
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

    /// Orders for single users were read that were missed.
    pub(in crate::cluster::redis) fn found_orders(&self, missed: Missed, page: Page) {
        let mut state = self.state();
        if missed.is_cut(page.frames.first()) {
            tracing::error!(
                channel = self.channel,
                "orders to disconnect users are lost: more were given than are kept"
            );
        }
        for Frame { last, messages } in page.frames {
            if last.is_some_and(|last| state.orders.find_users(last)) {
                self.tell(&mut state, Arrival::Frame(Frame::past_the_log(messages)));
            }
        }
        if !page.more {
            state.orders.have_read(missed.last);
        }
    }
}
