//! [`Node`]: everything that one node has, and what it does when a feed needs something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, RwLock};
use tokio::time::sleep;

use super::acknowledged::Acknowledged;
use super::backoff::Backoff;
use super::commands::Commands;
use super::connector::Connector;
use super::failure::Failure;
use super::feed::{Feed, Need};
use super::feeds::Feeds;
use super::follow::ReadRequest;
use super::frame;
use super::inspect;
use super::keys::{Keys, PARTITIONS, Partition};
use super::lease::NodeName;
use super::log::{self, Post};
use super::options::RedisOptions;
use super::orders;
use super::outbox::NodeOutbox;
use super::presence::Presence;
use super::sentinels::Sentinels;
use super::status::Status;
use super::subscriber::Subscriber;
use super::topology::{Kind, Topology};
use crate::cluster::Message;
use crate::error::ClusterError;
use crate::metrics::ClusterMetrics;
use crate::tasks::Tasks;

/// How long an answer waits for what this node has yet to be told.
pub(super) const CATCH_UP: Duration = Duration::from_secs(1);

/// One node: its configuration, its connections, and what it knows of its channels and of other nodes.
pub(super) struct Node {
    pub(super) options: RedisOptions,
    pub(super) words: PublishCommands,
    pub(super) keys: Keys,
    pub(super) connector: Connector,
    pub(super) topology: Arc<Topology>,
    pub(super) commands: Commands,
    /// Calls whose effect replicas must have, where that is asked for.
    publications: Option<Commands>,
    pub(super) subscriber: Subscriber,
    pub(super) feeds: Feeds,
    pub(super) presence: Presence,
    /// One for each partition: shared by those who tell single changes of members, and exclusive to whoever tells all of them.
    enrolling: [RwLock<()>; PARTITIONS],
    /// Held while the lease is renewed.
    pub(super) beating: Mutex<()>,
    pub(super) outbox: NodeOutbox,
    pub(super) acknowledged: Acknowledged,
    /// How many frames were numbered.
    numbered: AtomicU64,
    pub(super) status: Arc<Status>,
    tasks: Tasks,
    #[cfg(test)]
    pub(super) faults: super::faults::Faults,
}

/// The commands of publishing. Those of shards also work on a server that is alone, and only they stay within a shard.
pub(super) struct PublishCommands {
    pub(super) publish: &'static str,
    pub(super) subscribe: &'static str,
    pub(super) unsubscribe: &'static str,
}

const SHARDED: PublishCommands = PublishCommands {
    publish: "SPUBLISH",
    subscribe: "SSUBSCRIBE",
    unsubscribe: "SUNSUBSCRIBE",
};

impl Node {
    /// Connects, makes sure that Redis offers everything that will be needed, and begins the work that goes on as long as the node.
    pub(super) async fn connect(options: RedisOptions) -> Result<Arc<Self>, ClusterError> {
        let (connector, address) = Connector::new(&options)?;
        let kind = match options.sentinels.clone() {
            Some(sentinels) => Kind::Sentinels(Box::new(Sentinels::new(&connector, sentinels))),
            None if inspect::server(&connector, &address).await? => Kind::Cluster(address),
            None => Kind::Single(address),
        };
        let topology = Topology::find(connector.clone(), kind)
            .await
            .map_err(inspect::refused)?;
        for address in topology.addresses() {
            inspect::server(&connector, &address).await?;
        }
        let topology = Arc::new(topology);
        let status = Arc::new(Status::new());
        let commands = Commands::new(
            connector.clone(),
            Arc::clone(&topology),
            Arc::clone(&status),
        );
        let publications =
            (options.min_replicas > 0).then(|| commands.waiting_for(options.min_replicas));
        let node = Arc::new(Self {
            words: SHARDED,
            keys: Keys::new(&options.prefix),
            connector,
            topology,
            commands,
            publications,
            subscriber: Subscriber::default(),
            feeds: Feeds::default(),
            presence: Presence::new(),
            enrolling: std::array::from_fn(|_| RwLock::default()),
            beating: Mutex::default(),
            outbox: NodeOutbox::new(options.outbox, ClusterMetrics::new(&options.prefix)),
            acknowledged: Acknowledged::default(),
            numbered: AtomicU64::new(0),
            status,
            tasks: Tasks::default(),
            options,
            #[cfg(test)]
            faults: super::faults::Faults::default(),
        });
        let owner = node.topology.owner(Partition::FIRST);
        if let Some(owner) = &owner {
            inspect::rights(
                &node.connector,
                owner,
                &node.keys,
                &node.name().to_string(),
                node.publications.is_some(),
            )
            .await?;
        }
        let claimed = node.claim_lease().await;
        claimed.map_err(|failure| inspect::not_written(failure, owner))?;
        node.tasks.adopt_runtime();
        node.start_weak(Self::live);
        node.start_weak(Self::tell_again);
        node.start_weak(Self::watch);
        node.start_weak(Self::watch_outbox);
        node.start_weak(Self::watch_acknowledged);
        node.start_weak(Self::watch_sentinels);
        if let Some(publications) = &node.publications {
            node.look_at_replicas(publications).await;
            node.start_weak(Self::watch_replicas);
        }
        Ok(node)
    }

