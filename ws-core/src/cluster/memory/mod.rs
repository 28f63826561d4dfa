//! A cluster within one process.

mod log;
mod logs;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use tokio::sync::watch;

use self::logs::Logs;
use super::{Backend, Cluster, ClusterStatus, Enrolment, Message, Recovery, Retention, Roll, Sink};
use crate::error::ClusterError;
use crate::protocol::Position;

/// Connects several nodes within one process, as Redis connects processes.
///
/// It is meant for tests, and for servers that run several nodes in one process.
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

impl MemoryHub {
    /// Creates a hub without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a new node of this hub.
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
        let logs = self.shared.logs.lock();
        let mut logs = logs.unwrap_or_else(PoisonError::into_inner);
        logs.expire();
        logs
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
            && let Some(log) = logs.get_mut(channel)
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
        self.logs().publish(channel, retention, messages);
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
        let mut logs = self.logs();
        let log = logs.get_mut(channel);
        let members = log.map(|log| log.attendance.members().cloned().collect());
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

    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        for log in self.logs().iter_mut() {
            log.leave_node(self.id);
        }
        self.status.send_replace(ClusterStatus::Closed);
        future::ready(Ok(())).boxed()
    }
}
