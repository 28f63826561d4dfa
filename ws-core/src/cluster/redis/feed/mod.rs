//! A channel that a node follows.

mod found;
mod history;
mod members;
mod orders;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use self::orders::Orders;
pub(super) use self::orders::{LastOrders, Missed};
use super::connector::Address;
use super::follow::{Follow, Input, Output, ReadRequest, Reading};
use super::keys::ChannelKeys;
use super::lease::NodeName;
use super::push::Push;
use super::recovery::Pages;
use super::roster::Roster;
use super::sent::Sent;
use crate::cluster::{Arrival, Frame, Message, Retention, Sink};
use crate::protocol::Position;

/// The shortest time between two signs that a log is to live on, which lives for several of it.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);

/// A channel that this node follows: what was delivered, and who is in it.
pub(super) struct Feed {
    pub(super) channel: String,
    pub(super) keys: ChannelKeys,
    pub(super) retention: Retention,
    pub(super) pages: Pages,
    /// How many nodes were listening when this node published last.
    audience: AtomicUsize,
    state: Mutex<State>,
    /// How often something changed that somebody may be waiting for.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// The server whose pushes are heard. The log is read there, too: that of another server may be another one by now.
    subscribed_at: Option<Address>,
    follow: Follow,
    /// The position of the frame that is pushed next.
    announced: Option<Position>,
    roster: Roster,
    sinks: Vec<Weak<dyn Sink>>,
    orders: Orders,
    sent: Sent,
    /// The mark of what this node has published before it followed the channel, and the log has not brought yet: nothing is
    /// given early before it.
    behind: Option<u64>,
    /// How many gaps there were in what was delivered.
    gaps: u64,
    /// When it was last said that the log is to live on.
    renewed: Option<Instant>,
    /// Whether the number of changes of the roster was seen to be another one.
    roster_is_suspect: bool,
}

/// What a feed needs to have done.
#[derive(Debug)]
pub(super) enum Need {
    /// Read the log.
    Log(ReadRequest),
    /// Read who is in the channel.
    Roster,
    /// Read orders for single users.
    Orders(Missed),
    /// Tell orders up to the one of this number, where they have waited for the log for long enough.
    TellOverdue(u64),
    /// The subscription is not to be trusted.
    Distrust,
    /// Note that this node is there.
    NoteNode(NodeName),
}

/// What the watchdog saw in Redis.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) seq: Option<u64>,
    pub(super) version: u64,
    pub(super) kick: Option<(u64, Message)>,
    /// The number of the last order to disconnect single users.
    pub(super) ordered: u64,
}

impl Feed {
    pub(super) fn new(channel: String, keys: ChannelKeys, retention: Retention) -> Self {
        Self {
            channel,
            keys,
            retention,
            pages: Pages::default(),
            audience: AtomicUsize::new(1),
            state: Mutex::new(State {
                follow: Follow::new(retention.messages()),
                ..State::default()
            }),
            changes: watch::Sender::new(0),
        }
    }

    /// Gives a sink what comes from now on. It may have a place already, where somebody did not wait for the end of its
    /// attachment.
    pub(super) fn add(&self, sink: Weak<dyn Sink>) {
        let mut state = self.state();
        if !state.sinks.iter().any(|known| known.ptr_eq(&sink)) {
            state.sinks.push(sink);
        }
    }

    /// Gives a sink nothing more.
    pub(super) fn forget(&self, sink: &Weak<dyn Sink>) {
        self.state().sinks.retain(|known| !known.ptr_eq(sink));
    }

    /// Forgets sinks that are gone. Whether none is left.
    pub(super) fn is_deserted(&self) -> bool {
        let mut state = self.state();
        state.sinks.retain(|sink| sink.strong_count() > 0);
        state.sinks.is_empty()
    }

