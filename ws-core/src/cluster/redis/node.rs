use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, RwLock, watch};
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
use super::commands::Commands;
use super::connector::Connector;
use super::failure::Failure;
use super::feed::{Feed, Need};
use super::feeds::Feeds;
use super::follow::Order;
use super::frame;
use super::inspect;
use super::keys::{Keys, PARTITIONS, Partition};
use super::lease::NodeName;
use super::log::{self, Post};
use super::options::RedisOptions;
use super::orders;
use super::outbox::Outbox;
use super::presence::Presence;
use super::status::Status;
use super::subscriber::Subscriber;
use super::topology::{Kind, Topology};
use crate::cluster::{
    Backend, Backlog, ClusterStatus, Enrolment, Message, Recovery, Retention, Roll, Sink,
};
use crate::error::ClusterError;
use crate::metrics::ClusterMetrics;
use crate::protocol::Position;
use crate::tasks::Tasks;

/// How long a channel may take to open.
const OPEN: Duration = Duration::from_secs(5);

/// How long an answer waits for what this node has yet to hear.
pub(super) const CATCH_UP: Duration = Duration::from_secs(1);

/// One node, with everything that it knows.
pub(super) struct Node {
    pub(super) options: RedisOptions,
    pub(super) words: Words,
    pub(super) keys: Keys,
    pub(super) connector: Connector,
    pub(super) topology: Arc<Topology>,
    pub(super) commands: Commands,
    /// The same for what replicas must have.
    publications: Option<Commands>,
    pub(super) subscriber: Subscriber,
    pub(super) feeds: Feeds,
    pub(super) presence: Presence,
    /// For each partition, taken by those who tell of single changes, and alone by those who tell everything.
    enrolling: [RwLock<()>; PARTITIONS],
    /// Taken by who gives a sign of life.
    pub(super) beating: Mutex<()>,
    pub(super) outbox: Outbox,
    /// How many frames it has numbered.
    numbered: AtomicU64,
    pub(super) status: Arc<Status>,
    tasks: Tasks,
    #[cfg(test)]
    pub(super) faults: super::faults::Faults,
}

/// The commands of publishing. Those of shards also work on a server that is alone, and only they stay within a shard.
pub(super) struct Words {
    pub(super) publish: &'static str,
    pub(super) subscribe: &'static str,
    pub(super) unsubscribe: &'static str,
}

const SHARDED: Words = Words {
    publish: "SPUBLISH",
    subscribe: "SSUBSCRIBE",
    unsubscribe: "SUNSUBSCRIBE",
};

/// The backend of one node. What works for it ends when this is dropped.
pub(in crate::cluster) struct RedisBackend {
    node: Arc<Node>,
}

impl RedisBackend {
    /// Connects, and sees to it that everything is there that will be needed.
    pub(in crate::cluster) async fn connect(options: RedisOptions) -> Result<Self, ClusterError> {
        let (connector, address) = Connector::new(&options)?;
        let kind = match options.sentinels.clone() {
            Some(sentinels) => Kind::Sentinels(sentinels),
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
        let node = Arc::new(Node {
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
            outbox: Outbox::new(options.outbox, ClusterMetrics::new(&options.prefix)),
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
        node.start_weak(Node::live);
        node.start_weak(Node::tell_again);
        node.start_weak(Node::watch);
        node.start_weak(Node::watch_outbox);
        if let Some(publications) = &node.publications {
            node.look_at_replicas(publications).await;
            node.start_weak(Node::watch_replicas);
        }
        Ok(Self { node })
    }
}

#[cfg(test)]
impl RedisBackend {
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }
}

impl Drop for RedisBackend {
    fn drop(&mut self) {
        self.node.tasks.end_now();
    }
}

impl Node {
    pub(super) fn name(&self) -> NodeName {
        self.presence.me()
    }

    /// Whose turn it is to tell of members.
    pub(super) fn enrolling(&self, partition: Partition) -> &RwLock<()> {
        &self.enrolling[partition.index()]
    }

    /// The number of the next frame. What is published in one channel is numbered in its order.
    pub(super) fn next_number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// By what messages are published that are kept.
    pub(super) fn publications(&self) -> &Commands {
        self.publications.as_ref().unwrap_or(&self.commands)
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
                Need::Log(order) => self.start(node.read_log(feed, order)),
                Need::Roster => self.start(node.sync_roster(feed)),
                Need::Orders(missed) => self.start(node.read_orders(feed, missed)),
                Need::Patience(number) => self.start(async move {
                    sleep(orders::PATIENCE).await;
                    feed.lose_patience(number);
                }),
                Need::Distrust => self.subscriber.distrust(self, &feed),
                Need::Met(other) => self.presence.met(other),
            }
        }
    }

