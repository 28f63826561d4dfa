//! The task of a busy channel: takes what was sent to the cluster, and what comes from there to the members.
//!
//! It begins when there is something to do and ends when nothing is left, so that a quiet channel costs no task.

use std::mem::replace;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use tokio::task::coop::consume_budget;

use super::core::Core;
use super::incoming::{Delivery, Here};
use super::outgoing::Batch;
use super::packing::{Bundle, Packed, Packing};
use super::parcel::{Label, Parcel, Receiver, Way};
use super::timer;
use crate::client::Connection;
use crate::cluster::{Frame, Message, Recovery, Retention, Why};
use crate::metrics::Wrote;
use crate::protocol::{self, Early, Place, Position, Seen};
use crate::tasks;

/// How many members are given a delivery before other tasks have their turn: in tests so few that others have it often.
const CHUNK: usize = if cfg!(test) { 2 } else { 256 };

/// How often others have their turn before the next frame is told, where several send: what was told is about to come back from
/// the cluster, and who hears it to send more, which goes out together with what waits. A frame costs more than its messages.
const TURNS: usize = 3;

/// Works until nothing is left to do. At most one runs for a channel.
pub(super) fn run(core: Arc<Core>) -> impl Future<Output = ()> + Send {
    // Made here, for the task may be dropped before it begins.
    work(Working { core, done: false })
}

async fn work(mut working: Working) {
    let core = &Arc::clone(&working.core);
    let (mut telling, mut turns) = (None, 0);
    if core.is_busy() {
        // Who is about to send, too, has its turn first, and what it sends goes out together with this.
        tasks::give_way().await;
    }
    loop {
        let delivery = core.next_delivery();
        let gives = delivery.is_some();
        if let Some(delivery) = delivery {
            core.give(delivery).await;
            // Others have their turn now and then, those among them that this waits for.
            consume_budget().await;
        }
        if telling.is_none() {
            if turns > 0 && core.is_busy() {
                turns -= 1;
                tasks::give_way().await;
                continue;
            }
            telling = core.next_batch().map(|batch| core.tell(batch).boxed());
        }
        match &mut telling {
            None if gives => {}
            None => {
                working.done = core.rests();
                if working.done {
                    return;
                }
            }
            // Goes on between two deliveries, for there may always be another one.
            Some(told) if gives => {
                if poll!(told).is_ready() {
                    (telling, turns) = (None, TURNS);
                }
            }
            // What comes meanwhile waits for nobody, and what is sent meanwhile becomes one frame.
            Some(told) => tokio::select! {
                () = told => (telling, turns) = (None, TURNS),
                () = core.arrives() => {}
            },
        }
    }
}

/// Lets another pump begin, even where this one panics or its runtime ends.
struct Working {
    core: Arc<Core>,
    done: bool,
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.done {
            self.core.stopped();
        }
    }
}

impl Core {
    /// Tells the cluster.
    async fn tell(&self, batch: Batch) {
        self.tell_backend(batch).await;
        self.was_told();
    }

    async fn tell_backend(&self, batch: Batch) {
        match batch {
            Batch::Publish(messages) => self.publish_all(self.retention, messages).await,
            Batch::PublishPast(messages) => self.publish_all(Retention::none(), messages).await,
            Batch::Enrol(enrolments, answers) => {
                let told = self.backend.update(&self.key, enrolments).await;
                if let Err(error) = &told {
                    tracing::error!(channel = self.name, %error, "the cluster was not told who joined or left");
                }
                for answer in answers {
                    // Whoever asked may have gone.
                    drop(answer.send(told.clone()));
                }
            }
        }
    }

    async fn publish_all(&self, retention: Retention, messages: Vec<Message>) {
        let count = messages.len();
        let told = self.backend.publish(&self.key, retention, messages);
        if let Err(error) = told.await {
            tracing::error!(channel = self.name, %error, count, "messages were not sent");
        }
    }