    /// Waits until everything is delivered, and returns where the log stands.
    pub(super) async fn opened(&self) -> Option<Position> {
        let mut changes = self.changes.subscribe();
        loop {
            {
                let state = self.state();
                if state.roster.version().is_some() && state.subscribed_at.is_some() {
                    if !self.retention.keeps_history() {
                        return None;
                    }
                    if let Some(at) = state.follow.at() {
                        return Some(at);
                    }
                }
            }
            // The sender is part of this.
            if changes.changed().await.is_err() {
                return None;
            }
        }
    }

    pub(super) fn subscribed_at(&self) -> Option<Address> {
        self.state().subscribed_at.clone()
    }

    pub(super) fn at(&self) -> Option<Position> {
        self.state().follow.at()
    }

    /// How many gaps there were in what was delivered.
    pub(super) fn gaps(&self) -> u64 {
        self.state().gaps
    }

    /// Whether everything that is published is delivered, as far as this node can tell.
    pub(super) fn is_live(&self) -> bool {
        let state = self.state();
        state.subscribed_at.is_some() && (state.follow.is_live() || !self.retention.keeps_history())
    }

    pub(super) fn subscribed(&self, server: &Address) -> Vec<Need> {
        let mut state = self.state();
        state.subscribed_at = Some(server.clone());
        let mut needs = self.need_roster(&mut state);
        if self.retention.keeps_history() {
            needs.extend(self.step(&mut state, Input::Subscribed));
        }
        self.changed();
        needs
    }

    pub(super) fn unsubscribed(&self) {
        let mut state = self.state();
        state.subscribed_at = None;
        self.step(&mut state, Input::Unsubscribed);
        self.changed();
    }

    /// Takes what was published on the topic.
    pub(super) fn pushed(&self, me: u64, payload: &Bytes) -> Vec<Need> {
        let announced = self.state().announced.take();
        let push = Push::read(payload, announced);
        let mut state = self.state();
        match push {
            Some(Push::Frame(frame)) if self.retention.keeps_history() => {
                return self.step(&mut state, Input::Pushed(frame));
            }
            Some(Push::Frame(frame)) => {
                let mark = frame.last.map(|last| last.mark);
                self.deliver_past(&mut state, mark, frame.messages);
            }
            // The members here were given it when it was sent.
            Some(Push::Past { node, .. }) if node.is_some_and(|node| node.id == me) => {}
            Some(Push::Past { mark, messages, .. }) => {
                self.deliver_past(&mut state, mark, messages.into());
            }
            Some(Push::Enrolled {
                version,
                node,
                enrolments,
            }) => return self.enrolled(&mut state, version, node, enrolments),
            Some(Push::EnrolledSomehow) => return self.need_roster(&mut state),
            Some(Push::Announced(position)) => state.announced = Some(position),
            None => {}
        }
        Vec::new()
    }

    /// Gives the members of this node what does not go through the log.
    pub(super) fn deliver_local(&self, mark: u64, messages: Arc<[Message]>) {
        self.deliver_past(&mut self.state(), Some(mark), messages);
    }

    /// Notes what this node publishes, and returns its mark.
    pub(super) fn sent(&self, messages: Arc<[Message]>) -> u64 {
        self.state().sent.add(messages)
    }

    /// Whether it is time to say that the log is to live on.
    pub(super) fn claim_renewal(&self) -> bool {
        let mut state = self.state();
        let pause = (self.retention.age() / 4).max(SHORTEST_PAUSE);
        let renews = state
            .renewed
            .is_none_or(|renewed| renewed.elapsed() >= pause);
        if renews {
            state.renewed = Some(Instant::now());
        }
        renews
    }

    /// Gives the members of this node everything that it has published and the log has not brought yet; `waiting` are the marks
    /// of what Redis has not taken. Nothing is given before what it has published earlier.
    pub(super) fn deliver_early(&self, waiting: &[u64]) {
        let mut state = self.state();
        let earlier = waiting
            .iter()
            .rev()
            .find(|mark| !state.sent.has_noted(**mark));
        state.behind = earlier.copied().or(state.behind);
        if state.behind.is_some() {
            return;
        }
        for early in state.sent.take_early() {
            let mark = early.marks.last();
            self.tell(&mut state, Arrival::Early(early.marks, early.messages));
            if let Some(at) = early.at {
                self.tell(&mut state, Arrival::Taken(mark, at));
            }
        }
    }

