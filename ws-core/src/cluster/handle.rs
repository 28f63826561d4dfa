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

/// Connects the nodes of an application, and hands out its channels.
///
/// A `Cluster` is cheap to clone, and all clones are the same node. The node ends when the last clone and the last
/// [`Channel`](crate::Channel) of it are dropped: immediately, and with whatever is still waiting for Redis at that
/// moment, which is logged as an error. [`close`](Self::close) waits for it instead. It also tells the other nodes
/// immediately that the members of this node are gone; if the node is merely dropped, they notice it only when the
/// lease ends.
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
    /// The error says what could not be handed on.
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

/// The work of leaving the cluster. Where it is dropped, because its runtime ends, the next call of `close` begins it again.
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
    /// Creates a cluster that consists of this process alone.
    ///
    /// Channels behave as they do over Redis: they have the same order, positions and history.
    pub fn in_memory() -> Self {
        MemoryHub::new().node()
    }

    /// Connects to the other nodes of the application through Redis.
    ///
    /// Pass the URL of Redis, or [`RedisOptions`] for other settings. This needs the feature `redis`, and Redis 7 or
    /// newer, or a compatible server.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), ws_core::ClusterError> {
    /// let cluster = ws_core::Cluster::redis("redis://127.0.0.1:6379").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A URL that begins with `rediss://` uses TLS, through `rustls` and the process-wide `CryptoProvider`. If none is
    /// installed yet, this method installs the one of `ring` for the whole process. A program that wants a different
    /// one must call its `install_default` before this method; afterwards, that call fails.
    ///
    /// # Errors
    ///
    /// Returns [`ClusterError::Unavailable`] if Redis cannot be reached now, and [`ClusterError::Configuration`] if it
    /// cannot be used as it is configured.
    #[cfg(feature = "redis")]
    pub async fn redis(options: impl Into<RedisOptions>) -> Result<Self, ClusterError> {
        let backend = RedisBackend::connect(options.into()).await?;
        let cluster = Self::over(Arc::new(backend));
        // Callers that only send may do so from a thread without a runtime.
        cluster.tasks().adopt_runtime();
        Ok(cluster)
    }

    /// Returns the state of the connection to the other nodes.
    ///
    /// ```
    /// use ws_core::{Cluster, ClusterStatus};
    ///
    /// assert_eq!(Cluster::in_memory().status(), ClusterStatus::Up);
    /// ```
    pub fn status(&self) -> ClusterStatus {
        self.node.backend.status().borrow().clone()
    }

    /// Returns what waits on this node until other nodes can be reached again.
    ///
    /// While the status is [`ClusterStatus::Up`], nothing waits apart from what is being passed on at that moment.
    /// Sending is refused once the backlog exceeds the limit of `RedisOptions::with_outbox_bytes`. For monitoring, the
    /// feature `metrics` exports the same figures.
    ///
    /// ```
    /// assert_eq!(ws_core::Cluster::in_memory().backlog().messages, 0);
    /// ```
    pub fn backlog(&self) -> Backlog {
        self.node.backend.backlog()
    }

    /// Waits until the status differs from `known`, and returns it.
    ///
    /// This method is cancel safe.
    pub async fn status_changed_from(&self, known: &ClusterStatus) -> ClusterStatus {
        let mut status = self.node.backend.status();
        let changed = status.wait_for(|status| status != known).await;
        changed.map_or(ClusterStatus::Closed, |status| status.clone())
    }

    /// Leaves the cluster, after passing on what the other nodes have not been given yet.
    ///
    /// It takes at most `deadline`, and also tells the other nodes that the members of this node are gone. Call it at
    /// the end of a program, after [`Server::shutdown`](crate::Server::shutdown): from the call on, sending to a
    /// channel is refused with [`SendError::Left`](crate::SendError::Left), and no more clients can be registered.
    ///
    /// Closing takes no longer than necessary, which is usually milliseconds. It takes much of the deadline only while
    /// Redis is unreachable, so a safe deadline is five seconds longer than a failover takes: the
    /// `cluster-node-timeout` of a Redis Cluster (15 s by default), or the `down-after-milliseconds` of Sentinels (30 s
    /// by default). Whatever kills the program when it takes too long has to allow for both the server's shutdown and
    /// this.
    ///
    /// # Errors
    ///
    /// Returns [`ClusterError::Unavailable`] if the deadline was too short to pass everything on and to leave. The node
    /// keeps trying for as long as the runtime lives in which this was called, and calling this method again waits for
    /// it. If the program ends before that, what the other nodes have not been given is lost, their clients are not
    /// told, and the users of this node remain listed until its lease ends.
    ///
    /// Returns the same error without waiting if Redis refuses some of it, for example because its user may not write
    /// the keys of a channel. Then everything else was passed on, the node has left, and the error says how many
    /// messages are lost, and why.
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
                "not everything was passed on within {deadline:?}"
            )),
        };
        tracing::warn!(%error, "not everything was passed on");
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
