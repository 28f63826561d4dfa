//! What this node knows of who is there: itself and its members, and the other nodes.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::lease::NodeName;
use super::sign::Sign;
use crate::cluster::{Enrolment, Member};
use crate::protocol::ConnectionId;

/// What this node knows of itself and of the others.
pub(super) struct Presence {
    state: Mutex<State>,
    /// Something is to be told again, or taken away.
    pub(super) is_due: Notify,
}

pub(super) struct State {
    pub(super) me: NodeName,
    /// Whether this node has lost its lease since it looked at those of others.
    pub(super) has_lost_lease: bool,
    /// This node takes leave.
    pub(super) is_leaving: bool,
    /// The other nodes that may be there.
    pub(super) seen: HashMap<NodeName, OtherNode>,
    /// This node's members.
    pub(super) own: HashMap<String, Own>,
    /// Channels in which this node has nobody any more, and since when, while Redis notes that it may have members there.
    pub(super) left: HashMap<String, Instant>,
    /// Channels for which Redis has yet to note that this node has members there, or had some, each with the name of this node
    /// under which it is to note that.
    pub(super) unlisted: HashSet<(NodeName, String)>,
    pub(super) renewed: Instant,
    /// Nodes that are gone, of which something is left.
    pub(super) ended: HashSet<NodeName>,
}

/// Another node.
pub(super) struct OtherNode {
    /// When this node heard of it for the first time.
    pub(super) first: Instant,
    pub(super) sign: Sign,
}

impl OtherNode {
    pub(super) fn now() -> Self {
        Self {
            first: Instant::now(),
            sign: Sign::default(),
        }
    }
}

/// This node's members of one channel.
#[derive(Default)]
pub(super) struct Own {
    pub(super) members: HashMap<ConnectionId, Member>,
    /// Whether Redis knows that this node has members in the channel, or is about to be told so.
    pub(super) is_listed: bool,
    /// What Redis knows of the members is not what they are.
    pub(super) is_outdated: bool,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                me: NodeName::random(),
                has_lost_lease: false,
                is_leaving: false,
                seen: HashMap::new(),
                own: HashMap::new(),
                left: HashMap::new(),
                unlisted: HashSet::new(),
                renewed: Instant::now(),
                ended: HashSet::new(),
            }),
            is_due: Notify::new(),
        }
    }

    /// Takes it that Redis does not know what has become of a channel's members, until it was told under this name: whoever
    /// tells it may be stopped at any time.
    pub(super) fn doubt<'a>(&'a self, channel: &'a str, me: NodeName) -> Doubt<'a> {
        Doubt {
            presence: self,
            channel,
            me,
            is_told: false,
        }
    }

    /// Redis is to be told again of this node's members of a channel, who may be none.
    pub(super) fn tell_later(&self, channel: &str) {
        let mut state = self.state();
        state.own.entry(channel.to_owned()).or_default().is_outdated = true;
        self.is_due.notify_one();
    }

    /// Has Redis note soon that this node may have members in a channel, so that others can take them away when it is gone. The
    /// server that notes it may be another one than that of the channel, so nobody who joins the channel waits for it.
    pub(super) fn list_later(&self, me: NodeName, channel: &str) {
        let mut state = self.state();
        if let Some(own) = state.own.get_mut(channel) {
            own.is_listed = true;
        }
        state.unlisted.insert((me, channel.to_owned()));
        self.is_due.notify_one();
    }

    pub(super) fn me(&self) -> NodeName {
        self.state().me
    }

    /// Another node was heard of.
    pub(super) fn note_met(&self, node: NodeName) {
        let mut state = self.state();
        if node.id != state.me.id {
            state.seen.entry(node).or_insert_with(OtherNode::now);
        }
    }

    /// Something is left of nodes that are gone.
    pub(super) fn note_ended(&self, nodes: &[NodeName]) {
        let mut state = self.state();
        let me = state.me;
        let others = nodes.iter().filter(|node| **node != me);
        state.ended.extend(others);
        if !state.ended.is_empty() {
            self.is_due.notify_one();
        }
    }

    pub(super) fn seen(&self) -> impl Iterator<Item = NodeName> {
        let seen: Vec<NodeName> = self.state().seen.keys().copied().collect();
        seen.into_iter()
    }

    pub(super) fn own_members(&self, channel: &str) -> Vec<Member> {
        let state = self.state();
        let own = state.own.get(channel).into_iter();
        own.flat_map(|own| own.members.values().cloned()).collect()
    }

    /// Whether Redis does not know what has become of this node's members of a channel.
    pub(super) fn is_outdated(&self, channel: &str) -> bool {
        let state = self.state();
        state.own.get(channel).is_some_and(|own| own.is_outdated)
    }

    /// What has become of the connections of these changes, which were taken before.
    pub(super) fn outcome(&self, channel: &str, changes: &[Enrolment]) -> ChangeEffect {
        let state = self.state();
        let own = state.own.get(channel);
        let changed: HashSet<ConnectionId> = changes
            .iter()
            .filter_map(|change| match change {
                Enrolment::Join(member) => Some(member.connection),
                Enrolment::Leave(connection) => Some(*connection),
                Enrolment::Replace(_) => None,
            })
            .collect();
        let mut outcome = ChangeEffect {
            is_last: own.is_none_or(|own| own.members.is_empty()),
            ..ChangeEffect::default()
        };
        for connection in changed {
            match own.and_then(|own| own.members.get(&connection)) {
                Some(member) => outcome.here.push(member.clone()),
                None => outcome.gone.push(connection),
            }
        }
        outcome
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Presence::doubt`].
pub(super) struct Doubt<'a> {
    presence: &'a Presence,
    channel: &'a str,
    me: NodeName,
    is_told: bool,
}

impl Doubt<'_> {
    /// Redis knows everything.
    pub(super) fn end(mut self) {
        self.is_told = true;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        let mut state = self.presence.state();
        // What was told under a name whose lease was lost meanwhile is to be told under the next one.
        let is_told = self.is_told && state.me == self.me;
        if let Some(own) = state.own.get_mut(self.channel) {
            own.is_outdated = !is_told;
        }
        if !is_told {
            self.presence.is_due.notify_one();
        }
    }
}

/// What changes have led to.
#[derive(Default)]
pub(super) struct ChangeEffect {
    pub(super) here: Vec<Member>,
    pub(super) gone: Vec<ConnectionId>,
    /// Nobody is left.
    pub(super) is_last: bool,
}

impl Own {
    /// Takes changes, and returns those that are any.
    pub(super) fn take(&mut self, changes: Vec<Enrolment>) -> Vec<Enrolment> {
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
