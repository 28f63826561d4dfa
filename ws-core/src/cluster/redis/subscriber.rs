//! The subscriptions: for each server a connection that is used for nothing else, and a supervisor that trusts it as long as
//! it has reason to. On any doubt it asks anew who owns what, connects, subscribes, waits for every confirmation, and has
//! every channel look into its log for what was missed meanwhile. It does so for as long as it takes.

use std::collections::HashMap;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::backoff::Backoff;
use super::connector::Address;
use super::ear::{Ear, listener};
use super::failure::Failure;
use super::feed::Feed;
use super::keys::Partition;
use super::node::Node;

/// How long the confirmation of subscriptions may take.
const CONFIRM: Duration = Duration::from_secs(2);

/// How often a connection has to prove that it hears.
const PROBE: Duration = Duration::from_millis(400);

/// How long it may take until it does.
const UNHEARD: Duration = Duration::from_millis(600);

/// How many topics are subscribed to at once.
const BATCH: usize = 512;

/// The supervisors, by the servers that they watch.
#[derive(Default)]
pub(super) struct Subscriber {
    supervisors: Mutex<HashMap<Address, UnboundedSender<Order>>>,
}

/// What a supervisor is told. There are no more orders than channels come and go.
pub(super) enum Order {
    Follow(Arc<Feed>),
    Leave(Arc<Feed>),
    Distrust,
}

impl Subscriber {
    /// Sees to it that a feed gets what is published.
    pub(super) fn follow(&self, node: &Arc<Node>, feed: Arc<Feed>) {
        let partition = feed.keys.partition;
        // Where nobody owns the partition at the moment, somebody who is asked anew will know.
        let owner = node
            .topology
            .owner(partition)
            .or_else(|| node.topology.addresses().into_iter().next());
        if let Some(owner) = owner {
            self.tell(node, owner, Order::Follow(feed));
        }
    }

    /// Ends that, wherever it is: its slot may be on the way from one server to another. Whoever is told to follow it after this
    /// finds that nobody wants it.
    pub(super) fn leave(&self, feed: &Arc<Feed>) {
        for supervisor in self.supervisors().values() {
            drop(supervisor.send(Order::Leave(Arc::clone(feed))));
        }
    }

    /// Begins the subscriptions of a feed's server anew.
    pub(super) fn distrust(&self, node: &Arc<Node>, feed: &Feed) {
        if let Some(server) = feed.subscribed_at() {
            self.tell(node, server, Order::Distrust);
        }
    }

    pub(super) fn supervisors(&self) -> MutexGuard<'_, HashMap<Address, UnboundedSender<Order>>> {
        let supervisors = self.supervisors.lock();
        supervisors.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, node: &Arc<Node>, address: Address, order: Order) {
        let mut supervisors = self.supervisors();
        let supervisor = supervisors.entry(address.clone()).or_insert_with(|| {
            let (orders, receiver) = unbounded_channel();
            node.start(Supervisor::new(node, address, receiver).run());
            orders
        });
        // A supervisor that ends before its node was forgotten before.
        drop(supervisor.send(order));
    }

    /// The next order of a supervisor that follows nothing. Where there is none it is forgotten, for its server may be gone.
    fn next_order(
        &self,
        address: &Address,
        orders: &mut UnboundedReceiver<Order>,
    ) -> Option<Order> {
        let mut supervisors = self.supervisors();
        let order = orders.try_recv().ok();
        if order.is_none() {
            supervisors.remove(address);
        }
        order
    }
}

/// Watches over the subscriptions at one server.
pub(super) struct Supervisor {
    node: Weak<Node>,
    address: Address,
    pub(super) orders: UnboundedReceiver<Order>,
    /// What is to be subscribed to. Nobody else changes it.
    feeds: Followed,
}

/// Feeds by their topics.
pub(super) type Followed = Arc<RwLock<HashMap<String, Arc<Feed>>>>;

