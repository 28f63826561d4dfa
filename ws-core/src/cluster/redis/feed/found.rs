//! Orders to end connections on their way to the members, past the log.
//!
//! They are told with the mark of their publication, whether the log brings them, too, or has done so: whoever carries them out
//! knows which were carried out.

use std::sync::Arc;

use super::super::log::Page;
use super::{Feed, Known, Missed, Need, Seen, State};
use crate::cluster::{Arrival, Frame, Message, disconnects};

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
        if disconnects(&messages) && mark.is_some_and(|mark| !state.orders.comes(mark)) {
            return;
        }
        let frame = Frame::past_the_log(mark, messages);
        self.tell(state, Arrival::Frame(frame));
    }

    /// Looks at what was ordered last.
    pub(super) fn compare_orders(&self, state: &mut State, seen: Seen) -> Vec<Need> {
        let log = seen.seq.unwrap_or(0);
        let mut needs = Vec::new();
        if let Some((mark, order)) = seen.kick
            && state.orders.find_everyone(mark)
        {
            let orders = Frame::past_the_log(Some(mark), [order]);
            state.orders.find(orders, log);
            self.tell_found(state);
            needs.extend(state.orders.waiting().map(Need::Patience));
        }
        needs.extend(state.orders.miss(seen.ordered, log).map(Need::Orders));
        needs
    }

    /// Orders for single users were read that were missed.
    pub(in crate::cluster::redis) fn found_orders(&self, missed: Missed, page: Page) -> Vec<Need> {
        let Page { frames, more } = page;
        let mut state = self.state();
        if missed.is_cut(frames.first()) {
            tracing::error!(
                channel = self.channel,
                "orders to disconnect users were lost: there were more than are kept, or Redis has lost them"
            );
        }
        for Frame { last, messages, .. } in frames {
            if let Some(last) = last.filter(|last| last.seq <= missed.last)
                && state.orders.have_read(last.seq)
            {
                let orders = Frame::past_the_log(Some(last.nonce), messages);
                state.orders.find(orders, missed.log);
            }
        }
        if !more {
            state.orders.have_read(missed.last);
        }
        self.tell_found(&mut state);
        let waiting = state.orders.waiting();
        waiting.map(Need::Patience).into_iter().collect()
    }

    /// Tells orders that were found, where the log was delivered as far as it was then: they are carried out behind what was
    /// sent before them, and behind the gap where that cannot be had. It may bring them itself until then.
    pub(super) fn tell_found(&self, state: &mut State) {
        let reached = match state.follow.at() {
            _ if !self.retention.keeps_history() => Some(u64::MAX),
            Some(at) if state.follow.is_live() => Some(at.seq),
            _ => None,
        };
        for orders in reached.map_or_else(Vec::new, |log| state.orders.reached(log)) {
            self.tell(state, Arrival::Frame(orders));
        }
    }

    /// Tells orders that have waited for the log for as long as they may: all up to the one of this number.
    pub(in crate::cluster::redis) fn lose_patience(&self, number: u64) {
        let mut state = self.state();
        for orders in state.orders.overdue(number) {
            self.tell(&mut state, Arrival::Frame(orders));
        }
    }
}
