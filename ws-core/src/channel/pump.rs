//! The task of a busy channel: takes what was sent to the cluster, and what comes from there to the members.
//!
//! It begins when there is something to do and ends when nothing is left, so that a quiet channel costs no task.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::core::Core;
use super::incoming::Delivery;
use super::members::{Parcel, Receiver};
use super::outgoing::Batch;
use crate::client::Connection;
use crate::cluster::{Frame, Message, Recovery, Target, Why};
use crate::error::ClusterError;
use crate::metrics::Wrote;
use crate::protocol::{self, Position};
use crate::tasks;

/// How many members are given a delivery before other tasks have their turn.
const CHUNK: usize = 256;

/// Works until nothing is left to do. At most one runs for a channel.
pub(super) async fn run(core: Arc<Core>) {
    let core = &core;
    let mut working = Working { core, done: false };
    let mut telling = None;
    // Who is about to send, too, has its turn first, and what it sends goes out together with this.
    tasks::give_way().await;
    loop {
        while let Some(delivery) = core.next_delivery() {
            core.give(delivery).await;
        }
        if telling.is_none() {
            telling = core.next_batch().map(|batch| core.tell(batch).boxed());
        }
        match &mut telling {
            None => {
                working.done = core.rests();
                if working.done {
                    return;
                }
            }
            // What comes meanwhile waits for nobody, and what is sent meanwhile becomes one frame.
            Some(told) => tokio::select! {
                () = told => telling = None,
                () = core.arrives() => {}
            },
        }
    }
}

/// Lets another pump begin, even where this one panics or its runtime ends.
struct Working<'a> {
    core: &'a Core,
    done: bool,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.core.stopped();
        }
    }
}

impl Core {
    /// Tells the cluster.
    async fn tell(&self, batch: Batch) {
        match batch {
            Batch::Publish(messages) => {
                let count = messages.len();
                let told = self.backend.publish(&self.key, self.retention, messages);
                if let Err(error) = told.await {
                    tracing::error!(channel = self.name, %error, count, "messages were not sent");
                }
            }
            Batch::Enrol(enrolments, answers) => {
                let told = self.backend.update(&self.key, enrolments).await;
                if let Err(error) = &told {
                    tracing::error!(channel = self.name, %error, "the cluster was not told who came or left");
                }
                for answer in answers {
                    // Whoever asked may have gone.
                    drop(answer.send(told.clone()));
                }
            }
        }
    }

    /// Gives the members what is theirs.
    async fn give(self: &Arc<Self>, delivery: Delivery) {
        match delivery {
            Delivery::Frames(frames) => self.give_frames(frames).await,
            Delivery::Change(change) => self.hook.call(change.into()),
            Delivery::Here(here) => {
                let parcels: Vec<Parcel> = here
                    .into_iter()
                    .map(|here| Parcel {
                        receiver: here.except.map_or(Receiver::All, Receiver::AllButUser),
                        position: None,
                        message: here.event,
                    })
                    .collect();
                self.walk(&parcels, None).await;
            }
            Delivery::Lost => self.repair().await,
        }
    }

    async fn give_frames(self: &Arc<Self>, frames: Vec<Frame>) {
        let seen = self.members().head();
        let mut parcels = Vec::new();
        let mut head = None;
        for (position, message) in frames.iter().flat_map(Frame::iter) {
            if let (Some(seen), Some(position)) = (seen, position)
                && position.seq <= seen.seq
            {
                continue;
            }
            head = position;
            match message {
                Message::Event { target, event } => {
                    // Written once for this node, and shared by all who receive it.
                    let message = match position {
                        None => event.clone(),
                        Some(position) => protocol::positioned(event, &self.name, position),
                    };
                    let receiver = match target {
                        Target::All => Receiver::All,
                        Target::Others(sender) => Receiver::AllBut(*sender),
                        Target::User(user) => Receiver::User(Arc::clone(user)),
                    };
                    parcels.push(Parcel {
                        receiver,
                        position,
                        message,
                    });
                }
                Message::Disconnect(close) => {
                    self.walk(&std::mem::take(&mut parcels), head).await;
                    let connections: Vec<_> = self.members().connections().cloned().collect();
                    for connection in connections {
                        connection.close(close.clone());
                    }
                }
            }
        }
        if !parcels.is_empty() {
            self.walk(&parcels, head).await;
        }
    }

    /// Goes from member to member. Those who come meanwhile are not meant, and those who leave are not missed.
    ///
    /// The messages are put into the queues of the members at once, and written afterwards, chunk by chunk: each chunk is a
    /// task, so that idle workers take their share of a large channel. The next walk waits until all is written or left to
    /// the tasks of clients that do not read: who reads never has more than one walk in its queue.
    async fn walk(self: &Arc<Self>, parcels: &[Parcel], head: Option<Position>) {
        let turn = self.members().begin(head);
        let mut writing = Vec::new();
        for run in parcels.chunk_by(|one, next| !one.is_direct() && !next.is_direct()) {
            if let [
                parcel @ Parcel {
                    receiver: Receiver::User(user),
                    ..
                },
            ] = run
            {
                let connections = self.members().deliver_to(turn, user, parcel);
                self.write(connections);
                continue;
            }
            let mut last = None;
            for start in (0..).step_by(CHUNK) {
                let Some(chunk) = self.members().deliver(turn, run, start..start + CHUNK) else {
                    break;
                };
                if let Some(previous) = last.replace(chunk) {
                    let this = Arc::clone(self);
                    writing.push(self.tasks.share(move || this.write(previous)));
                    tasks::give_way().await;
                }
            }
            self.write(last.unwrap_or_default());
        }
        join_all(writing).await;
    }

    /// Writes what is in the queues of these connections.
    fn write(&self, connections: Vec<Arc<Connection>>) {
        let mut wrote = Wrote::default();
        for connection in connections {
            wrote += connection.outbox.flush();
        }
        self.metrics.wrote(wrote);
    }

    /// Reads from the log what was dropped because too much came at once.
    async fn repair(self: &Arc<Self>) {
        let Some(head) = self.members().head() else {
            tracing::warn!(
                channel = self.name,
                "messages were dropped: more came than this node could send"
            );
            return;
        };
        let recovery = self.backend.recover(&self.key, head).await;
        let (why, head) = match recovery {
            Ok(Recovery::Exact(frames)) => return self.give_frames(frames).await,
            Ok(Recovery::Broken { why, head }) => (why, head),
            Err(ClusterError::Unavailable(_) | ClusterError::Backpressure) => {
                (Why::Unavailable, head)
            }
        };
        tracing::warn!(
            channel = self.name,
            why = why.as_str(),
            "messages are lost: more came than this node could send"
        );
        let gap = protocol::gap(&self.name, why.as_str(), head);
        let mut members = self.members();
        members.begin(Some(head));
        for connection in members
            .connections()
            .filter(|connection| connection.is_session())
        {
            connection.send_all([gap.clone()]);
        }
    }
}

impl Parcel {
    fn is_direct(&self) -> bool {
        matches!(self.receiver, Receiver::User(_))
    }
}