impl Supervisor {
    pub(super) fn new(
        node: &Arc<Node>,
        address: Address,
        orders: UnboundedReceiver<Order>,
    ) -> Self {
        Self {
            node: Arc::downgrade(node),
            address,
            orders,
            feeds: Followed::default(),
        }
    }

    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
        loop {
            while self.feeds().is_empty() {
                let Some(node) = self.node.upgrade() else {
                    return;
                };
                let next = node.subscriber.next_order(&self.address, &mut self.orders);
                let Some(order) = next else { return };
                self.obey(&node, order);
            }
            let Some(node) = self.node.upgrade() else {
                return;
            };
            let begun = Instant::now();
            let failure = self.listen(&node).await;
            for feed in self.feeds().values() {
                feed.unsubscribed();
            }
            let component = format!("subscriptions at {}", self.address);
            if self.feeds().is_empty() {
                node.status.is_well(&component);
                continue;
            }
            node.status.is_ill(&component, &failure.to_string());
            tracing::debug!(address = %self.address, %failure, "restarting the subscriptions");
            if begun.elapsed() > Duration::from_secs(5) {
                backoff.reset();
            }
            sleep(backoff.next()).await;
            node.topology.refresh().await;
            self.hand_over(&node);
            if self.feeds().is_empty() {
                node.status.is_well(&component);
            }
        }
    }

    /// Gives away what another server owns by now.
    pub(super) fn hand_over(&mut self, node: &Arc<Node>) {
        let here = self.address.clone();
        let elsewhere: Vec<_> = self
            .feeds_mut()
            .extract_if(|_, feed| {
                let owner = node.topology.owner(feed.keys.partition);
                owner.is_some_and(|owner| owner != here)
            })
            .collect();
        for (_, feed) in elsewhere {
            node.subscriber.follow(node, feed);
        }
    }

    /// Takes an order. Returns the feed that it adds.
    pub(super) fn obey(&mut self, node: &Node, order: Order) -> Option<Arc<Feed>> {
        match order {
            // It may have been left while another supervisor handed it over.
            Order::Follow(feed) if !node.feeds.have(&feed) => None,
            Order::Follow(feed) => {
                let topic = feed.keys.topic.clone();
                let was = self.feeds_mut().insert(topic, Arc::clone(&feed));
                // A channel that is taken up again before it was left has another feed.
                if let Some(was) = was.filter(|was| !Arc::ptr_eq(was, &feed)) {
                    was.unsubscribed();
                }
                Some(feed)
            }
            Order::Leave(feed) => {
                if self.follows(&feed) {
                    self.feeds_mut().remove(&feed.keys.topic);
                }
                // Nobody has to read its log any more.
                feed.unsubscribed();
                None
            }
            Order::Distrust => None,
        }
    }

    /// Whether this very feed is followed, and not another one of the same channel, which was taken up again.
    pub(super) fn follows(&self, feed: &Arc<Feed>) -> bool {
        let feeds = self.feeds();
        let known = feeds.get(&feed.keys.topic);
        known.is_some_and(|known| Arc::ptr_eq(known, feed))
    }

    /// Subscribes and stays until there is a reason to begin anew, which is returned.
    async fn listen(&mut self, node: &Arc<Node>) -> Failure {
        let ear = Arc::new(Ear::new(node, Arc::clone(&self.feeds)));
        let listened = self.listen_with(node, &ear).await;
        ear.close();
        match listened {
            Ok(()) => Failure::Away("there is nothing left to subscribe to".to_owned()),
            Err(failure) => failure,
        }
    }

    async fn listen_with(&mut self, node: &Arc<Node>, ear: &Arc<Ear>) -> Result<(), Failure> {
        let mut connection = node
            .connector
            .connect(&self.address, Some(listener(ear)))
            .await?;
        let feeds: Vec<_> = self.feeds().values().cloned().collect();
        let partition = feeds
            .first()
            .map_or(Partition::FIRST, |feed| feed.keys.partition);
        let probe = node.keys.probe(partition, &node.name().to_string());
        ear.expect_probe(&probe);
        node.subscribe(&mut connection, &[&probe]).await?;
        self.subscribe(node, &mut connection, &feeds).await?;
        node.status
            .is_well(&format!("subscriptions at {}", self.address));
        let mut ticks = interval(PROBE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut probing: Option<BoxFuture<'_, bool>> = None;
        // Since when Redis has published a probe that was not heard.
        let mut unheard: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                reason = ear.trouble() => return Err(Failure::Away(reason)),
                order = self.orders.recv() => {
                    let Some(order) = order else { return Ok(()) };
                    let mut new = Vec::new();
                    let mut orders = vec![order];
                    while let Ok(order) = self.orders.try_recv() {
                        orders.push(order);
                    }
                    let is_distrusted = orders.iter().any(|order| matches!(order, Order::Distrust));
                    for order in orders {
                        if let Order::Leave(feed) = &order
                            && self.follows(feed)
                        {
                            node.unsubscribe(&mut connection, &feed.keys.topic);
                        }
                        new.extend(self.obey(node, order));
                    }
                    if self.feeds().is_empty() {
                        return Ok(());
                    }
                    if is_distrusted {
                        return Err(Failure::Away("messages were missing".to_owned()));
                    }
                    // Some may have been left again by an order behind the one that took them up.
                    new.retain(|feed| self.feeds().contains_key(&feed.keys.topic));
                    self.subscribe(node, &mut connection, &new).await?;
                }
                _ = ticks.tick(), if probing.is_none() => {
                    if ear.heard_probe() {
                        unheard = None;
                    } else if unheard.is_some_and(|since| since.elapsed() >= UNHEARD) {
                        return Err(Failure::Away("published messages do not arrive".to_owned()));
                    }
                    probing = Some(node.probe(partition, probe.clone()).boxed());
                }
                published = async { match &mut probing { Some(probing) => probing.await, None => std::future::pending().await } } => {
                    probing = None;
                    unheard = unheard.or_else(|| published.then(Instant::now));
                }
            }
        }
    }

    fn feeds(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Feed>>> {
        self.feeds.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn feeds_mut(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<Feed>>> {
        self.feeds.write().unwrap_or_else(PoisonError::into_inner)
    }

    async fn subscribe(
        &self,
        node: &Arc<Node>,
        connection: &mut MultiplexedConnection,
        feeds: &[Arc<Feed>],
    ) -> Result<(), Failure> {
        for batch in feeds.chunks(BATCH) {
            let topics: Vec<&str> = batch.iter().map(|feed| feed.keys.topic.as_str()).collect();
            node.subscribe(connection, &topics).await?;
            for feed in batch {
                node.satisfy(feed, feed.subscribed(&self.address));
            }
        }
        Ok(())
    }
}

impl Node {
    /// Subscribes, and waits for every confirmation.
    async fn subscribe(
        &self,
        connection: &mut MultiplexedConnection,
        topics: &[&str],
    ) -> Result<(), Failure> {
        let mut pipeline = redis::pipe();
        for topic in topics {
            pipeline.cmd(self.words.subscribe).arg(topic);
        }
        let subscribing = connection.send_packed_commands(&pipeline, 0, topics.len());
        let answers = timeout(CONFIRM, subscribing)
            .await
            .map_err(|_| Failure::timeout("a subscription"))??;
        for answer in answers {
            answer.extract_error()?;
        }
        Ok(())
    }

    /// Ends a subscription. Whether that is confirmed is of no interest.
    fn unsubscribe(&self, connection: &mut MultiplexedConnection, topic: &str) {
        let mut unsubscribe = cmd(self.words.unsubscribe);
        unsubscribe.arg(topic).set_no_response(true);
        let mut connection = connection.clone();
        self.start(async move {
            drop(timeout(CONFIRM, connection.send_packed_command(&unsubscribe)).await);
        });
    }

    /// Publishes a probe. Whether Redis has taken it.
    async fn probe(&self, partition: Partition, topic: String) -> bool {
        let mut publish = cmd(self.words.publish);
        publish.arg(topic).arg("");
        self.commands.call(partition, &publish).await.is_ok()
    }
}
