//! What this node tells the others of its members.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::frame;
use super::keys::{ChannelKeys, Partition};
use super::lease::NodeName;
use super::node::Node;
use super::script::ANNOUNCE;
use crate::cluster::Enrolment;

/// How long what a node tells of its members lives, in case that all nodes die and nobody is left to bury them.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// After which part of it a living node says it again.
const RENEWALS: u32 = 24;

/// How long it is known of a node that it has left, and was not lost: for those who cannot reach Redis when it does.
const AFTERLIFE: Duration = Duration::from_secs(60);

/// The most members that are told of at once.
const BATCH: usize = 256;

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
            return self.forget_empty(channel);
        }
        let keys = self.keys.channel(channel);
        let told = async {
            if is_outdated {
                return Err(Failure::Away("earlier changes are still to be told".into()));
            }
            if !is_listed {
                self.list(me, channel).await?;
            }
            self.tell(me, channel, &keys, &changes).await
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

    /// Notes the changes in Redis, and tells them to those who listen: in this order, so that whoever reads who is there has
    /// seen what the version that it reads stands for. What is done twice, because an answer was lost, changes nothing.
    async fn tell(
        &self,
        me: NodeName,
        channel: &str,
        keys: &ChannelKeys,
        changes: &[Enrolment],
    ) -> Result<(), Failure> {
        let name = me.to_string();
        let members = keys.members(&name);
        let life = LIFE.as_millis() as u64;
        let outcome = self.presence.outcome(channel, changes);
        let mut pipeline = redis::pipe();
        if !outcome.here.is_empty() {
            let set = pipeline.cmd("HSET").arg(&members);
            for member in &outcome.here {
                set.arg(frame::member_field(member.connection))
                    .arg(frame::member_value(member));
            }
        }
        if !outcome.gone.is_empty() {
            let gone = outcome.gone.into_iter().map(frame::member_field);
            pipeline
                .cmd("HDEL")
                .arg(&members)
                .arg(gone.collect::<Vec<_>>());
        }
        if outcome.is_last {
            pipeline.cmd("SREM").arg(&keys.nodes).arg(&name);
        } else {
            pipeline.cmd("SADD").arg(&keys.nodes).arg(&name);
            pipeline.cmd("PEXPIRE").arg(&members).arg(life);
            pipeline.cmd("PEXPIRE").arg(&keys.nodes).arg(life);
        }
        let frame = frame::encode_enrolments(me, changes);
        self.commands
            .calls_then(
                keys.partition,
                &pipeline,
                &ANNOUNCE,
                &[&keys.version, &keys.topic],
                &[
                    self.words.publish.as_bytes(),
                    life.to_string().as_bytes(),
                    &frame,
                ],
            )
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
                self.tell(me, channel, &keys, batch).await?;
            }
            if members.is_empty() {
                self.tell(me, channel, &keys, &[]).await?;
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

    /// Tells what the others could not be told, and from time to time everything, so that it does not expire.
    pub(super) async fn repeat(&self) -> Result<(), Failure> {
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
        let mut all = Ok(());
        for channel in outdated {
            let _turn = self.enrolling.write().await;
            // One that cannot be told, because a server is away or refuses it, says nothing of the others.
            let told = self.tell_all(&channel).await;
            all = all.and(told);
        }
        all
    }

    /// Takes leave: this node has no members any more, and all others are told so, or find it so when they look.
    ///
    /// It keeps a lease meanwhile and for a while after that: who is there, of a node without a lease, is not known.
    pub(super) async fn take_leave(&self) -> Result<(), Failure> {
        self.presence.state().is_leaving = true;
        self.claim_lease().await?;
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
        // Those of whom the others could not be told.
        self.repeat().await?;
        self.take_members_of(self.name()).await?;
        self.take_lease(AFTERLIFE.max(self.options.lease)).await
    }
}
