//! What this node tells again, because the others could not be told or Redis has lost it, and what it takes away of nodes that
//! are gone. Apart from the signs of life, which no server that hangs holds up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use redis::cmd;
use tokio::time::{sleep, timeout};

use super::enrol::{BATCH, LIFE, set_members};
use super::failure::Failure;
use super::frame;
use super::keys::{ChannelKeys, Partition};
use super::lease::NodeName;
use super::node::Node;
use super::reply;
use crate::cluster::Member;

/// After which part of its life a living node says again what Redis knows of its members.
const RENEWALS: u32 = 24;

/// The longest time between two looks at what is to be told, where nothing else is the matter.
const PERIOD: Duration = Duration::from_secs(10);

/// How long after the last member has left a channel it is looked whether Redis knows that still: a failover or a restart may
/// take back what happened shortly before it.
const LINGERING: Duration = if cfg!(test) {
    Duration::ZERO
} else {
    Duration::from_secs(10)
};

/// The time until another attempt.
const PAUSE: Duration = Duration::from_millis(250);

/// In words for people.
const COMPONENT: &str = "what other nodes know of the members of this one";

impl Node {
    /// Tells again what is to be told, for as long as the node lives.
    pub(super) async fn tell_again(self: Arc<Self>) {
        loop {
            // What is left of the dead does not keep those who live from being told of.
            let (told, reaped) = join(self.repeat(), self.reap_all()).await;
            match told.and(reaped) {
                Ok(()) => {
                    self.status.clear(COMPONENT);
                    // Whether it was called or not, it is time.
                    drop(timeout(PERIOD, self.presence.is_due.notified()).await);
                }
                Err(failure) => {
                    self.status.note_failure(COMPONENT, &failure.to_string());
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Tells what the others could not be told, and sees from time to time that it does not expire.
    pub(super) async fn repeat(&self) -> Result<(), Failure> {
        let (outdated, renewed, left) = {
            let mut state = self.presence.state();
            let renews = state.renewed.elapsed() >= LIFE / RENEWALS;
            if renews {
                state.renewed = Instant::now();
            }
            let names = |is_outdated| {
                let own = state.own.iter();
                let own = own.filter(move |(_, own)| own.is_outdated == is_outdated);
                own.map(|(channel, _)| channel.clone()).collect::<Vec<_>>()
            };
            let renewed = if renews { names(false) } else { Vec::new() };
            let left = state.left.iter();
            let left = left.filter(|(_, since)| since.elapsed() >= LINGERING);
            let left = left.map(|(channel, _)| channel.clone()).collect();
            let outdated = names(true);
            let me = state.me;
            let listed = renewed.iter().map(|name| (me, name.clone()));
            state.unlisted.extend(listed);
            (outdated, renewed, left)
        };
        let listing = self.list_all();
        let told = self.for_each(outdated, |channel, keys| async move {
            self.tell_all(&channel, &keys).await
        });
        // Where the members of channels are, another server may be well.
        let (listed, told) = join(listing, told).await;
        let renewed = self.for_each(renewed, |channel, keys| async move {
            self.renew_members(&channel, &keys).await
        });
        let renewed = renewed.await;
        let unlisted = self.for_each(left, |channel, keys| async move {
            self.unlist(&channel, &keys).await
        });
        let told = Failure::first_passing(told, renewed);
        let told = Failure::first_passing(told, listed);
        Failure::first_passing(told, unlisted.await)
    }

    /// Does something with channels: those of one partition one after the other, until their server is away, and partitions at
    /// the same time, for their servers are not all the same one.
    pub(super) async fn for_each<F>(
        &self,
        channels: Vec<String>,
        act: impl Fn(String, ChannelKeys) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let mut partitions: HashMap<Partition, Vec<(String, ChannelKeys)>> = HashMap::new();
        for channel in channels {
            let keys = self.keys.channel(&channel);
            partitions
                .entry(keys.partition)
                .or_default()
                .push((channel, keys));
        }
        let act = &act;
        let done = partitions.into_values().map(|channels| async move {
            let mut all = Ok(());
            for (channel, keys) in channels {
                let done = act(channel, keys).await;
                // One that is refused says nothing of the others.
                let is_away = done.as_ref().is_err_and(|failure| !failure.is_refusal());
                all = Failure::first_passing(all, done);
                if is_away {
                    break;
                }
            }
            all
        });
        let done = join_all(done).await.into_iter();
        done.fold(Ok(()), Failure::first_passing)
    }

    /// Tells the others everything that this node knows of its members in a channel. Nobody who is there seems to be gone
    /// meanwhile, to whoever reads it.
    async fn tell_all(&self, channel: &str, keys: &ChannelKeys) -> Result<(), Failure> {
        let _turn = self.enrolling(keys.partition).write().await;
        let (me, members) = {
            let state = self.presence.state();
            let Some(own) = state.own.get(channel).filter(|own| own.is_outdated) else {
                return Ok(());
            };
            let members: Vec<Member> = own.members.values().cloned().collect();
            (state.me, members)
        };
        let doubt = self.presence.doubt(channel, me);
        self.list(me, channel).await;
        let told = self.listed(me, keys).await?;
        let key = keys.members(&me.to_string());
        for batch in members.chunks(BATCH) {
            let set = set_members(&key, batch);
            self.commands.call(keys.partition, &set).await?;
        }
        let here: HashSet<Vec<u8>> = members.iter().map(field).collect();
        let gone: Vec<&Vec<u8>> = told.difference(&here).collect();
        for batch in gone.chunks(BATCH) {
            let mut delete = cmd("HDEL");
            delete.arg(&key).arg(batch);
            self.commands.call(keys.partition, &delete).await?;
        }
        let mut pipeline = redis::pipe();
        if members.is_empty() {
            pipeline.cmd("SREM").arg(&keys.nodes).arg(me.to_string());
        } else {
            pipeline.cmd("SADD").arg(&keys.nodes).arg(me.to_string());
            let life = LIFE.as_millis() as u64;
            pipeline.cmd("PEXPIRE").arg(&key).arg(life);
            pipeline.cmd("PEXPIRE").arg(&keys.nodes).arg(life);
        }
        // Skips a number, so that the others read everything anew.
        pipeline.cmd("INCR").arg(&keys.version);
        self.announce(me, keys, &pipeline, &[]).await?;
        doubt.end();
        self.forget_empty(channel);
        Ok(())
    }

    /// Keeps what Redis knows of this node's members in a channel from expiring, and looks whether it is everything.
    async fn renew_members(&self, channel: &str, keys: &ChannelKeys) -> Result<(), Failure> {
        let me = self.name();
        let life = LIFE.as_millis() as u64;
        let mut pipeline = redis::pipe();
        for key in [&keys.members(&me.to_string()), &keys.nodes, &keys.version] {
            pipeline.cmd("PEXPIRE").arg(key).arg(life);
        }
        self.commands.calls(keys.partition, &pipeline).await?;
        self.look_for_own(channel, keys).await
    }

    /// Looks whether Redis knows of this node's members in a channel what it was told: it may have gone back behind that, by
    /// a failover or a restart. Where it does not, it is told again.
    pub(super) async fn look_for_own(
        &self,
        channel: &str,
        keys: &ChannelKeys,
    ) -> Result<(), Failure> {
        let _turn = self.enrolling(keys.partition).write().await;
        let (me, here): (NodeName, HashSet<Vec<u8>>) = {
            let state = self.presence.state();
            let own = state.own.get(channel);
            if own.is_some_and(|own| own.is_outdated) {
                return Ok(());
            }
            let here = own.into_iter().flat_map(|own| own.members.values());
            (state.me, here.map(field).collect())
        };
        let mut nodes = cmd("SMEMBERS");
        nodes.arg(&keys.nodes);
        let nodes = self.commands.call(keys.partition, &nodes).await?;
        let is_there = reply::nodes(nodes).is_some_and(|nodes| nodes.contains(&me));
        // A node without members is not to be there.
        if is_there == here.is_empty() || self.listed(me, keys).await? != here {
            tracing::debug!(
                channel,
                "Redis has lost members of this node, which are reported again"
            );
            self.presence.tell_later(channel);
        }
        Ok(())
    }

    /// Takes a channel in which this node has nobody any more from those in which it may have members.
    async fn unlist(&self, channel: &str, keys: &ChannelKeys) -> Result<(), Failure> {
        self.look_for_own(channel, keys).await?;
        let me = {
            let mut state = self.presence.state();
            if state.own.contains_key(channel) {
                state.left.remove(channel);
                return Ok(());
            }
            let me = state.me;
            state.unlisted.remove(&(me, channel.to_owned()));
            me
        };
        let mut remove = cmd("SREM");
        remove
            .arg(self.keys.channels_of(&me.to_string()))
            .arg(channel);
        self.commands.call(Partition::FIRST, &remove).await?;
        let came = {
            let mut state = self.presence.state();
            state.left.remove(channel);
            state.own.contains_key(channel)
        };
        if came {
            // A member has come meanwhile, and may have been noted before the removal: it is noted again, without being waited for.
            self.presence.list_later(me, channel);
        }
        Ok(())
    }

    /// The members of a node that Redis knows, by their fields.
    async fn listed(
        &self,
        node: NodeName,
        keys: &ChannelKeys,
    ) -> Result<HashSet<Vec<u8>>, Failure> {
        let mut listed = HashSet::new();
        self.scan_members(keys, node, |field, _| {
            listed.insert(field);
        })
        .await?;
        Ok(listed)
    }

    /// Takes away what nodes have left behind that are gone.
    async fn reap_all(&self) -> Result<(), Failure> {
        let ended: Vec<NodeName> = self.presence.state().ended.iter().copied().collect();
        let reaped = ended.into_iter().map(|node| async move {
            self.reap(node).await?;
            self.presence.state().ended.remove(&node);
            Ok(())
        });
        join_all(reaped).await.into_iter().collect()
    }

    /// Takes away what a node has left behind. Another node may do the same at the same time.
    async fn reap(&self, node: NodeName) -> Result<(), Failure> {
        self.take_members_of(node).await?;
        let mut end = cmd("ZREM");
        end.arg(self.keys.leases()).arg(node.to_string());
        self.commands.call(Partition::FIRST, &end).await?;
        Ok(())
    }

    /// Takes away what Redis knows of a node's members.
    pub(super) async fn take_members_of(&self, node: NodeName) -> Result<(), Failure> {
        let name = node.to_string();
        let list = self.keys.channels_of(&name);
        let mut channels = cmd("SMEMBERS");
        channels.arg(&list);
        let channels = self.commands.call(Partition::FIRST, &channels).await?;
        let channels = reply::array(channels).unwrap_or_default();
        let channels = channels.into_iter().filter_map(reply::text).collect();
        let taken = self.for_each(channels, |_, keys| {
            let mut pipeline = redis::pipe();
            pipeline.cmd("UNLINK").arg(keys.members(&name));
            pipeline.cmd("SREM").arg(&keys.nodes).arg(&name);
            async move {
                self.commands.calls(keys.partition, &pipeline).await?;
                Ok(())
            }
        });
        taken.await?;
        let mut end = cmd("DEL");
        end.arg(&list);
        self.commands.call(Partition::FIRST, &end).await?;
        Ok(())
    }
}

fn field(member: &Member) -> Vec<u8> {
    frame::member_field(member.connection).into_bytes()
}
