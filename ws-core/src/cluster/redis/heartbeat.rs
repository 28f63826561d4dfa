//! The signs of life of this node, and what it makes of those of others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::cmd;
use tokio::time::sleep;

use super::failure::Failure;
use super::keys::Partition;
use super::lease::{Heartbeat, NodeName};
use super::node::Node;
use super::reply;
use super::script::HEARTBEAT;

/// The longest time between two signs of life. What the others could not be told of this node's members is told then, too.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Node {
    /// Gives signs of life, and heeds those of others, for as long as the node lives.
    pub(super) async fn live(self: Arc<Self>) {
        loop {
            let pause = match self.beat().await {
                Ok(pause) => {
                    self.status.is_well("the lease of this node");
                    pause
                }
                Err(failure) => {
                    self.status
                        .is_ill("the lease of this node", &failure.to_string());
                    (self.options.lease / 3).min(Duration::from_millis(250))
                }
            };
            sleep(pause).await;
        }
    }

    async fn beat(&self) -> Result<Duration, Failure> {
        let me = self.name();
        let lease = self.options.lease;
        let begun = Instant::now();
        let beat = self.renew(me, false).await?;
        if !beat.was_held {
            self.lose_lease(me);
            self.claim_lease().await?;
        }
        let gone = self.note_signs(&beat, begun);
        for node in gone {
            tracing::info!(%node, "a node is gone");
            for feed in self.feeds.all() {
                feed.bury(node);
            }
        }
        for node in beat.ended.iter().filter(|node| **node != self.name()) {
            self.reap(*node).await?;
        }
        self.repeat().await?;
        // Right after the first lease ends that is not renewed until then.
        let first_end = beat
            .alive
            .iter()
            .filter(|(node, _)| node.id != me.id)
            .map(|(_, left)| *left + Duration::from_millis(10))
            .min();
        let pause = (lease / 3).min(LONGEST_PAUSE);
        Ok(first_end.map_or(pause, |end| end.min(pause)))
    }

    /// Takes up the lease of a new name.
    pub(super) async fn claim_lease(&self) -> Result<(), Failure> {
        self.renew(self.name(), true).await.map(drop)
    }

    async fn renew(&self, me: NodeName, is_new: bool) -> Result<Heartbeat, Failure> {
        let lease = self.options.lease.as_millis().to_string();
        let leases = self.keys.leases();
        let answer = self
            .commands
            .script(
                Partition::FIRST,
                &HEARTBEAT,
                &[&leases],
                &[
                    me.to_string().as_bytes(),
                    lease.as_bytes(),
                    if is_new { b"1" } else { b"0" },
                ],
            )
            .await?;
        Heartbeat::read(answer).ok_or_else(|| Failure::nonsense("a heartbeat"))
    }

    /// The others may have buried this node: it goes on under a new name, under which it tells everything again.
    fn lose_lease(&self, me: NodeName) {
        let mut state = self.presence.state();
        state.me = NodeName {
            incarnation: me.incarnation + 1,
            ..me
        };
        state.held_since = Instant::now();
        for own in state.own.values_mut() {
            own.is_listed = false;
            own.is_outdated = true;
        }
    }

    /// Whether other nodes, too, have had the time to take up a lease again that they had lost together with this one.
    pub(super) fn has_held_for_a_lease(&self) -> bool {
        self.presence.state().held_since.elapsed() >= self.options.lease
    }

    /// Notes who gave a sign of life, and returns who is gone.
    fn note_signs(&self, beat: &Heartbeat, begun: Instant) -> Vec<NodeName> {
        let mut state = self.presence.state();
        let now = Instant::now();
        let me = state.me;
        for (node, _) in &beat.alive {
            state.seen.insert(*node, now);
        }
        // Where this node's own lease was lost, that of others may have been lost in the same way.
        let is_sure = beat.was_held && state.held_since.elapsed() >= self.options.lease;
        let alive: HashSet<NodeName> = beat.alive.iter().map(|(node, _)| *node).collect();
        let gone: Vec<NodeName> = state
            .seen
            .iter()
            .filter(|(node, seen)| {
                // What this node was called before it lost its lease is not somebody who is gone.
                node.id != me.id
                    && !alive.contains(*node)
                    // Who came since this was asked is not in the answer.
                    && **seen < begun
                    && (is_sure || state.held_since.max(**seen).elapsed() >= self.options.lease)
            })
            .map(|(node, _)| *node)
            .collect();
        for node in &gone {
            state.seen.remove(node);
        }
        gone
    }

    /// Takes away what a node has left behind. Another node may do the same at the same time.
    pub(super) async fn reap(&self, node: NodeName) -> Result<(), Failure> {
        let name = node.to_string();
        let list = self.keys.channels_of(&name);
        let mut channels = cmd("SMEMBERS");
        channels.arg(&list);
        let channels = self.commands.call(Partition::FIRST, &channels).await?;
        for channel in reply::array(channels).unwrap_or_default() {
            let Some(channel) = reply::text(channel) else {
                continue;
            };
            let keys = self.keys.channel(&channel);
            let mut pipeline = redis::pipe();
            pipeline.cmd("UNLINK").arg(keys.members(&name));
            pipeline.cmd("SREM").arg(&keys.nodes).arg(&name);
            self.commands.calls(keys.partition, &pipeline).await?;
        }
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg(&list);
        pipeline.cmd("ZREM").arg(self.keys.leases()).arg(&name);
        self.commands.calls(Partition::FIRST, &pipeline).await?;
        Ok(())
    }

    /// The leases of all nodes, and whether they are held.
    pub(super) async fn leases(&self) -> Result<HashMap<NodeName, bool>, Failure> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("TIME");
        pipeline
            .cmd("ZRANGE")
            .arg(self.keys.leases())
            .arg(0)
            .arg(-1)
            .arg("WITHSCORES");
        let answers = self.commands.calls(Partition::FIRST, &pipeline).await?;
        read_leases(answers).ok_or_else(|| Failure::nonsense("ZRANGE"))
    }
}

fn read_leases(answers: Vec<redis::Value>) -> Option<HashMap<NodeName, bool>> {
    let mut answers = answers.into_iter();
    let time = reply::array(answers.next()?)?;
    let now = reply::integer(time.first()?)? * 1000 + reply::integer(time.get(1)?)? / 1000;
    let mut leases = HashMap::new();
    for pair in reply::array(answers.next()?)? {
        let mut pair = reply::array(pair)?.into_iter();
        let name = NodeName::parse(&reply::text(pair.next()?)?);
        let ends = reply::number(&pair.next()?)?;
        leases.extend(name.map(|name| (name, ends >= now as f64)));
    }
    Some(leases)
}