    /// The log has taken what this node has published.
    pub(super) fn taken(&self, mark: u64, at: Position) {
        let mut state = self.state();
        if state.sent.note_taken(mark, at) {
            self.tell(&mut state, Arrival::Taken(mark, at));
        }
    }

    /// Notes how many nodes were listening when this node published, where that is known.
    pub(super) fn set_audience(&self, nodes: Option<usize>) {
        if let Some(nodes) = nodes {
            self.audience.store(nodes, Ordering::Relaxed);
        }
    }

    /// How many nodes were listening when this node published last.
    pub(super) fn audience(&self) -> usize {
        self.audience.load(Ordering::Relaxed)
    }

    /// Whether the log is still to be read.
    pub(super) fn awaits(&self, reading: u64) -> bool {
        self.state().follow.awaits(reading)
    }

    /// The log was read.
    pub(super) fn log_read(&self, reading: u64, result: Reading) -> Vec<Need> {
        let needs = self.step(&mut self.state(), Input::Read { reading, result });
        self.changed();
        needs
    }

    /// The log was seen to be another one than what was delivered up to this position.
    pub(super) fn doubt(&self, at: Position) -> Vec<Need> {
        self.step(&mut self.state(), Input::Doubted(at))
    }

    /// Waits until something else than this was delivered last, and returns `true`; or `false`, once the log was read and
    /// continues this.
    pub(super) async fn moved_from(&self, at: Position) -> bool {
        let mut changes = self.changes.subscribe();
        loop {
            if self.at() != Some(at) {
                return true;
            }
            // The sender is part of this.
            if self.is_live() || changes.changed().await.is_err() {
                return false;
            }
        }
    }

    /// Compares what was delivered with what the watchdog saw.
    pub(super) fn compare(&self, seen: Observed) -> Vec<Need> {
        let mut state = self.state();
        if state.subscribed_at.is_none() {
            return Vec::new();
        }
        let mut needs = Vec::new();
        if self.retention.keeps_history() {
            needs = self.step(&mut state, Input::Head(seen.seq));
        }
        let differs = state
            .roster
            .version()
            .is_some_and(|known| known != seen.version);
        if differs && std::mem::replace(&mut state.roster_is_suspect, differs) {
            needs.extend(self.need_roster(&mut state));
        }
        state.roster_is_suspect = differs;
        needs.extend(self.compare_orders(&mut state, seen));
        needs
    }

    fn step(&self, state: &mut State, input: Input) -> Vec<Need> {
        let mut needs = Vec::new();
        for output in state.follow.step(input) {
            match output {
                Output::Read(request) => needs.push(Need::Log(request)),
                Output::Distrust => needs.push(Need::Distrust),
                Output::Opened => {}
                Output::Deliver(frame) => self.deliver(state, frame),
                Output::Gap { why, head } => {
                    state.gaps += 1;
                    state.sent.skip(head);
                    self.tell(state, Arrival::Gap { why, head });
                }
            }
        }
        // Whoever found what waits on has its patience.
        self.tell_found(state);
        needs
    }

    /// Gives the members the next frame of the log.
    fn deliver(&self, state: &mut State, frame: Frame) {
        if let Some(mark) = frame.mark() {
            if state.behind == Some(mark) || state.sent.has_noted(mark) {
                state.behind = None;
            }
            state.sent.settle(mark);
        }
        self.tell(state, Arrival::Frame(frame));
    }

    fn tell(&self, state: &mut State, arrival: Arrival) {
        for sink in state.sinks.iter().filter_map(Weak::upgrade) {
            sink.take(arrival.clone());
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