    pub(super) fn name(&self) -> NodeName {
        self.presence.me()
    }

    /// Who may tell of members: see the field.
    pub(super) fn enrolling(&self, partition: Partition) -> &RwLock<()> {
        &self.enrolling[partition.index()]
    }

    /// The number of the next frame. What is published in one channel is numbered in its order.
    pub(super) fn next_number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The calls by which kept messages are published.
    pub(super) fn publications(&self) -> &Commands {
        self.publications.as_ref().unwrap_or(&self.commands)
    }

    /// Ends everything that works for the node.
    pub(super) fn end(&self) {
        self.tasks.end_now();
    }

    /// Starts a task that ends with the node.
    pub(super) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.start_until_end(task);
    }

    fn start_weak<F>(self: &Arc<Self>, task: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(task(Arc::clone(self)));
    }

    /// Does what a feed needs.
    pub(super) fn satisfy(self: &Arc<Self>, feed: &Arc<Feed>, needs: Vec<Need>) {
        for need in needs {
            let (node, feed) = (Arc::clone(self), Arc::clone(feed));
            match need {
                Need::Log(request) => self.start(node.read_log(feed, request)),
                Need::Roster => self.start(node.sync_roster(feed)),
                Need::Orders(missed) => self.start(node.read_orders(feed, missed)),
                Need::TellOverdue(number) => self.start(async move {
                    sleep(orders::PATIENCE).await;
                    feed.tell_overdue(number);
                }),
                Need::Distrust => self.subscriber.distrust(self, &feed),
                Need::NoteNode(other) => self.presence.note_met(other),
            }
        }
    }

    async fn read_log(self: Arc<Self>, feed: Arc<Feed>, request: ReadRequest) {
        let reading = request.reading;
        let component = format!("the log of {}", feed.channel);
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        while feed.awaits(reading) {
            let beginning = || {
                let frame = frame::encode_messages(self.name(), &[Message::Blank]);
                Post::new(log::random_mark(), frame, 1, feed.retention)
            };
            let server = feed.subscribed_at();
            let log = log::Log {
                commands: &self.commands,
                keys: &feed.keys,
                server: server.as_ref(),
            };
            let read = log::read(log, self.words.publish, beginning, request);
            match read.await {
                Ok(result) => {
                    self.status.clear(&component);
                    let needs = feed.log_read(reading, result);
                    return self.satisfy(&feed, needs);
                }
                Err(Failure::Refused(reason)) => {
                    let reason = format!("{reason} (under the key `{}`)", feed.keys.log);
                    self.status.note_failure(&component, &reason);
                }
                Err(failure) => {
                    if let Failure::Moved(_) = &failure {
                        self.subscriber.distrust(&self, &feed);
                    }
                    tracing::debug!(channel = feed.channel, %failure, "the log could not be read");
                }
            }
            sleep(backoff.next()).await;
        }
        // Another reading has begun, or nobody follows the channel any more.
        self.status.clear(&component);
    }
}
