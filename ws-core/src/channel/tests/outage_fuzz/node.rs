//! A node of the fuzz of outages.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::BEGINNING;
use crate::channel::core::Core;
use crate::channel::tests::scripted::{Reading, Scripted};
use crate::channel::tests::{bare, core};
use crate::cluster::{Arrival, Message, Sink};
use crate::protocol::{Early, Position};

/// A node, as its backend is to it.
pub(super) struct Node {
    pub(super) core: Arc<Core>,
    pub(super) readings: UnboundedReceiver<Reading>,
    pub(super) asked: VecDeque<Reading>,
    pub(super) is_away: bool,
    /// How many frames of the log were delivered, or lie in a gap.
    pub(super) delivered: usize,
    pub(super) next_mark: u64,
    /// What the log has not taken.
    pub(super) pending: VecDeque<(u64, Arc<[Message]>)>,
    /// What it has sent and was not delivered from the log.
    waiting: VecDeque<Waiting>,
    /// The first that was given early since the log last had everything.
    first_early: Option<u64>,
}

/// What a node has sent and was not given from the log yet.
struct Waiting {
    mark: u64,
    messages: Arc<[Message]>,
    is_early: bool,
    at: Option<Position>,
}

impl Node {
    pub(super) async fn new(number: u64) -> Self {
        let (cluster, readings) = Scripted::at(BEGINNING);
        let core = core(&cluster);
        for other in 0..3 {
            core.register(&format!("other {other}"), &bare())
                .await
                .unwrap();
        }
        Self {
            core,
            readings,
            asked: VecDeque::new(),
            is_away: false,
            delivered: 1,
            next_mark: (number + 1) << 40,
            pending: VecDeque::new(),
            waiting: VecDeque::new(),
            first_early: None,
        }
    }

    /// It sends something, which the log has yet to bring.
    pub(super) fn sends(&mut self, mark: u64, messages: &Arc<[Message]>) {
        self.waiting.push_back(Waiting {
            mark,
            messages: Arc::clone(messages),
            is_early: false,
            at: None,
        });
    }

    /// The log has brought one.
    pub(super) fn settles(&mut self, mark: u64) {
        let place = self.waiting.iter().position(|one| one.mark == mark);
        self.waiting.drain(..place.map_or(0, |place| place + 1));
        if self.waiting.iter().all(|one| !one.is_early) {
            self.first_early = None;
        }
    }

    pub(super) fn gives_early(&mut self) {
        for one in self.waiting.iter_mut().filter(|one| !one.is_early) {
            one.is_early = true;
            let first = *self.first_early.get_or_insert(one.mark);
            let marks = Early::between(first, one.mark);
            let messages = Arc::clone(&one.messages);
            self.core.take(Arrival::Early(marks, messages));
            if let Some(at) = one.at {
                self.core.take(Arrival::Taken(one.mark, at));
            }
        }
    }

    /// The log has taken one.
    pub(super) fn taken(&mut self, mark: u64, at: Position) {
        let one = self.waiting.iter_mut().find(|one| one.mark == mark);
        if let Some(one) = one {
            one.at = Some(at);
            if one.is_early {
                self.core.take(Arrival::Taken(mark, at));
            }
        }
    }
}