    async fn read_log(self: Arc<Self>, feed: Arc<Feed>, order: Order) {
        let reading = order.reading;
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
            let read = log::read(log, self.words.publish, beginning, order);
            match read.await {
                Ok(result) => {
                    self.status.is_well(&component);
                    let needs = feed.log_read(reading, result);
                    return self.satisfy(&feed, needs);
                }
                Err(Failure::Refused(reason)) => {
                    let reason = format!("{reason} (under the key `{}`)", feed.keys.log);
                    self.status.is_ill(&component, &reason);
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
        self.status.is_well(&component);
    }
}

impl Backend for RedisBackend {
    fn attach<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        sink: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>> {
        let node = &self.node;
        async move {
            let (feed, is_new) = node.feeds.add(channel, Weak::clone(&sink), || {
                Feed::new(channel.to_owned(), node.keys.channel(channel), retention)
            });
            if is_new {
                node.subscriber.follow(node, Arc::clone(&feed));
            }
            let opened = async {
                let at = feed.opened().await;
                feed.know_orders(node.last_orders(&feed.keys).await?);
                Ok::<_, Failure>(at)
            };
            let failure = match timeout(OPEN, opened).await {
                Ok(Ok(at)) => return Ok(at),
                Ok(Err(failure)) => failure.to_string(),
                Err(_) => node
                    .status
                    .why()
                    .unwrap_or_else(|| "the channel did not open in time".to_owned()),
            };
            feed.forget(&sink);
            self.detach(channel);
            Err(ClusterError::Unavailable(failure))
        }
        .boxed()
    }

    fn detach(&self, channel: &str) {
        // Not here: the feed may be in use, for this very sink.
        let (node, channel) = (Arc::clone(&self.node), channel.to_owned());
        self.node.start(async move {
            if let Some(feed) = node.feeds.remove_deserted(&channel) {
                node.subscriber.leave(&feed);
            }
        });
    }

    fn publish<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        self.node.publish(channel, retention, messages).boxed()
    }

    fn recover<'a>(
        &'a self,
        channel: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>> {
        async move { Ok(self.node.recover(channel, from).await?) }.boxed()
    }

    fn update<'a>(
        &'a self,
        channel: &'a str,
        changes: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        self.node.enrol(channel, changes).boxed()
    }

    fn members<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>> {
        self.node.roll(channel).boxed()
    }

    fn has_room(&self) -> bool {
        self.node.outbox.has_room()
    }

    fn backlog(&self) -> Backlog {
        self.node.outbox.backlog()
    }

    fn status(&self) -> watch::Receiver<ClusterStatus> {
        self.node.status.watch()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>> {
        async move {
            let refused = self.node.outbox.drained().await;
            let left = self.node.leave().await;
            self.node.status.close();
            self.node.tasks.end_now();
            if let Some(refused) = refused {
                return Err(refused.into());
            }
            left.map_err(|failure| {
                let why = format!("Redis refuses what other nodes are told of members: {failure}");
                ClusterError::Unavailable(why)
            })
        }
        .boxed()
    }
}
