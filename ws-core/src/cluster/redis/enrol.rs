//! What this node tells the others of its members.

use std::time::{Duration, Instant};

use redis::{Cmd, Pipeline, cmd};

use super::failure::Failure;
use super::frame;
use super::keys::ChannelKeys;
use super::lease::NodeName;
use super::node::Node;
use super::presence::Own;
use super::script::ANNOUNCE;
use crate::cluster::{Enrolment, Member};
use crate::error::ClusterError;

/// How long what a node tells of its members lives, in case that all nodes die and nobody is left to bury them.
pub(super) const LIFE: Duration = Duration::from_secs(24 * 3600);

/// The most members that are told of at once.
pub(super) const BATCH: usize = 256;

/// When at least this many members are written at once, Redis is made to turn their hash into a table first.
pub(super) const CROWD: usize = 64;

/// A value that no listpack holds: longer than `hash-max-listpack-value`, which is 64 bytes where nobody has changed it.
const LONG: [u8; 65] = [0; 65];

/// The call that writes members into their node's hash.
///
/// Redis keeps a small hash as a listpack, and looks at all of it for every field that is set. It becomes a table above 512
/// fields, or for good when a long value is set; before that, the first 512 members of a crowd cost more than all the others
/// of thousands. So the first of many is set twice by one call, and nobody sees the value that it has in between.
pub(super) fn set_members(hash: &str, members: &[Member]) -> Cmd {
    let mut set = cmd("HSET");
    set.arg(hash);
    if let (Some(first), CROWD..) = (members.first(), members.len()) {
        set.arg(frame::member_field(first.connection)).arg(&LONG);
    }
    for member in members {
        set.arg(frame::member_field(member.connection))
            .arg(frame::member_value(member));
    }
    set
}

impl Node {
    /// Tells the others who comes and leaves; where that is not possible, they will be told later.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Left`] where somebody would come to a node that takes leave.
    pub(super) async fn enrol(
        &self,
        channel: &str,
        changes: Vec<Enrolment>,
    ) -> Result<(), ClusterError> {
        let keys = self.keys.channel(channel);
        let _turn = self.enrolling(keys.partition).read().await;
        let is_leaving = self.presence.state().is_leaving;
        let (coming, others): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| is_leaving && matches!(change, Enrolment::Join(_)));
        if let Err(failure) = self.try_enrol(channel, &keys, others).await {
            tracing::debug!(channel, %failure, "the other nodes will be told later who joined or left");
        }
        if coming.is_empty() {
            Ok(())
        } else {
            Err(ClusterError::Left)
        }
    }

    /// The same, for somebody who minds whether the others were told.
    pub(super) async fn try_enrol(
        &self,
        channel: &str,
        keys: &ChannelKeys,
        changes: Vec<Enrolment>,
    ) -> Result<(), Failure> {
        let (me, changes, is_listed, is_outdated) = {
            let mut state = self.presence.state();
            let me = state.me;
            let own = state.own.entry(channel.to_owned()).or_default();
            let changes = own.take(changes);
            (me, changes, own.is_listed, own.is_outdated)
        };
        if changes.is_empty() {
            self.forget_empty(channel);
            return Ok(());
        }
        let doubt = self.presence.doubt(channel, me);
        let told = async {
            if is_outdated {
                return Err(Failure::Away(
                    "earlier changes have not been reported yet".into(),
                ));
            }
            if !is_listed {
                self.list(me, channel).await;
            }
            self.tell(me, keys, channel, &changes).await
        };
        match told.await {
            Ok(()) => {
                doubt.end();
                self.forget_empty(channel);
                Ok(())
            }
            Err(failure) => {
                if let Some(feed) = self.feeds.get(channel) {
                    feed.enrol_local(me, changes);
                }
                Err(failure)
            }
        }
    }

    /// Forgets a channel of which there is nothing to know.
    pub(super) fn forget_empty(&self, channel: &str) {
        let mut state = self.presence.state();
        let is_empty = |own: &Own| own.members.is_empty() && !own.is_outdated;
        if state.own.get(channel).is_some_and(is_empty)
            && let Some(own) = state.own.remove(channel)
            && own.is_listed
        {
            state.left.insert(channel.to_owned(), Instant::now());
        }
    }

    /// Notes the changes in Redis, and tells them to those who listen: in this order, so that whoever reads who is there has
    /// seen what the version that it reads stands for. What is done twice, because an answer was lost, changes nothing.
    async fn tell(
        &self,
        me: NodeName,
        keys: &ChannelKeys,
        channel: &str,
        changes: &[Enrolment],
    ) -> Result<(), Failure> {
        let name = me.to_string();
        let members = keys.members(&name);
        let life = LIFE.as_millis() as u64;
        let outcome = self.presence.outcome(channel, changes);
        let mut pipeline = redis::pipe();
        if !outcome.here.is_empty() {
            pipeline.add_command(set_members(&members, &outcome.here));
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
        self.announce(me, keys, &pipeline, changes).await
    }

    /// Makes calls, and tells those who listen of changes, behind them.
    pub(super) async fn announce(
        &self,
        me: NodeName,
        keys: &ChannelKeys,
        pipeline: &Pipeline,
        changes: &[Enrolment],
    ) -> Result<(), Failure> {
        let frame = frame::encode_enrolments(me, changes);
        let life = LIFE.as_millis() as u64;
        self.commands
            .calls_then(
                keys.partition,
                pipeline,
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
}