    /// Gives the members what is theirs.
    async fn give(self: &Arc<Self>, delivery: Delivery) {
        match delivery {
            Delivery::Frames(frames) => self.give_frames(frames).await,
            Delivery::Early(early, messages) => self.give_early(early, messages).await,
            Delivery::Taken(mark, at) => self.members().taken(mark, at),
            Delivery::Gap(why, head) => {
                let is_closed = self.members().ahead().has(head);
                if !is_closed {
                    self.give_gap(why, head);
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
            Delivery::Here(here) => self.give_here(here).await,
            Delivery::Lost => self.repair().await,
        }
    }

    /// Gives what this node alone sends.
    async fn give_here(self: &Arc<Self>, here: Vec<Here>) {
        let bytes = here.iter().map(Here::size).sum();
        let mut packing = Packing::new(&self.place, here.len(), bytes);
        for Here { except, event } in &here {
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
        let turn = self.members().begin(None);
        self.walk(turn, packing.finish()).await;
    }

    async fn give_frames(self: &Arc<Self>, frames: Vec<Frame>) {
        let seen = self.members().head();
        // Who has been given something early is told so in every position, until the log has it.
        let mut early = self.members().early().marks();
        let is_awaited = self.members().await_early();
        let bytes = frames.iter().map(Frame::size).sum();
        let messages = frames.iter().map(|frame| frame.messages.len()).sum();
        let mut run = Run::new(&self.place, messages, bytes);
        for frame in &frames {
            let again = frame
                .last
                .is_some_and(|last| self.members().early().has(last.nonce));
            // Behind the last of it, nothing is early any more.
            let is_last = frame
                .last
                .is_some_and(|last| early.is_some_and(|early| early.is_up_to(last.nonce)));
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
                    Message::Blank => {}
                    Message::Disconnect { user, close } => {
                        let mark = frame.mark();
                        if !*carries_out.get_or_insert_with(|| self.orders.begin(mark)) {
                            continue;
                        }
                        let before = replace(&mut run, Run::new(&self.place, 0, 0));
                        let turn = self.give_run(before).await;
                        self.close(turn, user.as_deref(), close);
                    }
                }
            }
            let mark = frame.last.map(|last| last.nonce);
            let settles = |mark: &u64| self.members().early().is_settled_by(*mark);
            run.settled = mark.filter(settles).or(run.settled);
            run.brought.extend(frame.last.filter(|_| is_awaited));
            early = early.filter(|_| !is_last);
        }
        self.give_run(run).await;
    }

    async fn give_run(self: &Arc<Self>, run: Run<'_>) -> u64 {
        let turn = self
            .members()
            .begin_frames(run.head, run.settled, &run.brought);
        self.walk(turn, run.packing.finish()).await;
        turn
    }

    /// Gives the members what the log does not have yet. Their positions say so: a client that comes back with such a one is
    /// not given it again.
    async fn give_early(self: &Arc<Self>, early: Early, messages: Arc<[Message]>) {
        let (at, turn) = {
            let mut members = self.members();
            let at = members.head();
            (at, members.begin_early(early, Arc::clone(&messages)))
        };
        let bytes = messages.iter().map(Message::size).sum();
        let mut packing = Packing::new(&self.place, messages.len(), bytes);
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
                Message::Blank => {}
                Message::Disconnect { user, close } => {
                    let mark = Some(early.last());
                    if !*carries_out.get_or_insert_with(|| self.orders.begin(mark)) {
                        continue;
                    }
                    let before = replace(&mut packing, Packing::new(&self.place, 0, 0));
                    self.walk(turn, before.finish()).await;
                    self.close(turn, user.as_deref(), close);
                }
            }
        }
        self.walk(turn, packing.finish()).await;
    }

    /// Goes from member to member. Those who come meanwhile are not meant, and those who leave are not missed.
    ///
    /// The messages are put into the queues of the members at once, and written afterwards, chunk by chunk: each chunk is a
    /// task, so that idle workers take their share of a large channel. The next walk waits until all is written or left to
    /// the tasks of clients that do not read: who reads never has more than one walk in its queue.
    async fn walk(self: &Arc<Self>, turn: u64, packed: Packed<'_>) {
        let bundles = packed.bundles();
        let mut writing = Vec::new();
        for run in bundles.chunk_by(|one, next| one.direct().is_none() && next.direct().is_none()) {
            if let Some(user) = run.first().and_then(Bundle::direct) {
                let connections = self.members().deliver_to(turn, user, run);
                self.flush(connections);
                continue;
            }
            let mut last = None;
            for start in (0..).step_by(CHUNK) {
                let Some(chunk) = self.members().deliver(turn, run, start..start + CHUNK) else {
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
        let mut wrote = Wrote::default();
        for connection in connections {
            wrote += connection.outbox.flush();
        }
        self.metrics.wrote(wrote);
    }

    /// Reads from the log what was dropped because too much came at once.
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
            let (why, head) = match recovery {
                Ok(Recovery::Exact { frames, more }) => {
                    self.members().ahead().read(head, &frames);
                    self.give_frames(frames).await;
                    if more {
                        continue;
                    }
                    return;
                }
                Ok(Recovery::Broken { why, head }) => (why, head),
                Err(_) => (Why::Unavailable, head),
            };
            self.skip(head);
            return self.give_gap(why, head);
        }
    }

    /// Tells the members that messages are missing, which cannot be had.
    fn give_gap(self: &Arc<Self>, why: Why, head: Position) {
        tracing::warn!(
            channel = self.name,
            why = why.as_str(),
            "messages were lost"
        );
        let gap = self.members().skip_gap(head);
        for (connection, seen) in gap.told {
            connection.send_all([protocol::gap(&self.name, why.as_str(), seen)]);
        }
        for (user, connection, stay, seen) in gap.ahead {
            self.catch_up_later(&user, &connection, stay, seen);
        }
    }
}

/// What is given to the members in one walk.
struct Run<'a> {
    packing: Packing<'a>,
    /// Where the log stands after it.
    head: Option<Position>,
    /// The last mark in it up to which all that was given early is settled.
    settled: Option<u64>,
    /// The last positions of its frames, where somebody awaits one.
    brought: Vec<Position>,
}

impl<'a> Run<'a> {
    fn new(place: &'a Place, messages: usize, bytes: usize) -> Self {
        Self {
            packing: Packing::new(place, messages, bytes),
            head: None,
            settled: None,
            brought: Vec::new(),
        }
    }
}
