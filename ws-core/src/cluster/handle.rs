//! [`Cluster`]: the handle that the application has of a node, and how a node leaves.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Backend, Backlog, ClusterStatus, MemoryHub};
#[cfg(feature = "redis")]
use super::{RedisOptions, redis::RedisBackend};
use crate::error::ClusterError;
use crate::metrics::NodeMetrics;
use crate::tasks::Tasks;

/// Connects the nodes of an application, and gives out its channels. Cheap to clone; clones are one node.
///
/// The node ends when the last of them is dropped, and the last [`Channel`](crate::Channel) of it: at once, and with whatever
/// waits for Redis at that moment, which the log tells as an error. [`close`](Self::close) waits for it, and tells the other
/// nodes at once that the members here are gone, which they find out by the end of the lease where the node was dropped.
///
/// ```
/// let cluster = ws_core::Cluster::in_memory();
/// ```
#[derive(Clone)]
pub struct Cluster {
    node: Arc<Node>,
}

struct Node {
    backend: Arc<dyn Backend>,
    tasks: Arc<Tasks>,
    metrics: NodeMetrics,
    /// The channels that are in use on this node.
    channels: Mutex<HashMap<String, Weak<dyn SharedChannel>>>,
    closing: watch::Sender<Closing>,
}

/// How far the node has left the cluster.
#[derive(Debug, Default, PartialEq, Eq)]
enum Closing {
    #[default]
    No,
    Begun,
    /// With what could not be handed on, where that is so.
    Done(Result<(), ClusterError>),
}

