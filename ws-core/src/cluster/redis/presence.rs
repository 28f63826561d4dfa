//! Who is in the channels: what this node tells the others of its members, and what it makes of their signs of life.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::cmd;
use tokio::time::sleep;

use super::failure::Failure;
use super::feed::Feed;
use super::frame;
use super::keys::{ChannelKeys, Partition};
use super::lease::{Heartbeat, NodeName};
use super::node::Node;
use super::reply;
use super::script::{ENROL, HEARTBEAT};
use crate::cluster::{Enrolment, Member};
use crate::protocol::ConnectionId;

/// How long what a node tells of its members lives, in case that all nodes die and nobody is left to bury them.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// After which part of it a living node says it again.
const RENEWALS: u32 = 24;

/// The most members that are told of at once.
const BATCH: usize = 256;

/// What this node knows of itself and of the others.
pub(super) struct Presence {
    state: Mutex<State>,
}

struct State {
    me: NodeName,
    /// Since when this node's lease is held.
    held_since: Instant,
    /// When other nodes gave their last sign of life.
    seen: HashMap<NodeName, Instant>,
    /// This node's members.
    own: HashMap<String, Own>,
    renewed: Instant,
}

/// This node's members of one channel.
#[derive(Default)]
struct Own {
    members: HashMap<ConnectionId, Member>,
    /// Whether Redis knows that this node has members in the channel.
    is_listed: bool,
    /// What Redis knows of the members is not what they are.
    is_outdated: bool,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                me: NodeName::random(),
                held_since: Instant::now(),
                seen: HashMap::new(),
                own: HashMap::new(),
                renewed: Instant::now(),
            }),
        }
    }

    pub(super) fn me(&self) -> NodeName {
        self.state().me
    }

    /// Another node was heard of.
    pub(super) fn met(&self, node: NodeName) {
        let mut state = self.state();
        if node.id != state.me.id {
            state.seen.entry(node).or_insert_with(Instant::now);
        }
    }

    fn seen(&self) -> impl Iterator<Item = NodeName> {
        let seen: Vec<NodeName> = self.state().seen.keys().copied().collect();
        seen.into_iter()
    }

    fn own_members(&self, channel: &str) -> Vec<Member> {
        let state = self.state();
        let own = state.own.get(channel).into_iter();
        own.flat_map(|own| own.members.values().cloned()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is in a channel, as it was read.
#[derive(Debug)]
pub(super) struct Census {
    pub(super) version: u64,
    pub(super) members: Vec<(NodeName, Member)>,
    /// Nodes of which nothing could be read, but which may be there all the same.
    pub(super) may_return: HashSet<NodeName>,
}

impl Own {
    /// Takes changes, and returns those that are any.
    fn take(&mut self, changes: Vec<Enrolment>) -> Vec<Enrolment> {
        changes
            .into_iter()
            .filter(|change| match change {
                Enrolment::Join(member) => self
                    .members
                    .insert(member.connection, member.clone())
                    .is_none(),
                Enrolment::Leave(connection) => self.members.remove(connection).is_some(),
                Enrolment::Replace(_) => true,
            })
            .collect()
    }
}

impl Node {
    /// Tells the others who comes and leaves; where that is not possible, they will be told later.
    pub(super) async fn enrol(&self, channel: &str, changes: Vec<Enrolment>) {
        let _turn = self.enrolling.read().await;
        let (me, changes, is_listed, is_outdated) = {
            let mut state = self.presence.state();
            let me = state.me;
            let own = state.own.entry(channel.to_owned()).or_default();
            let changes = own.take(changes);
            (me, changes, own.is_listed, own.is_outdated)
        };
        if changes.is_empty() {
            return;
        }
        let keys = self.keys.channel(channel);
        let told = async {
            if is_outdated {
                return Err(Failure::Away("earlier changes are still to be told".into()));
            }
            if !is_listed {
                self.list(me, channel).await?;
            }
            self.tell(me, &keys, &changes).await
        };
        match told.await {
            Ok(()) => self.forget_empty(channel),
            Err(failure) => {
                tracing::debug!(channel, %failure, "the others are told later who came or left");
                if let Some(own) = self.presence.state().own.get_mut(channel) {
                    own.is_outdated = true;
                }
                if let Some(feed) = self.feeds.get(channel) {
                    feed.enrol_here(me, changes);
                }
            }
        }
    }

    fn forget_empty(&self, channel: &str) {
        let mut state = self.presence.state();
        if state
            .own
            .get(channel)
            .is_some_and(|own| own.members.is_empty() && !own.is_outdated)
        {
            state.own.remove(channel);
        }
    }

    /// Notes in Redis that this node has members in a channel, so that others can take them away when it is gone.
    async fn list(&self, me: NodeName, channel: &str) -> Result<(), Failure> {
        let key = self.keys.channels_of(&me.to_string());
        let mut pipeline = redis::pipe();
        pipeline.cmd("SADD").arg(&key).arg(channel);
        pipeline
            .cmd("PEXPIRE")
            .arg(&key)
            .arg(LIFE.as_millis() as u64);
        self.commands.calls(Partition::FIRST, &pipeline).await?;
        if let Some(own) = self.presence.state().own.get_mut(channel) {
            own.is_listed = true;
        }
        Ok(())
    }

    async fn tell(
        &self,
        me: NodeName,
        keys: &ChannelKeys,
        changes: &[Enrolment],
    ) -> Result<(), Failure> {
        let name = me.to_string();
        let members = keys.members(&name);
        let life = LIFE.as_millis().to_string();
        let frame = frame::encode_enrolments(me, changes);
        let pairs: Vec<(String, Vec<u8>)> = changes
            .iter()
            .filter_map(|change| match change {
                Enrolment::Join(member) => Some((
                    frame::member_field(member.connection),
                    frame::member_value(member),
                )),
                Enrolment::Leave(connection) => {
                    Some((frame::member_field(*connection), Vec::new()))
                }
                Enrolment::Replace(_) => None,
            })
            .collect();
        let mut arguments: Vec<&[u8]> = vec![
            name.as_bytes(),
            self.words.publish.as_bytes(),
            life.as_bytes(),
            &frame,
        ];
        for (field, value) in &pairs {
            arguments.extend([field.as_bytes(), value]);
        }
        let script_keys = [members.as_str(), &keys.nodes, &keys.version, &keys.topic];
        self.commands
            .script(keys.partition, &ENROL, &script_keys, &arguments)
            .await?;
        Ok(())
    }

    /// Tells the others everything that this node knows of its members in a channel.
    async fn tell_all(&self, channel: &str) -> Result<(), Failure> {
        let me = self.name();
        let keys = self.keys.channel(channel);
        let members = {
            let mut state = self.presence.state();
            let Some(own) = state.own.get_mut(channel) else {
                return Ok(());
            };
            // What changes from here on is told behind this, because the calls of a channel wait for each other.
            own.is_outdated = false;
            own.members
                .values()
                .cloned()
                .map(Enrolment::Join)
                .collect::<Vec<_>>()
        };
        let told = async {
            self.list(me, channel).await?;
            let mut pipeline = redis::pipe();
            pipeline.cmd("DEL").arg(keys.members(&me.to_string()));
            // Skips a number, so that the others read everything anew.
            pipeline.cmd("INCR").arg(&keys.version);
            self.commands.calls(keys.partition, &pipeline).await?;
            for batch in members.chunks(BATCH) {
                self.tell(me, &keys, batch).await?;
            }
            if members.is_empty() {
                self.tell(me, &keys, &[]).await?;
            }
            Ok(())
        };
        let told = told.await;
        if told.is_err()
            && let Some(own) = self.presence.state().own.get_mut(channel)
        {
            own.is_outdated = true;
        }
        self.forget_empty(channel);
        told
    }

    /// Reads who is in a channel, on all nodes.
    pub(super) async fn read_roster(
        &self,
        keys: &ChannelKeys,
        channel: &str,
    ) -> Result<Census, Failure> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("GET").arg(&keys.version);
        pipeline.cmd("SMEMBERS").arg(&keys.nodes);
        let mut answers = self
            .commands
            .calls(keys.partition, &pipeline)
            .await?
            .into_iter();
        let version = answers
            .next()
            .as_ref()
            .and_then(reply::integer)
            .unwrap_or(0);
        let listed = answers
            .next()
            .and_then(reply::nodes)
            .ok_or_else(|| Failure::nonsense("SMEMBERS"))?;
        let leases = self.leases().await?;
        let me = self.name();
        let mut members = Vec::new();
        for node in listed {
            if node.id != me.id && leases.get(&node) == Some(&true) {
                self.presence.met(node);
                self.read_members(keys, node, &mut members).await?;
            }
        }
        // Of its own members a node knows best.
        let own = self.presence.own_members(channel);
        members.extend(own.into_iter().map(|member| (me, member)));
        // Where this node's own lease has ended, Redis was away, and those of the others have ended in the same way. Where a
        // lease is not there at all, Redis has lost its data. They will all be back, or buried.
        let is_blind = leases.get(&me) != Some(&true);
        let may_return = self.presence.seen().filter(|node| match leases.get(node) {
            Some(is_held) => !is_held && is_blind,
            None => true,
        });
        Ok(Census {
            version: u64::try_from(version).unwrap_or_default(),
            members,
            may_return: may_return.collect(),
        })
    }

    async fn read_members(
        &self,
        keys: &ChannelKeys,
        node: NodeName,
        members: &mut Vec<(NodeName, Member)>,
    ) -> Result<(), Failure> {
        let key = keys.members(&node.to_string());
        let mut cursor = "0".to_owned();
        loop {
            // Not all at once, which would hold up everybody else.
            let mut scan = cmd("HSCAN");
            scan.arg(&key).arg(&cursor).arg("COUNT").arg(500);
            let answer = self.commands.call(keys.partition, &scan).await?;
            let parts = reply::array(answer)
                .and_then(|parts| <[redis::Value; 2]>::try_from(parts).ok())
                .ok_or_else(|| Failure::nonsense("HSCAN"))?;
            let [next, pairs] = parts;
            let mut pairs = reply::array(pairs).unwrap_or_default().into_iter();
            while let (Some(field), Some(value)) = (pairs.next(), pairs.next()) {
                let member = reply::bytes(field)
                    .zip(reply::bytes(value))
                    .and_then(|(field, value)| frame::member_of(&field, &value));
                members.extend(member.map(|member| (node, member)));
            }
            cursor = reply::text(next).unwrap_or_default();
            if cursor == "0" || cursor.is_empty() {
                return Ok(());
            }
        }
    }

    /// The leases of all nodes, and whether they are held.
    async fn leases(&self) -> Result<HashMap<NodeName, bool>, Failure> {
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
        let pause = lease / 3;
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
                **node != me
                    && !alive.contains(*node)
                    // Who came since this was asked is not in the answer.
                    && **seen < begun
                    && (is_sure || seen.elapsed() >= self.options.lease)
            })
            .map(|(node, _)| *node)
            .collect();
        for node in &gone {
            state.seen.remove(node);
        }
        gone
    }

    /// Takes away what a node has left behind. Another node may do the same at the same time.
    async fn reap(&self, node: NodeName) -> Result<(), Failure> {
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

    /// Tells what the others could not be told, and from time to time everything, so that it does not expire.
    async fn repeat(&self) -> Result<(), Failure> {
        let outdated: Vec<String> = {
            let mut state = self.presence.state();
            let renews = state.renewed.elapsed() >= LIFE / RENEWALS;
            if renews {
                state.renewed = Instant::now();
            }
            let own = state.own.iter();
            own.filter(|(_, own)| own.is_outdated || renews)
                .map(|(channel, _)| channel.clone())
                .collect()
        };
        for channel in outdated {
            let _turn = self.enrolling.write().await;
            self.tell_all(&channel).await?;
        }
        Ok(())
    }

    /// Takes leave: this node has no members any more.
    pub(super) async fn take_leave(&self) -> Result<(), Failure> {
        let channels: Vec<String> = self.presence.state().own.keys().cloned().collect();
        for channel in channels {
            let leaving: Vec<Enrolment> = self
                .presence
                .own_members(&channel)
                .into_iter()
                .map(|member| Enrolment::Leave(member.connection))
                .collect();
            for batch in leaving.chunks(BATCH) {
                self.enrol(&channel, batch.to_vec()).await;
            }
        }
        self.reap(self.name()).await
    }

    /// Reads who is in a feed's channel, until that succeeds or nobody wants to know any more.
    pub(super) async fn sync_roster(self: Arc<Self>, feed: Arc<Feed>) {
        let mut backoff =
            super::backoff::Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            match self.read_roster(&feed.keys, &feed.channel).await {
                Ok(census) => return feed.roster_read(Some(census)),
                Err(failure) => {
                    tracing::debug!(channel = feed.channel, %failure, "who is there could not be read");
                }
            }
            if !feed.is_subscribed() {
                // It is read again when the subscription is back.
                return feed.roster_read(None);
            }
            sleep(backoff.next()).await;
        }
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
