//! The signs of life of this node, and what it concludes from those of others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::failure::Failure;
use super::keys::Partition;
use super::lease::{Heartbeat, NodeName};
use super::node::Node;
use super::presence::OtherNode;
use super::reply;
use super::script::HEARTBEAT;

/// The name in the status.
const COMPONENT: &str = "the lease of this node";

/// The longest time between two signs of life.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The longest time between two looks at a node whose lease is missing. Shorter spells in which Redis is usable do not count.
const SUSPICION: Duration = Duration::from_millis(500);

impl Node {
    /// Gives signs of life, and watches those of others, until the node leaves.
    pub(super) async fn live(self: Arc<Self>) {
        // How long Redis is known to have been usable since the last look at the others.
        let mut usable = Duration::ZERO;
        loop {
            let beat = {
                let _beat = self.beating.lock().await;
                if self.presence.state().is_leaving {
                    return self.status.clear(COMPONENT);
                }
                self.beat(usable).await
            };
            let pause = match beat {
                Ok(beat) => {
                    self.status.clear(COMPONENT);
                    usable = self.pause(&beat);
                    usable
                }
                Err(failure) => {
                    self.status.note_failure(COMPONENT, &failure.to_string());
                    usable = Duration::ZERO;
                    (self.options.lease / 3).min(Duration::from_millis(250))
                }
            };
            sleep(pause).await;
        }
    }

    /// Renews the lease of this node or takes a new one, and buries the nodes that are gone.
    async fn beat(&self, usable: Duration) -> Result<Heartbeat, Failure> {
        let me = self.name();
        let begun = Instant::now();
        let beat = self.renew(me, self.options.lease, false).await?;
        if !beat.was_held {
            self.lose_lease(me).await?;
        }
        for node in self.note_signs(&beat, begun, usable) {
            tracing::info!(%node, "a node is gone");
            for feed in self.feeds.all() {
                feed.bury(node);
            }
        }
        self.presence.note_ended(&beat.ended);
        Ok(beat)
    }

    /// The time until the next beat: right after the first lease that ends unless it is renewed, or when a node may turn out to be
    /// gone.
    fn pause(&self, beat: &Heartbeat) -> Duration {
        let (me, lease) = (self.name(), self.options.lease);
        let others = beat.alive.iter().filter(|(node, _)| node.id != me.id);
        let ends = others.map(|(_, left)| *left);
        let state = self.presence.state();
        let signs = state.seen.values();
        let gone = signs.filter_map(|seen| Some(seen.sign.gone_in(lease)?.min(SUSPICION)));
        let first = ends.chain(gone).min();
        let pause = (lease / 3).min(LONGEST_PAUSE);
        first.map_or(pause, |first| pause.min(first + Duration::from_millis(10)))
    }

    /// Takes the lease of this node's name.
    pub(super) async fn claim_lease(&self) -> Result<(), Failure> {
        self.take_lease(self.name(), self.options.lease).await
    }

    /// Takes a lease of this length, or renews it.
    pub(super) async fn take_lease(&self, name: NodeName, lease: Duration) -> Result<(), Failure> {
        self.renew(name, lease, true).await.map(drop)
    }

    async fn renew(
        &self,
        me: NodeName,
        lease: Duration,
        is_new: bool,
    ) -> Result<Heartbeat, Failure> {
        let lease = lease.as_millis().to_string();
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

    /// Goes on under a new name after the lease was lost, and tells everything again: the others may have buried the old one.
    async fn lose_lease(&self, me: NodeName) -> Result<(), Failure> {
        let next = NodeName {
            incarnation: me.incarnation + 1,
            ..me
        };
        // The lease comes first: the members of a node without one are not read.
        self.take_lease(next, self.options.lease).await?;
        {
            let mut state = self.presence.state();
            state.me = next;
            state.has_lost_lease = true;
            for own in state.own.values_mut() {
                own.is_listed = false;
                own.is_outdated = true;
            }
        }
        self.presence.is_due.notify_one();
        Ok(())
    }

    /// Notes which nodes gave a sign of life, and returns those that are gone.
    fn note_signs(&self, beat: &Heartbeat, begun: Instant, usable: Duration) -> Vec<NodeName> {
        let lease = self.options.lease;
        let alive: HashMap<NodeName, Duration> = beat.alive.iter().copied().collect();
        let mut state = self.presence.state();
        // An earlier name of this node is not another node.
        let me = state.me;
        for node in alive.keys().filter(|node| node.id != me.id) {
            state.seen.entry(*node).or_insert_with(OtherNode::now);
        }
        let has_lost_lease = std::mem::take(&mut state.has_lost_lease);
        let mut gone = Vec::new();
        for (node, seen) in &mut state.seen {
            seen.sign = match alive.get(node) {
                Some(left) => seen.sign.held(*left, usable, lease),
                // A node that came after the question is not in the answer.
                None if seen.first >= begun => continue,
                None => seen.sign.missing(has_lost_lease, usable),
            };
            if seen.sign.gone_in(lease) == Some(Duration::ZERO) {
                gone.push(*node);
            }
        }
        for node in &gone {
            state.seen.remove(node);
        }
        gone
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
