//! Gives the members of this node what comes: a walk from member to member for each delivery, and orders between walks. Knows
//! nothing of how it came.

use std::mem::replace;
use std::sync::Arc;

use futures_util::future::join_all;

use super::core::Core;
use super::incoming::{Delivery, LocalEvent};
use super::packing::{Bundle, Packed, Packing};
use super::parcel::{Label, Parcel, Receiver, Way};
use super::timer;
use crate::client::Connection;
use crate::cluster::{Frame, GapReason, Message, Recovery};
use crate::metrics::WriteCounts;
use crate::protocol::{self, ChannelSuffix, Early, Position, Seen};
use crate::tasks;

/// How many members a walk gives messages before other tasks may run. In tests few enough that they often do.
const CHUNK: usize = if cfg!(test) { 2 } else { 256 };

impl Core {
    /// Gives the members one delivery.
    pub(super) async fn deliver(self: &Arc<Self>, delivery: Delivery) {
        match delivery {
            Delivery::Frames(frames) => self.deliver_frames(frames).await,
            Delivery::Early(early, messages) => self.deliver_early(early, messages).await,
            Delivery::Taken(mark, at) => self.members().note_taken(mark, at),
            Delivery::Gap(why, head) => {
                let is_bridged = self.members().ahead().has(head);
                if !is_bridged {
                    self.tell_gap(why, head);
                }
            }
            Delivery::Change(change) => {
                if let Some(alarm) = self.hook.take(change) {
                    self.tasks.start(timer::run(self, alarm));
                }
            }
            Delivery::Replaced(key) => {
                let ghost = self.members().find(key.id);
                if let Some(ghost) = ghost {
                    ghost.close_if_replaced(key);
                }
            }
            Delivery::Local(events) => self.deliver_local(events).await,
            Delivery::Lost => self.repair().await,
        }
    }

    /// Gives the members what this node alone sends.
    async fn deliver_local(self: &Arc<Self>, events: Vec<LocalEvent>) {
        let bytes = events.iter().map(LocalEvent::size).sum();
        let mut packing = Packing::new(&self.suffix, events.len(), bytes);
        for LocalEvent { except, event } in &events {
            let except = except.as_ref().map(Arc::clone);
            let parcel = Parcel {
                receiver: except.map_or(Receiver::All, Receiver::AllButUser),
                label: Label {
                    position: None,
                    index: 0,
                    way: Way::Usual,
                },
                event,
            };
            packing.add(parcel, None);
        }
        let round = self.members().begin(None);
        self.walk(round, packing.finish()).await;
    }

    /// Gives the members what they have not been given of these frames.
    async fn deliver_frames(self: &Arc<Self>, frames: Vec<Frame>) {
        let seen = self.members().head();
        // Every position says what was given early, until the log has it.
        let mut early = self.members().early().marks();
        let is_awaited = self.members().is_early_awaited();
        let bytes = frames.iter().map(Frame::size).sum();
        let messages = frames.iter().map(|frame| frame.messages.len()).sum();
        let mut run = Run::new(&self.suffix, messages, bytes);
        for frame in &frames {
            let again = frame
                .last
                .is_some_and(|last| self.members().early().has(last.mark));
            // Behind the last of what was given early, nothing is early any more.
            let is_last = frame
                .last
                .is_some_and(|last| early.is_some_and(|early| early.is_up_to(last.mark)));
            early = early.filter(|_| again || !is_last);
            let mut carries_out = None;
            for (index, (position, message)) in frame.iter().enumerate() {
                if let (Some(seen), Some(position)) = (seen, position)
                    && position.seq <= seen.seq
                {
                    continue;
                }
                // What goes past the log leaves it where it is.
                run.head = position.or(run.head);
                match message {
                    Message::Event { target, event } => {
                        let label = Label {
                            position,
                            index,
                            way: if again { Way::Again } else { Way::Usual },
                        };
                        let parcel = Parcel {
                            receiver: target.into(),
                            label,
                            event,
                        };
                        run.packing
                            .add(parcel, position.map(|at| Seen { at, early }));
                    }
                    Message::Blank | Message::Gap => {}
                    Message::Disconnect { user, close } => {
                        let mark = frame.mark();
                        if !*carries_out.get_or_insert_with(|| self.orders.begin(mark)) {
                            continue;
                        }
                        let before = replace(&mut run, Run::new(&self.suffix, 0, 0));
                        let round = self.deliver_run(before).await;
                        self.close(round, user.as_deref(), close);
                    }
                }
            }
            let mark = frame.last.map(|last| last.mark);
            let settles = |mark: &u64| self.members().early().is_settled_by(*mark);
            run.settled = mark.filter(settles).or(run.settled);
            run.brought.extend(frame.last.filter(|_| is_awaited));
            early = early.filter(|_| !is_last);
        }
        self.deliver_run(run).await;
    }

    /// Gives the members one run. Returns the number of its round.
    async fn deliver_run(self: &Arc<Self>, run: Run<'_>) -> u64 {
        let round = self
            .members()
            .begin_frames(run.head, run.settled, &run.brought);
        self.walk(round, run.packing.finish()).await;
        round
    }

