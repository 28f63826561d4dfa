//! [`RedisOptions`]: where Redis is, and what may be chosen.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How to connect nodes through Redis: the address, and the settings that differ from the defaults.
///
/// A single server, a Redis Cluster, and servers that are watched by Sentinels are all supported; a Redis Cluster is
/// recognized automatically, and Sentinels are named with [`with_sentinels`](Self::with_sentinels). Use the same
/// options on all nodes of an application.
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
    pub(super) sentinels: Option<SentinelOptions>,
}

/// The Sentinels, which know the server that is the master of this name.
#[derive(Debug, Clone)]
pub(super) struct SentinelOptions {
    pub(super) master: String,
    pub(super) addresses: Vec<String>,
}

impl RedisOptions {
    /// Creates options for a Redis server, or for any server of a Redis Cluster.
    ///
    /// The URL has the form `redis://user:password@host:6379`, or `rediss://…` for TLS. It must not select a database,
    /// because what is published in one database is heard in all of them: use [`with_prefix`](Self::with_prefix)
    /// instead.
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

    /// Sets the certificate authority of the servers, in PEM, if it is not one that the system trusts.
    pub fn with_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into().into());
        self
    }

    /// Sets the prefix of every key and topic. The default is `ws1`.
    ///
    /// Applications that share a Redis need different prefixes. Braces are removed, because Redis gives them a meaning.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.replace(['{', '}'], "");
        self
    }

    /// Sets how long a node that shows no sign of life still counts as present. The default is 9 s, the minimum 300 ms,
    /// and the maximum one hour.
    ///
    /// A node shows a sign of life three times within this period, and at least every ten seconds.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.clamp(Duration::from_millis(300), Duration::from_secs(3600));
        self
    }

    /// Sets the maximum number of bytes of messages that a node keeps for other nodes while Redis is unreachable. The
    /// default is 8 MiB.
    ///
    /// Above the limit, sending to a channel fails with [`Backpressure`](crate::SendError::Backpressure). What was
    /// accepted before is kept in addition, at most 8 MiB for each channel. With 0, sending fails as soon as anything
    /// is kept.
    pub fn with_outbox_bytes(mut self, bytes: usize) -> Self {
        self.outbox = bytes.max(1);
        self
    }

    /// Sets how many replicas of a master must have a message before it counts as sent. The default is 0, which waits
    /// for no replica and costs nothing.
    ///
    /// When a replica takes over, what only the old master has is lost, and clients are told with a gap. What this many
    /// replicas have is not lost. Use the same number on all nodes of an application.
    ///
    /// If too few replicas have a message after half a second, its node keeps it, as it does while Redis is
    /// unreachable: within [`with_outbox_bytes`](Self::with_outbox_bytes) and in order. The members on that node
    /// receive it immediately, and the node retries until the replicas have it, if necessary with the master that has
    /// taken over. What is sent to the channel afterwards waits. [`Cluster::status`](crate::Cluster::status) says which
    /// master has too few replicas, right from the start.
    ///
    /// If a failover must lose nothing, set the number of replicas that each master has. With a lower number, a replica
    /// may be away without delaying anything, but Redis may also promote one that lags behind. Nodes do not wait for
    /// replicas in channels without history, nor with presence, which nodes report again anyway.
    ///
    /// Messages reach the members on other nodes as soon as they would without this setting; only the next message of
    /// the same channel waits for the replicas, together with whatever else is sent in the meantime. Each node opens
    /// one more connection to each master.
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

    /// Asks the Sentinels at these addresses (`host:port`) for the address of the master with this name.
    ///
    /// They are asked when a connection to the master is lost, and every second. If they disagree, the one that knows of the
    /// latest failover is believed.
    ///
    /// The URL then provides the credentials of the master, and the address in it is not used. The Sentinels are asked
    /// without credentials, and over TLS if the URL begins with `rediss://`.
    pub fn with_sentinels(
        mut self,
        master: &str,
        addresses: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.sentinels = Some(SentinelOptions {
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
