//! The supervisor of the subscriptions at one server: a connection that is used for nothing else, and trusted as long as there is
//! reason to. On any doubt, the supervisor looks up the owners, connects, subscribes, waits for every confirmation, and has every
//! channel read from its log what was missed meanwhile. It retries for as long as that takes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::cmd;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::backoff::Backoff;
use super::connector::Address;
use super::ear::{Ear, listener};
use super::failure::Failure;
use super::feed::Feed;
use super::keys::Partition;
use super::node::Node;
use super::subscriber::Instruction;

/// How long the confirmation of subscriptions may take.
const CONFIRM: Duration = Duration::from_secs(2);

/// How often a connection has to prove that it hears.
const PROBE: Duration = Duration::from_millis(400);

/// How long it may go unheard.
const UNHEARD: Duration = Duration::from_millis(600);

/// How many topics are subscribed to at once.
const BATCH: usize = 512;

/// Keeps up the subscriptions at one server.
pub(super) struct Supervisor {
    node: Weak<Node>,
    address: Address,
    pub(super) instructions: UnboundedReceiver<Instruction>,
    /// What is to be subscribed to. Only the supervisor changes it.
    feeds: Followed,
}

/// Feeds by their topics.
pub(super) type Followed = Arc<RwLock<HashMap<String, Arc<Feed>>>>;

impl Supervisor {
    pub(super) fn new(
        node: &Arc<Node>,
        address: Address,
        instructions: UnboundedReceiver<Instruction>,
    ) -> Self {
        Self {
            node: Arc::downgrade(node),
            address,
            instructions,
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
                let next = node
                    .subscriber
                    .next_instruction(&self.address, &mut self.instructions);
                let Some(instruction) = next else { return };
                self.obey(&node, instruction);
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
                node.status.clear(&component);
                continue;
            }
            node.status.note_failure(&component, &failure.to_string());
            tracing::debug!(address = %self.address, %failure, "restarting the subscriptions");
            if begun.elapsed() > Duration::from_secs(5) {
                backoff.reset();
            }
            sleep(backoff.next()).await;
            node.topology.refresh().await;
            self.hand_over(&node);
            if self.feeds().is_empty() {
                node.status.clear(&component);
            }
        }
    }

    /// Hands over the feeds that another server owns by now.
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

    /// Carries out an instruction. Returns the feed that it adds.
    pub(super) fn obey(&mut self, node: &Node, instruction: Instruction) -> Option<Arc<Feed>> {
        match instruction {
            // It was left while another supervisor handed it over.
            Instruction::Follow(feed) if !node.feeds.have(&feed) => None,
            Instruction::Follow(feed) => {
                let topic = feed.keys.topic.clone();
                let was = self.feeds_mut().insert(topic, Arc::clone(&feed));
                // A channel that is followed again before it was left has a new feed.
                if let Some(was) = was.filter(|was| !Arc::ptr_eq(was, &feed)) {
                    was.unsubscribed();
                }
                Some(feed)
            }
            Instruction::Leave(feed) => {
                if self.follows(&feed) {
                    self.feeds_mut().remove(&feed.keys.topic);
                }
                // Its log need not be read any more.
                feed.unsubscribed();
                None
            }
            Instruction::Distrust => None,
        }
    }

    /// Whether this very feed is followed, and not a newer one of the same channel.
    pub(super) fn follows(&self, feed: &Arc<Feed>) -> bool {
        let feeds = self.feeds();
        let known = feeds.get(&feed.keys.topic);
        known.is_some_and(|known| Arc::ptr_eq(known, feed))
    }

    /// Subscribes, and listens until there is a reason to begin again, which is returned.
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
            .clear(&format!("subscriptions at {}", self.address));
        let mut ticks = interval(PROBE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut probing: Option<BoxFuture<'_, bool>> = None;
        // Since when a probe has been published and not heard.
        let mut unheard: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                reason = ear.trouble() => return Err(Failure::Away(reason)),
                instruction = self.instructions.recv() => {
                    let Some(instruction) = instruction else { return Ok(()) };
                    let mut new = Vec::new();
                    let mut instructions = vec![instruction];
                    while let Ok(instruction) = self.instructions.try_recv() {
                        instructions.push(instruction);
                    }
                    let is_distrusted = instructions.iter().any(|instruction| matches!(instruction, Instruction::Distrust));
                    for instruction in instructions {
                        if let Instruction::Leave(feed) = &instruction
                            && self.follows(feed)
                        {
                            node.unsubscribe(&mut connection, &feed.keys.topic);
                        }
                        new.extend(self.obey(node, instruction));
                    }
                    if self.feeds().is_empty() {
                        return Ok(());
                    }
                    if is_distrusted {
                        return Err(Failure::Away("messages were missing".to_owned()));
                    }
                    // A later instruction may have ended what an earlier one began.
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

    /// Ends a subscription, without waiting for the confirmation.
    fn unsubscribe(&self, connection: &mut MultiplexedConnection, topic: &str) {
        let mut unsubscribe = cmd(self.words.unsubscribe);
        unsubscribe.arg(topic).set_no_response(true);
        let mut connection = connection.clone();
        self.start(async move {
            drop(timeout(CONFIRM, connection.send_packed_command(&unsubscribe)).await);
        });
    }

    /// Publishes a probe. Whether Redis has accepted it.
    async fn probe(&self, partition: Partition, topic: String) -> bool {
        let mut publish = cmd(self.words.publish);
        publish.arg(topic).arg("");
        self.commands.call(partition, &publish).await.is_ok()
    }
}
