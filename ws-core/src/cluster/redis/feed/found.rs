//! Orders to end connections on their way to the members, past the log.
//!
//! They are told with the mark of their publication, also where the log brings them, too, or has done so: the sinks know which
//! were carried out.

use std::sync::Arc;

use super::super::log::Page;
use super::{Feed, LastOrders, Missed, Need, Observed, State};
use crate::cluster::{Arrival, Frame, Message, disconnects};

impl Feed {
    /// Sets what was ordered last when this node began to listen.
    pub(in crate::cluster::redis) fn know_orders(&self, known: LastOrders) {
        self.state().orders.set_known(known);
    }

    /// Gives the members what does not go through the log.
    pub(super) fn deliver_past(
        &self,
        state: &mut State,
        mark: Option<u64>,
        messages: Arc<[Message]>,
    ) {
        // A publication with orders is repeated where no answer came, and past the log nothing else tells that it is the same.
        if disconnects(&messages) && mark.is_some_and(|mark| !state.orders.note_delivered(mark)) {
            return;
        }
        let frame = Frame::past_the_log(mark, messages);
        self.tell(state, Arrival::Frame(frame));
    }

    /// Compares what was ordered last with what is known.
    pub(super) fn compare_orders(&self, state: &mut State, seen: Observed) -> Vec<Need> {
        let log = seen.seq.unwrap_or(0);
        let mut needs = Vec::new();
        if let Some((mark, order)) = seen.kick
            && state.orders.find_everyone(mark)
        {
            let orders = Frame::past_the_log(Some(mark), [order]);
            state.orders.add_found(orders, log);
            self.tell_found(state);
            needs.extend(state.orders.waiting().map(Need::TellOverdue));
        }
        needs.extend(
            state
                .orders
                .find_missed(seen.ordered, log)
                .map(Need::Orders),
        );
        needs
    }

    /// Takes orders for single users that were missed, and have been read.
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
                && state.orders.note_read(last.seq)
            {
                let orders = Frame::past_the_log(Some(last.mark), messages);
                state.orders.add_found(orders, missed.log);
            }
        }
        if !more {
            state.orders.note_read(missed.last);
        }
        self.tell_found(&mut state);
        let waiting = state.orders.waiting();
        waiting.map(Need::TellOverdue).into_iter().collect()
    }

    /// Tells orders that were found, once the log was delivered as far as it reached then: so they are carried out after what was
    /// sent before them, or after the gap in its place. Until then, the log may bring them itself.
    pub(super) fn tell_found(&self, state: &mut State) {
        let reached = match state.follow.at() {
            _ if !self.retention.keeps_history() => Some(u64::MAX),
            Some(at) if state.follow.is_live() => Some(at.seq),
            _ => None,
        };
        for orders in reached.map_or_else(Vec::new, |log| state.orders.take_reached(log)) {
            self.tell(state, Arrival::Frame(orders));
        }
    }

    /// Tells orders that have waited for the log long enough: all up to this number.
    pub(in crate::cluster::redis) fn tell_overdue(&self, number: u64) {
        let mut state = self.state();
        for orders in state.orders.take_overdue(number) {
            self.tell(&mut state, Arrival::Frame(orders));
        }
    }
}