/// A channel, as far as the cluster knows it.
pub(crate) trait SharedChannel: Any + Send + Sync {
    /// Waits until the backend has taken everything that was sent.
    fn drained(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

impl Closing {
    /// Whether it begins with this.
    fn begin(&mut self) -> bool {
        let begins = *self == Self::No;
        if begins {
            *self = Self::Begun;
        }
        begins
    }

    /// Whether it was not done before this.
    fn stop(&mut self) -> bool {
        let stops = *self == Self::Begun;
        if stops {
            *self = Self::No;
        }
        stops
    }
}

/// What leaves the cluster. Where it is stopped, because its runtime ends, the next who calls begins it again.
struct Leaving(Cluster);

impl Leaving {
    async fn leave(self) {
        let Self(cluster) = &self;
        join_all(cluster.channels().into_iter().map(SharedChannel::drained)).await;
        let closed = cluster.backend().close().await;
        cluster.node.closing.send_replace(Closing::Done(closed));
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.node.closing.send_if_modified(Closing::stop);
    }
}

impl Cluster {
    /// A cluster of this process alone. Channels behave as they do over Redis: the same order, positions and history.
    pub fn in_memory() -> Self {
        MemoryHub::new().node()
    }

    /// One of several nodes that Redis connects: its URL, or [`RedisOptions`] where more is to be said. Needs the feature
    /// `redis`, and Redis 7 or newer, or what speaks like it.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), ws_core::ClusterError> {
    /// let cluster = ws_core::Cluster::redis("redis://127.0.0.1:6379").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A URL that begins with `rediss://` is one over TLS, by `rustls`, with the `CryptoProvider` that the process has. Where it has
    /// none yet, this installs that of `ring`, for the whole process: a program that wants another one calls its
    /// `install_default` before this. Afterwards, that would be an error.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] where Redis cannot be reached now, [`ClusterError::Configuration`] where it cannot be
    /// used as it is.
    #[cfg(feature = "redis")]
    pub async fn redis(options: impl Into<RedisOptions>) -> Result<Self, ClusterError> {
        let backend = RedisBackend::connect(options.into()).await?;
        let cluster = Self::over(Arc::new(backend));
        // Who only sends may do so from a thread without one.
        cluster.tasks().adopt_runtime();
        Ok(cluster)
    }

    /// How the connection to other nodes is.
    ///
    /// ```
    /// use ws_core::{Cluster, ClusterStatus};
    ///
    /// assert_eq!(Cluster::in_memory().status(), ClusterStatus::Up);
    /// ```
    pub fn status(&self) -> ClusterStatus {
        self.node.backend.status().borrow().clone()
    }

    /// What waits on this node until other nodes can be reached again: nothing where the status is [`ClusterStatus::Up`],
    /// apart from what is just being handed on. Above the bound of `RedisOptions::with_outbox_bytes`, sending is refused. For
    /// operators, the feature `metrics` tells the same.
    ///
    /// ```
    /// assert_eq!(ws_core::Cluster::in_memory().backlog().messages, 0);
    /// ```
    pub fn backlog(&self) -> Backlog {
        self.node.backend.backlog()
    }

    /// Waits until the status is another one than this, and returns it. Cancel safe.
    pub async fn status_changed_from(&self, known: &ClusterStatus) -> ClusterStatus {
        let mut status = self.node.backend.status();
        let changed = status.wait_for(|status| status != known).await;
        changed.map_or(ClusterStatus::Closed, |status| status.clone())
    }

    /// Leaves the cluster: hands on what other nodes have not been given yet, for at most this time, and tells them that
    /// the members on this node are gone. For the end of a program, after [`Server::shutdown`](crate::Server::shutdown): what
    /// is sent from now on is refused with [`SendError::Left`](crate::SendError::Left), and nobody is registered any more.
    ///
    /// It takes no longer than it must, which is milliseconds as a rule. Of the time it needs much only while Redis is away, so
    /// a safe deadline is longer than a failover takes: the `cluster-node-timeout` of a Redis Cluster (15 s unless it is set),
    /// or the `down-after-milliseconds` of Sentinels (30 s), and five seconds more. Whoever ends the program by force has to wait
    /// for both, the server's shutdown and this.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] where the time was not enough to hand everything on and to take leave. It is gone on with as
    /// long as the runtime runs in which this was called, and this may be called again, to wait for it. When the program ends,
    /// what other nodes have not been given is lost, and their clients are not told; and its users are listed until its lease is
    /// over.
    ///
    /// The same, without a wait, where Redis refuses some of it, as for the keys of a channel that its user may not write: then
    /// everything else was handed on, the node has left, and the error says how many messages are lost, and why.
    pub async fn close(&self, deadline: Duration) -> Result<(), ClusterError> {
        // From here on nothing is sent to a channel, so that nothing comes behind what is waited for.
        self.node.tasks.begin_draining();
        let mut closing = self.node.closing.subscribe();
        if self.node.closing.send_if_modified(Closing::begin) {
            let leaving = Leaving(self.clone());
            // It is gone on with whether somebody waits for it or not.
            self.node.tasks.start(leaving.leave());
        }
        let closed = closing.wait_for(|closing| *closing != Closing::Begun);
        let closed = timeout(deadline, closed).await;
        let error = match closed.as_ref().map(|closed| closed.as_deref()) {
            Ok(Ok(Closing::Done(Ok(())))) => return Ok(()),
            Ok(Ok(Closing::Done(Err(error)))) => error.clone(),
            _ => ClusterError::Unavailable(format!(
                "not everything was handed on within {deadline:?}"
            )),
        };
        tracing::warn!(%error, "not everything was handed on");
        Err(error)
    }

    pub(crate) fn over(backend: Arc<dyn Backend>) -> Self {
        Self {
            node: Arc::new(Node {
                backend,
                tasks: Arc::default(),
                metrics: NodeMetrics::new(),
                channels: Mutex::default(),
                closing: watch::Sender::default(),
            }),
        }
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.node.backend
    }

    /// The tasks of this node's channels.
    pub(crate) fn tasks(&self) -> &Arc<Tasks> {
        &self.node.tasks
    }

    /// What this node's channels count.
    pub(crate) fn metrics(&self) -> &NodeMetrics {
        &self.node.metrics
    }

    /// The channel under this key that is in use already, or a new one.
    pub(crate) fn shared<T: SharedChannel>(
        &self,
        key: &str,
        new: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        let mut channels = self.lock_channels();
        let existing = channels.get(key).and_then(Weak::upgrade);
        let existing = existing.and_then(|channel| {
            let any: Arc<dyn Any + Send + Sync> = channel;
            any.downcast().ok()
        });
        if let Some(existing) = existing {
            return existing;
        }
        // Only before the map would grow: so that many channels, one after the other, do not look at all others each time.
        if channels.len() == channels.capacity() {
            channels.retain(|_, channel| channel.strong_count() > 0);
        }
        let channel = new();
        let shared: Arc<dyn SharedChannel> = Arc::<T>::clone(&channel);
        channels.insert(key.to_owned(), Arc::downgrade(&shared));
        channel
    }

    fn channels(&self) -> Vec<Arc<dyn SharedChannel>> {
        let channels = self.lock_channels();
        channels.values().filter_map(Weak::upgrade).collect()
    }

    fn lock_channels(&self) -> MutexGuard<'_, HashMap<String, Weak<dyn SharedChannel>>> {
        let channels = self.node.channels.lock();
        channels.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}
