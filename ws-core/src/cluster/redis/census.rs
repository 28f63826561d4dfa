//! Who is in a channel on all nodes, as Redis has it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
use super::failure::Failure;
use super::feed::Feed;
use super::frame;
use super::keys::{ChannelKeys, Partition};
use super::lease::NodeName;
use super::node::{CATCH_UP, Node};
use super::reply;
use crate::cluster::{Member, Roll};
use crate::error::ClusterError;

/// The time until everything is read once more, where some of it could not be read: in that, the others tell again what Redis
/// has lost, or take leave.
const TOLD_AGAIN: Duration = Duration::from_secs(3);

/// How long a client that joins a channel waits for the server of the leases, which need not be that of the channel.
const SOON: Duration = Duration::from_millis(500);

/// Who is in a channel, as it was read.
#[derive(Debug)]
pub(super) struct Census {
    pub(super) version: u64,
    pub(super) members: Vec<(NodeName, Member)>,
    /// Nodes of which nothing could be read, but which may be there all the same.
    pub(super) may_return: HashSet<NodeName>,
    /// Who has read it, and knows best of its own members.
    pub(super) reader: u64,
    /// Whether the leases could not be read: then the nodes of which this one has heard are taken to be there.
    pub(super) is_guess: bool,
}

impl Node {
    /// Who is in a channel. What was told before this was asked is known to this node, or soon will be.
    pub(super) async fn roll(&self, channel: &str) -> Result<Roll, ClusterError> {
        let keys = self.keys.channel(channel);
        let Some(feed) = self.feeds.get(channel) else {
            let census = self.read_roster(&keys, channel).await?;
            let is_stale = census.is_guess;
            let members = census
                .members
                .into_iter()
                .map(|(_, member)| member)
                .collect();
            return Ok(Roll { members, is_stale });
        };
        let mut get = cmd("GET");
        get.arg(&keys.version);
        let caught_up = async {
            let version = self.commands.call(keys.partition, &get).await?;
            let version = reply::integer(&version).unwrap_or(0);
            feed.knows(u64::try_from(version).unwrap_or_default()).await;
            Ok::<(), Failure>(())
        };
        let is_stale = self.is_stale() || !matches!(timeout(CATCH_UP, caught_up).await, Ok(Ok(())));
        Ok(Roll {
            members: feed.members(),
            is_stale,
        })
    }

    /// Whether other nodes are out of reach for certain, so that asking is of no use.
    fn is_stale(&self) -> bool {
        self.status.is_isolated()
    }

    /// Reads who is in a channel, on all nodes.
    async fn read_roster(&self, keys: &ChannelKeys, channel: &str) -> Result<Census, Failure> {
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
        let seen: HashSet<NodeName> = self.presence.seen().collect();
        let leases = self.leases_in_time().await?;
        let is_there = |node: &NodeName| match &leases {
            Some(leases) => leases.get(node) == Some(&true),
            None => seen.contains(node),
        };
        let me = self.name();
        let mut members = Vec::new();
        for node in listed {
            if node.id != me.id && is_there(&node) {
                self.presence.note_met(node);
                self.read_members(keys, node, &mut members).await?;
            }
        }
        // Of its own members a node knows best.
        let own = self.presence.own_members(channel);
        members.extend(own.into_iter().map(|member| (me, member)));
        // Their leases have ended, or Redis has lost them. They will all be back, or buried.
        let may_return = seen.iter().copied().filter(|node| !is_there(node));
        Ok(Census {
            version: u64::try_from(version).unwrap_or_default(),
            members,
            may_return: may_return.collect(),
            reader: me.id,
            is_guess: leases.is_none(),
        })
    }

    /// The leases of all nodes; `None` where their server, which may be another one than that of a channel, does not answer soon.
    async fn leases_in_time(&self) -> Result<Option<HashMap<NodeName, bool>>, Failure> {
        if self.commands.is_away(Partition::FIRST) {
            return Ok(None);
        }
        match timeout(SOON, self.leases()).await {
            Ok(Err(failure)) if failure.is_refusal() => Err(failure),
            Ok(Ok(leases)) => Ok(Some(leases)),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    async fn read_members(
        &self,
        keys: &ChannelKeys,
        node: NodeName,
        members: &mut Vec<(NodeName, Member)>,
    ) -> Result<(), Failure> {
        self.scan_members(keys, node, |field, value| {
            let member = frame::member_of(&field, &value);
            members.extend(member.map(|member| (node, member)));
        })
        .await
    }

    /// Reads the members of a node, as Redis has them.
    pub(super) async fn scan_members(
        &self,
        keys: &ChannelKeys,
        node: NodeName,
        mut found: impl FnMut(Vec<u8>, Vec<u8>),
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
                if let Some((field, value)) = reply::bytes(field).zip(reply::bytes(value)) {
                    found(field, value);
                }
            }
            cursor = reply::text(next).unwrap_or_default();
            if cursor == "0" || cursor.is_empty() {
                return Ok(());
            }
        }
    }

    /// Redis may have lost what it was told of the members here: then it is told again.
    async fn look_at_own(&self, feed: &Feed) {
        if let Err(failure) = self.look_for_own(&feed.channel, &feed.keys).await {
            tracing::debug!(channel = feed.channel, %failure, "could not find out whether Redis knows the members of this node");
        }
    }

    /// Reads who is in a feed's channel, until that succeeds or nobody wants to know any more.
    pub(super) async fn sync_roster(self: Arc<Self>, feed: Arc<Feed>) {
        let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            match self.read_roster(&feed.keys, &feed.channel).await {
                Ok(census) => {
                    if !feed.roster_read(Some(census)) {
                        self.look_at_own(&feed).await;
                        if !feed.roster_is_provisional() {
                            return;
                        }
                        sleep(TOLD_AGAIN).await;
                        if !feed.begin_confirming_roster() {
                            return;
                        }
                        continue;
                    }
                }
                Err(failure) => {
                    tracing::debug!(channel = feed.channel, %failure, "the members could not be read");
                }
            }
            if feed.subscribed_at().is_none() {
                // It is read again when the subscription is back.
                feed.roster_read(None);
                return;
            }
            sleep(backoff.next()).await;
        }
    }
}
