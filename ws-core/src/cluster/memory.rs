//! A cluster within one process.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};

use tokio::sync::watch;

use super::{
    Arrival, Backend, Change, Cluster, ClusterStatus, Enrolment, Frame, Member, Message, Recovery,
    Retention, Roll, Sink, Why,
};
use crate::error::ClusterError;
use crate::protocol::{ConnectionId, Position};

/// Connects several nodes of one process, as Redis connects processes. For tests, and for servers that run several nodes
/// in one process.
///
/// ```
/// let hub = ws_core::MemoryHub::new();
/// let (first, second) = (hub.node(), hub.node());
/// ```
#[derive(Clone, Default)]
pub struct MemoryHub {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    logs: Mutex<Logs>,
}

/// The logs, by the names of their channels.
#[derive(Default)]
struct Logs {
    by_channel: HashMap<String, Log>,
    /// The number of logs at which those that nobody needs are dropped.
    sweep_at: usize,
}

impl Logs {
    fn open(&mut self, channel: &str) -> &mut Log {
        if self.by_channel.len() >= self.sweep_at {
            self.by_channel.retain(|_, log| log.is_needed());
            // Doubling, so that sweeping costs each new log a constant share.
            self.sweep_at = 2 * self.by_channel.len() + 64;
        }
        self.by_channel.entry(channel.to_owned()).or_default()
    }
}

impl MemoryHub {
    /// A hub without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new node of this hub.
    pub fn node(&self) -> Cluster {
        Cluster::over(Arc::new(MemoryNode {
            id: rand::random(),
            shared: Arc::clone(&self.shared),
            status: watch::Sender::new(ClusterStatus::Up),
        }))
    }
}

impl fmt::Debug for MemoryHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryHub").finish_non_exhaustive()
    }
}

/// One node's access to the hub.
struct MemoryNode {
    id: u64,
    shared: Arc<Shared>,
    status: watch::Sender<ClusterStatus>,
}

impl MemoryNode {
    fn logs(&self) -> MutexGuard<'_, Logs> {
        self.shared
            .logs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for MemoryNode {
    fn attach<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        sink: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        let mut logs = self.logs();
        let log = logs.open(channel);
        log.retention = retention;
        log.sinks.push(sink);
        future::ready(Ok(log.head())).boxed()
    }

    fn detach(&self, channel: &str) {
        // Where the logs are in use, perhaps for this very sink, the log forgets it when it is used next.
        if let Ok(mut logs) = self.shared.logs.try_lock()
            && let Some(log) = logs.by_channel.get_mut(channel)
        {
            log.live_sinks();
        }
    }

    fn publish<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        let mut logs = self.logs();
        let log = logs.open(channel);
        let frame = log.append(retention, messages);
        log.tell(&Arrival::Frame(frame));
        future::ready(Ok(())).boxed()
    }

    fn recover<'a>(
        &'a self,
        channel: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>> {
        let recovery = self.logs().open(channel).after(from);
        future::ready(Ok(recovery)).boxed()
    }

    fn update<'a>(
        &'a self,
        channel: &'a str,
        changes: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        let mut logs = self.logs();
        let log = logs.open(channel);
        for change in changes {
            log.update(self.id, change);
        }
        future::ready(Ok(())).boxed()
    }

    fn members<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>> {
        let logs = self.logs();
        let members = logs.by_channel.get(channel).map(|log| {
            log.members
                .values()
                .map(|(_, member)| member)
                .cloned()
                .collect()
        });
        let roll = Roll {
            members: members.unwrap_or_default(),
            is_stale: false,
        };
        future::ready(Ok(roll)).boxed()
    }

    fn has_room(&self) -> bool {
        true
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.status.subscribe()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        for log in self.logs().by_channel.values_mut() {
            for connection in log.connections_of(self.id) {
                log.update(self.id, Enrolment::Leave(connection));
            }
        }
        self.status.send_replace(ClusterStatus::Closed);
        future::ready(()).boxed()
    }
}

/// A channel's log, and who is in the channel.
struct Log {
    retention: Retention,
    /// The position right before the oldest message that is kept.
    start: Position,
    frames: VecDeque<(Instant, Frame)>,
    /// Whether there were messages that are not kept any more.
    is_trimmed: bool,
    /// How many messages these frames hold, and in how many bytes.
    messages: usize,
    bytes: usize,
    sinks: Vec<Weak<dyn Sink>>,
    /// Each with its node.
    members: HashMap<ConnectionId, (u64, Member)>,
    connections: HashMap<Arc<str>, usize>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            start: Position {
                seq: first_seq(),
                nonce: rand::random(),
            },
            frames: VecDeque::new(),
            is_trimmed: false,
            messages: 0,
            bytes: 0,
            sinks: Vec::new(),
            members: HashMap::new(),
            connections: HashMap::new(),
        }
    }
}