    /// Gives the members what the log does not have yet. The positions say so, and a client that comes back with one of them is not
    /// given it again.
    async fn deliver_early(self: &Arc<Self>, early: Early, messages: Arc<[Message]>) {
        let (at, round) = {
            let mut members = self.members();
            let at = members.head();
            (at, members.begin_early(early, Arc::clone(&messages)))
        };
        let bytes = messages.iter().map(Message::size).sum();
        let mut packing = Packing::new(&self.suffix, messages.len(), bytes);
        let mut carries_out = None;
        for (index, message) in messages.iter().enumerate() {
            match message {
                Message::Event { target, event } => {
                    let early = early.up_to(index);
                    let label = Label {
                        position: None,
                        index,
                        way: Way::Early(early),
                    };
                    let parcel = Parcel {
                        receiver: target.into(),
                        label,
                        event,
                    };
                    packing.add(parcel, at.map(|at| Seen::early(at, early)));
                }
                Message::Blank | Message::Gap => {}
                Message::Disconnect { user, close } => {
                    let mark = Some(early.last());
                    if !*carries_out.get_or_insert_with(|| self.orders.begin(mark)) {
                        continue;
                    }
                    let before = replace(&mut packing, Packing::new(&self.suffix, 0, 0));
                    self.walk(round, before.finish()).await;
                    self.close(round, user.as_deref(), close);
                }
            }
        }
        self.walk(round, packing.finish()).await;
    }

    /// Goes from member to member. Members that come meanwhile take no part in the round, and those that leave are skipped.
    ///
    /// The messages of a chunk of members are put into their queues first, and then written by a task of its own, so that idle
    /// workers take their share of a large channel. The next walk waits until all is written, or left to the tasks of clients
    /// that do not read: a client that reads never has more than one walk in its queue.
    async fn walk(self: &Arc<Self>, round: u64, packed: Packed<'_>) {
        let bundles = packed.bundles();
        let mut writing = Vec::new();
        for run in bundles.chunk_by(|one, next| one.direct().is_none() && next.direct().is_none()) {
            if let Some(user) = run.first().and_then(Bundle::direct) {
                let connections = self.members().deliver_to(round, user, run);
                self.flush(connections);
                continue;
            }
            let mut last = None;
            for start in (0..).step_by(CHUNK) {
                let Some(chunk) = self.members().deliver(round, run, start..start + CHUNK) else {
                    break;
                };
                if let Some(previous) = last.replace(chunk) {
                    let this = Arc::clone(self);
                    writing.push(self.tasks.share(move || this.flush(previous)));
                    tasks::give_way().await;
                }
            }
            self.flush(last.unwrap_or_default());
        }
        join_all(writing).await;
    }

    /// Writes what is in the queues of these connections.
    fn flush(&self, connections: Vec<Arc<Connection>>) {
        let mut wrote = WriteCounts::default();
        for connection in connections {
            wrote += connection.outbox.flush();
        }
        self.metrics.wrote(wrote);
    }

    /// Reads from the log what was dropped because too much came at once, and gives the members that.
    async fn repair(self: &Arc<Self>) {
        loop {
            let Some(head) = self.members().head() else {
                tracing::warn!(
                    channel = self.name,
                    "messages were dropped: this node could not keep up"
                );
                return;
            };
            let recovery = self.backend.recover(&self.key, head).await;
            let (gap, frames, more) = match recovery {
                Ok(Recovery::Exact { frames, more }) => (None, frames, more),
                Ok(Recovery::Gap {
                    why,
                    head,
                    frames,
                    more,
                }) => (Some((why, head)), frames, more),
                Ok(Recovery::Broken { why, head }) => (Some((why, head)), Vec::new(), false),
                Err(_) => (Some((GapReason::Unavailable, head)), Vec::new(), false),
            };
            if let Some((why, head)) = gap {
                self.skip(head);
                self.tell_gap(why, head);
            }
            if !frames.is_empty() {
                let head = gap.map_or(head, |(_, head)| head);
                self.members().ahead().note_read(head, &frames);
                self.deliver_frames(frames).await;
            }
            if !more {
                return;
            }
        }
    }

    /// Tells the members that messages are missing which cannot be had.
    fn tell_gap(self: &Arc<Self>, why: GapReason, head: Position) {
        tracing::warn!(
            channel = self.name,
            why = why.as_str(),
            "messages were lost"
        );
        let receivers = self.members().skip_gap(head);
        for (connection, seen) in receivers.told {
            connection.send_all([protocol::gap(&self.name, why.as_str(), seen)]);
        }
        for (user, connection, stay, seen) in receivers.ahead {
            self.catch_up_later(&user, &connection, stay, seen);
        }
    }
}

/// What the members are given in one walk.
struct Run<'a> {
    packing: Packing<'a>,
    /// Where the log stands after it.
    head: Option<Position>,
    /// The last mark in it up to which all that was given early is settled.
    settled: Option<u64>,
    /// The last positions of its frames, where a member awaits one.
    brought: Vec<Position>,
}

impl<'a> Run<'a> {
    fn new(suffix: &'a ChannelSuffix, messages: usize, bytes: usize) -> Self {
        Self {
            packing: Packing::new(suffix, messages, bytes),
            head: None,
            settled: None,
            brought: Vec::new(),
        }
    }
}
