//! [`Backend`]: what a cluster stands on, and what it brings to a node. Knows nothing of how messages travel.

use std::sync::{Arc, Weak};
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::message::{Frame, Message};
use super::{Backlog, ClusterStatus, Retention};
use crate::error::ClusterError;
use crate::protocol::{ConnectionId, ConnectionKey, Early, Position};

/// What a cluster stands on.
///
/// A channel has one ordered log. Every node that has attached to the channel is given every frame of it, in the order of
/// the log, from its attachment on: each once, or a gap in its place. Implementations make no difference between messages
/// of this node and of others.
///
/// Messages without history go past the log: they have no position, reach the nodes that are there, and are not kept for
/// those that are not.
///
/// A node calls [`publish`](Self::publish) and [`update`](Self::update) for one channel one after the other, each when the
/// one before has returned: so they take effect in that order, and what comes meanwhile becomes one frame.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Begins the delivery of a channel to this node, and returns where its log stands once that is confirmed: `None`
    /// in a channel without history. `sink` is not kept alive.
    fn attach<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        sink: Weak<dyn Sink>,
    ) -> BoxFuture<'a, Result<Option<Position>, ClusterError>>;

    /// Ends the delivery of a channel to sinks that are gone: soon, for this may be called while the backend is locked, when it
    /// holds the last reference to a sink.
    fn detach(&self, channel: &str);

    /// Appends messages to the log, as one frame; with [`Retention::none`], goes past it. Returns when the log has them,
    /// which may be before anybody has; or when they are kept here until the cluster can be reached again.
    fn publish<'a>(
        &'a self,
        channel: &'a str,
        retention: Retention,
        messages: Vec<Message>,
    ) -> BoxFuture<'a, Result<(), ClusterError>>;

    /// What follows a position, or as much of it as is read at once; or why that cannot be had.
    fn recover<'a>(
        &'a self,
        channel: &'a str,
        from: Position,
    ) -> BoxFuture<'a, Result<Recovery, ClusterError>>;

    /// Changes who is in a channel, in this order. Every attached node is told where a connection is the first of its user
    /// in the cluster, and where it was the last. To join twice, or to leave without having joined, changes nothing. What a
    /// connection replaces is told to the nodes that are there, behind the changes before it.
    fn update<'a>(
        &'a self,
        channel: &'a str,
        changes: Vec<Enrolment>,
    ) -> BoxFuture<'a, Result<(), ClusterError>>;

    /// Everyone in the channel, on all nodes, in no order: all whose [`update`](Self::update) has returned, on whatever
    /// node, or what was last known of them.
    fn members<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Roll, ClusterError>>;

    /// Whether more is taken at the moment: what waits here for the cluster has not reached its bound.
    fn has_room(&self) -> bool;

    /// What waits here for the cluster.
    fn backlog(&self) -> Backlog {
        Backlog::default()
    }

    /// The state of the connection to the other nodes.
    fn status(&self) -> watch::Receiver<ClusterStatus>;

    /// Hands on what waits here, and then takes leave of the other nodes, for as long as that takes. Nothing is delivered after
    /// this. An error says what can never be handed on, where everything else was.
    fn close(&self) -> BoxFuture<'_, Result<(), ClusterError>>;
}

/// What a node does with the events of a channel.
///
/// An order to end connections may come more than once, on different ways, each time under the mark of its publication: in the
/// log, before the log has it, and past the log, where the log may not bring it. It is carried out when it first comes, and not
/// again.
pub(crate) trait Sink: Send + Sync {
    /// Takes what comes next, in the order in which it happened. Called while the backend may be locked: it only takes
    /// note, and neither blocks nor calls the backend.
    fn take(&self, arrival: Arrival);
}

/// What comes to a node from the cluster.
#[derive(Debug, Clone)]
pub(crate) enum Arrival {
    /// The next frame of the log.
    Frame(Frame),
    /// What this node has published and the log does not have yet, because the cluster is away. The log will bring it again,
    /// in a frame whose mark is that of the last of these.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(dead_code, reason = "nothing but Redis is ever away")
    )]
    Early(Early, Arc<[Message]>),
    /// The log has taken what this node has published under this mark, and was given early, at this position. It brings it
    /// there, where it has not done so already, or a gap in its place.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(dead_code, reason = "nothing but Redis is ever away")
    )]
    Taken(u64, Position),
    /// Frames are missing before what comes next, and cannot be had. The log continues behind `head`.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(dead_code, reason = "nothing but Redis is ever away")
    )]
    Gap { why: GapReason, head: Position },
    /// A user came or left.
    Change(Change),
    /// The connection with this key, if this node has it, was replaced by a newer one of its client.
    Replaced(ConnectionKey),
}

/// The beginning or the end of a connection's membership.
#[derive(Debug, Clone)]
pub(crate) enum Enrolment {
    Join(Member),
    Leave(ConnectionId),
    /// A client has come back, and the connection with this key is to leave wherever it lingers. It changes nothing itself.
    Replace(ConnectionKey),
}

/// What follows a position.
#[derive(Debug, Clone)]
pub(crate) enum Recovery {
    /// Exactly the frames that hold what follows; the first may also hold what comes before. `more` where there is more behind
    /// them: then at least one holds something that follows.
    Exact { frames: Vec<Frame>, more: bool },
    /// It cannot be had up to `head`; and what follows `head`, in the form of `Exact`. `head` is the position of a frame, or the
    /// one right before the beginning of the log.
    #[cfg_attr(
        not(any(test, feature = "redis")),
        expect(
            dead_code,
            reason = "nothing but Redis loses what comes before what it has"
        )
    )]
    Gap {
        why: GapReason,
        head: Position,
        frames: Vec<Frame>,
        more: bool,
    },
    /// It cannot be had, and the log stands at `head` now. Nothing before `head` is given: the position cannot be found, and the
    /// client may have made it up.
    Broken { why: GapReason, head: Position },
}

impl Recovery {
    /// These frames, and nothing behind them.
    pub(crate) fn all(frames: Vec<Frame>) -> Self {
        let more = false;
        Self::Exact { frames, more }
    }
}

/// Why events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GapReason {
    /// The log no longer reaches back.
    Trimmed,
    /// The log was lost.
    Reset,
    /// The log has another entry at this place.
    Forked,
    /// The log cannot be read.
    Unavailable,
}

impl GapReason {
    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::Reset => "reset",
            Self::Forked => "forked",
            Self::Unavailable => "unavailable",
        }
    }
}

/// One connection of a user in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user: Arc<str>,
    pub(crate) connection: ConnectionId,
    pub(crate) since: SystemTime,
}

/// Who is in a channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roll {
    pub(crate) members: Vec<Member>,
    /// Other nodes could not be asked: this is what was last known of them.
    pub(crate) is_stale: bool,
}

/// A user came to a channel, or left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Joined(Arc<str>),
    /// With the connection that was the last one.
    Left(Member),
}
