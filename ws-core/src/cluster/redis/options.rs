//! [`RedisOptions`]: where Redis is, and what may be chosen.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How nodes are connected by Redis: where it is, and what may be different from the defaults.
///
/// One server, a Redis Cluster, and servers that Sentinels watch are told apart by themselves. All nodes of an application
/// have the same options.
///
/// ```no_run
/// # async fn connect() -> Result<(), ws_core::ClusterError> {
/// use std::time::Duration;
/// use ws_core::{Cluster, RedisOptions};
///
/// let options = RedisOptions::new("rediss://chat:secret@redis.example.com:6379")
///     .with_prefix("chat")
///     .with_lease(Duration::from_secs(3));
/// let cluster = Cluster::redis(options).await?;
/// # Ok(())
/// # }
/// ```
#[doc = include_str!("../../docs/cluster.md")]
#[derive(Clone)]
#[must_use]
pub struct RedisOptions {
    pub(super) url: String,
    pub(super) ca: Option<Arc<[u8]>>,
    pub(super) prefix: String,
    pub(super) lease: Duration,
    pub(super) outbox: usize,
    pub(super) min_replicas: usize,
    pub(super) sentinels: Option<Sentinels>,
}

/// Who knows which server is the master.
#[derive(Debug, Clone)]
pub(super) struct Sentinels {
    pub(super) master: String,
    pub(super) addresses: Vec<String>,
}

impl RedisOptions {
    /// The server, or one server of a Redis Cluster: `redis://user:password@host:6379`, or `rediss://…` over TLS. Not
    /// with the number of a database, because what is published in one is heard in all: see
    /// [`with_prefix`](Self::with_prefix).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ca: None,
            prefix: "ws1".to_owned(),
            lease: Duration::from_secs(9),
            outbox: 8 * 1024 * 1024,
            min_replicas: 0,
            sentinels: None,
        }
    }

    /// The certificate authority of the servers, in PEM, where it is not one that the system trusts.
    pub fn with_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into().into());
        self
    }

    /// What every key and topic begins with (default: `ws1`). Applications that share a Redis have different ones. Braces
    /// are taken out: they mean something to Redis.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.replace(['{', '}'], "");
        self
    }

    /// How long a node that gives no sign of life counts as being there (default: 9 s; at least 300 ms, at most an hour). It
    /// gives three in this time, and one every ten seconds at least.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.clamp(Duration::from_millis(300), Duration::from_secs(3600));
        self
    }

    /// The most bytes of messages that a node keeps for other nodes while Redis is away (default: 8 MiB). Above that,
    /// sending to a channel is refused with [`Backpressure`](crate::SendError::Backpressure). What was accepted before is kept
    /// on top of it: at most 8 MiB for each channel. With 0 it is refused as soon as anything is kept.
    pub fn with_outbox_bytes(mut self, bytes: usize) -> Self {
        self.outbox = bytes.max(1);
        self
    }

    /// How many replicas of its master must have a message before it counts as sent (default: 0, which waits for none and
    /// costs nothing). What a master alone has is lost when a replica takes over, and nobody can tell those who have not seen
    /// it; what this many replicas have is not. All nodes of an application say the same.
    ///
    /// A message that too few replicas have after half a second is kept by its node, as while Redis is away: within
    /// [`with_outbox_bytes`](Self::with_outbox_bytes), in order, given to the members on that node at once, and tried again until the
    /// replicas have it, if need be at the master that has taken over. What is sent to the channel behind it waits.
    /// [`Cluster::status`](crate::Cluster::status) says which master has too few replicas, from the beginning on.
    ///
    /// Name as many replicas as each master has, where a failover is to lose nothing: with fewer, one may be away without
    /// holding anything up, but Redis may also choose one that lags. Channels without history are not waited for, nor is who
    /// is there: nodes tell that again.
    ///
    /// A message reaches the members of other nodes no later than without this; only the next one of its channel waits for
    /// the replicas, together with what else is sent meanwhile. A node holds one connection more to each master.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), ws_core::ClusterError> {
    /// use ws_core::{Cluster, ClusterStatus, RedisOptions};
    ///
    /// let options = RedisOptions::new("redis://redis.example.com:6379").with_min_replicas(1);
    /// let cluster = Cluster::redis(options).await?;
    /// if let ClusterStatus::Degraded { why, .. } = cluster.status() {
    ///     eprintln!("{why}"); // "replicas of redis.example.com:6379: 0 of 1 …"
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_min_replicas(mut self, replicas: usize) -> Self {
        // Redis takes no higher number.
        self.min_replicas = replicas.min(i32::MAX as usize);
        self
    }

    /// Asks Sentinels at these addresses (`host:port`) where the master of this name is. The URL then gives the credentials
    /// of the master, and the address in it is not used. The Sentinels are asked over TLS where the URL begins with
    /// `rediss://`, and without credentials.
    pub fn with_sentinels(
        mut self,
        master: &str,
        addresses: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.sentinels = Some(Sentinels {
            master: master.to_owned(),
            addresses: addresses.into_iter().map(Into::into).collect(),
        });
        self
    }
}

impl From<&str> for RedisOptions {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for RedisOptions {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for RedisOptions {
    // Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("prefix", &self.prefix)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