impl Log {
    /// The most bytes of messages that are kept, whatever the retention says.
    const MOST_BYTES: usize = 16 * 1024 * 1024;

    /// Whether a node follows the channel, somebody is in it, or somebody may come back for its history.
    fn is_needed(&mut self) -> bool {
        self.trim();
        !self.live_sinks().is_empty() || !self.members.is_empty() || !self.frames.is_empty()
    }

    fn append(&mut self, retention: Retention, messages: Vec<Message>) -> Frame {
        let count = messages.len() as u64;
        if !retention.keeps_history() {
            return Frame::past_the_log(None, messages);
        }
        self.retention = retention;
        let last = Position {
            seq: self.last().seq + count,
            nonce: rand::random(),
        };
        let frame = Frame::logged(last, messages);
        self.messages += frame.messages.len();
        self.bytes += frame.size();
        self.frames.push_back((Instant::now(), frame.clone()));
        self.trim();
        frame
    }

    fn trim(&mut self) {
        while let Some((since, frame)) = self.frames.front() {
            let is_kept = self.messages <= self.retention.messages()
                && self.bytes <= Self::MOST_BYTES
                && since.elapsed() <= self.retention.age();
            if is_kept {
                return;
            }
            self.messages -= frame.messages.len();
            self.bytes -= frame.size();
            self.start = frame.last.unwrap_or(self.start);
            self.frames.pop_front();
            self.is_trimmed = true;
        }
    }

    /// The position of the newest message, whether it is still kept or not.
    fn last(&self) -> Position {
        self.frames
            .back()
            .and_then(|(_, frame)| frame.last)
            .unwrap_or(self.start)
    }

    fn head(&self) -> Option<Position> {
        self.retention.keeps_history().then(|| self.last())
    }

    fn after(&mut self, from: Position) -> Recovery {
        self.trim();
        let frames = || self.frames.iter().map(|(_, frame)| frame);
        if from == self.start {
            return Recovery::all(frames().cloned().collect());
        }
        if let Some(place) = frames().position(|frame| frame.contains(from)) {
            return Recovery::all(frames().skip(place).cloned().collect());
        }
        let head = self.last();
        let why = if (self.start.seq..=head.seq).contains(&from.seq) {
            Why::Forked
        } else if from.seq < head.seq && self.is_trimmed {
            Why::Trimmed
        } else {
            Why::Reset
        };
        Recovery::Broken { why, head }
    }

    /// Tells every node that follows the channel.
    fn tell(&mut self, arrival: &Arrival) {
        for sink in self.live_sinks() {
            sink.take(arrival.clone());
        }
    }

    fn live_sinks(&mut self) -> Vec<Arc<dyn Sink>> {
        self.sinks.retain(|sink| sink.strong_count() > 0);
        self.sinks.iter().filter_map(Weak::upgrade).collect()
    }

    fn connections_of(&self, node: u64) -> Vec<ConnectionId> {
        let members = self.members.iter();
        members
            .filter(|(_, (of, _))| *of == node)
            .map(|(connection, _)| *connection)
            .collect()
    }

    fn update(&mut self, node: u64, change: Enrolment) {
        let arrival = match change {
            Enrolment::Join(member) => self.join(node, member).map(Arrival::Change),
            Enrolment::Leave(connection) => self.leave(connection).map(Arrival::Change),
            Enrolment::Replace(key) => Some(Arrival::Replaced(key)),
        };
        if let Some(arrival) = arrival {
            self.tell(&arrival);
        }
    }

    fn join(&mut self, node: u64, member: Member) -> Option<Change> {
        let user = Arc::clone(&member.user);
        if self
            .members
            .insert(member.connection, (node, member))
            .is_some()
        {
            return None;
        }
        let connections = self.connections.entry(Arc::clone(&user)).or_default();
        *connections += 1;
        (*connections == 1).then_some(Change::Joined(user))
    }

    fn leave(&mut self, connection: ConnectionId) -> Option<Change> {
        let (_, member) = self.members.remove(&connection)?;
        let connections = self.connections.get_mut(&member.user)?;
        *connections -= 1;
        if *connections > 0 {
            return None;
        }
        self.connections.remove(&member.user);
        Some(Change::Left(member))
    }
}

/// A new log starts above every older one of its name: at the microseconds of the clock.
fn first_seq() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or_default()
}
