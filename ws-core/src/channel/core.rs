//! [`Core`]: one channel on this node, without the types of its contract. Its handles, its members, the cluster and its task
//! meet here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::BytesMut;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, oneshot};

use super::bounds::{self, Misnamed, check_event};
use super::flow::{Flow, Full};
use super::hook::Hook;
use super::incoming::LocalEvent;
use super::members::Members;
use super::orders::Orders;
use super::outgoing::Outgoing;
use super::presence::Participants;
use super::pump;
use super::registrations::Registrations;
use crate::client::{Connection, Membership};
use crate::cluster::{
    Arrival, Backend, Enrolment, Message, Retention, SharedChannel, Sink, Target, is_nobody,
};
use crate::error::{ClusterError, SendError};
use crate::limits::LONGEST_CHANNEL;
use crate::metrics::SentMetrics;
use crate::protocol::{ChannelSuffix, Close, ConnectionId, Encoded, Lent, Position};
use crate::tasks::Tasks;

/// A channel on this node, whatever its contract.
pub(super) struct Core {
    /// Its name in the cluster.
    pub(super) key: String,
    /// Its name as the application and its clients know it.
    pub(super) name: String,
    /// What is written behind each of its events.
    pub(super) suffix: Arc<ChannelSuffix>,
    pub(super) retention: Retention,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) tasks: Arc<Tasks>,
    pub(super) metrics: SentMetrics,
    /// Itself, for the task that works for it.
    this: Weak<Self>,
    attachment: tokio::sync::Mutex<Attachment>,
    pub(super) registrations: Registrations,
    members: Mutex<Members>,
    flow: Mutex<Flow>,
    arrived: Notify,
    told: Notify,
    pub(super) orders: Orders,
    pub(super) hook: Hook,
}

/// Whether the channel is delivered to this node.
#[derive(Default)]
enum Attachment {
    #[default]
    None,
    Done,
    /// The last attempt failed, at this time.
    Failed(Instant, ClusterError),
}

impl Core {
    pub(super) fn new(
        key: String,
        name: String,
        retention: Retention,
        backend: Arc<dyn Backend>,
        tasks: Arc<Tasks>,
        metrics: SentMetrics,
    ) -> Arc<Self> {
        let suffix = Arc::new(ChannelSuffix::of(&name));
        let members = Mutex::new(Members::of(Arc::clone(&suffix)));
        Arc::new_cyclic(|this| Self {
            key,
            name,
            suffix,
            retention,
            backend,
            tasks,
            metrics,
            this: Weak::clone(this),
            attachment: tokio::sync::Mutex::default(),
            registrations: Registrations::default(),
            members,
            flow: Mutex::default(),
            arrived: Notify::new(),
            told: Notify::new(),
            orders: Orders::default(),
            hook: Hook::default(),
        })
    }

    /// Whether clients can be registered in the channel, of a server with this limit. Otherwise it must leave no trace.
    pub(super) fn check_name(&self, limit: usize) -> Result<(), Misnamed> {
        bounds::check_name(&self.name, limit)
    }

    /// Sends an event to the channel, on every node.
    pub(super) fn send(&self, target: Target, event: Lent<'_>) -> Result<(), SendError> {
        check_event(event.bytes.len())?;
        if target.is_nobody() {
            return Ok(());
        }
        self.publish_with(|outgoing| outgoing.send(target, event))
    }

    /// Ends the connections of a user, or of every member, on every node.
    pub(super) fn disconnect(&self, user: Option<&str>, close: Close) -> Result<(), SendError> {
        self.check_name(LONGEST_CHANNEL)?;
        if user.is_some_and(is_nobody) {
            return Ok(());
        }
        let user = user.map(Arc::from);
        self.publish_with(|outgoing| outgoing.publish(Message::Disconnect { user, close }))
    }

    fn publish_with(
        &self,
        publish: impl FnOnce(&mut Outgoing) -> Result<(), Full>,
    ) -> Result<(), SendError> {
        self.check_name(LONGEST_CHANNEL)?;
        if !self.backend.has_room() {
            return Err(SendError::Backpressure);
        }
        // Asked with the queues locked, so that whoever waits until everything is handed on waits for this, too.
        self.add(|flow| match self.tasks.is_draining() {
            true => Err(SendError::Left),
            false => publish(&mut flow.outgoing).map_err(|Full| SendError::Backpressure),
        })
    }

    /// Sends an event to the members on this node.
    pub(super) fn send_local(
        &self,
        except: Option<&str>,
        event: Lent<'_>,
    ) -> Result<(), SendError> {
        self.check_name(LONGEST_CHANNEL)?;
        check_event(event.bytes.len())?;
        let event = LocalEvent {
            except: except.map(Arc::from),
            event: event.copy_to(&mut BytesMut::new()),
        };
        self.add(|flow| flow.incoming.send(event))
            .map_err(|_| SendError::Backpressure)
    }

    pub(super) async fn participants(&self) -> Result<Participants, ClusterError> {
        self.check_name(LONGEST_CHANNEL)?;
        // Begun before the roll is asked for: a user who comes back meanwhile may be neither in the roll nor absent in the end.
        let inquiry = self.hook.inquire();
        let roll = self.backend.members(&self.key).await?;
        Ok(Participants::of(roll, inquiry.absent()))
    }

    /// Begins the delivery of the channel to this node, where that has not begun yet. Concurrent calls wait for one attempt, and
    /// share its error.
    pub(super) async fn attach(&self) -> Result<(), ClusterError> {
        let called = Instant::now();
        let mut attachment = self.attachment.lock().await;
        match &*attachment {
            Attachment::Done => return Ok(()),
            Attachment::Failed(at, error) if *at > called => return Err(error.clone()),
            Attachment::None | Attachment::Failed(..) => {}
        }
        self.tasks.adopt_runtime();
        let this: Weak<Self> = Weak::clone(&self.this);
        let attached = self.backend.attach(&self.key, self.retention, this).await;
        *attachment = match &attached {
            Ok(head) => {
                self.members().set_head(*head);
                Attachment::Done
            }
            Err(error) => Attachment::Failed(Instant::now(), error.clone()),
        };
        attached.map(drop)
    }

    /// Removes a connection from the members, and tells the cluster, as [`enrol`](Self::enrol) does.
    pub(super) fn remove(
        &self,
        members: &mut Members,
        connection: ConnectionId,
    ) -> impl Future<Output = Result<(), ClusterError>> + use<> {
        members.remove(connection);
        self.enrol(Enrolment::Leave(connection))
    }

    /// Tells the cluster who joins or leaves, in the order of the calls. The future waits until that is done.
    ///
    /// Call it with the members locked, so that the cluster is told in the order in which they came and left here, and call
    /// [`work`](Self::work) when they are unlocked again: without a runtime, the work is done in that call, and locks them.
    pub(super) fn enrol(
        &self,
        enrolment: Enrolment,
    ) -> impl Future<Output = Result<(), ClusterError>> + use<> {
        let (answer, answered) = oneshot::channel();
        self.flow().outgoing.enrol(enrolment, answer);
        answered.map(|answer| {
            answer.unwrap_or_else(|_| Err(ClusterError::Unavailable("the runtime ended".into())))
        })
    }

    /// Makes sure that a task is at work on what waits.
    pub(super) fn work(&self) {
        self.add(|_| ());
    }

    /// Adds to what waits, and makes sure that a task is at work on it.
    fn add<T>(&self, add: impl FnOnce(&mut Flow) -> T) -> T {
        let (added, begins) = {
            let mut flow = self.flow();
            let added = add(&mut flow);
            (added, flow.begin_pumping())
        };
        if !begins {
            self.arrived.notify_one();
        } else if let Some(this) = self.this.upgrade() {
            self.tasks.start(pump::run(this));
        }
        added
    }

    /// The backend has taken a batch.
    pub(super) fn end_telling(&self) {
        self.flow().end_telling();
        self.told.notify_waiters();
    }

    /// Waits until something was added. Cancel safe.
    pub(super) async fn arrives(&self) {
        self.arrived.notified().await;
    }

    /// The task at work has ended before its time.
    pub(super) fn abort_pumping(&self) {
        self.flow().abort_pumping();
        self.told.notify_waiters();
    }

    /// Goes on behind a gap, which ends at `head`: drops what waits of it.
    pub(super) fn skip(&self, head: Position) {
        self.flow().incoming.skip(head);
    }

    /// Whether no task is at work.
    #[cfg(test)]
    pub(super) fn is_quiet(&self) -> bool {
        self.flow().is_at_rest()
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Core {
    fn take(&self, arrival: Arrival) {
        if let Arrival::Change(change) = &arrival {
            self.hook.expect(change);
        }
        self.add(|flow| flow.incoming.take(arrival));
    }
}

impl SharedChannel for Core {
    fn drained(self: Arc<Self>) -> BoxFuture<'static, ()> {
        async move {
            loop {
                let told = self.told.notified();
                // A task is at work as long as something waits.
                if !self.add(|flow| flow.has_untold()) {
                    return;
                }
                told.await;
            }
        }
        .boxed()
    }
}

impl Membership for Core {
    fn key(&self) -> &str {
        &self.key
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn has(&self, connection: &Connection) -> bool {
        self.is_registered(connection)
    }

    fn send_to_others(&self, sender: ConnectionId, event: Encoded) -> Result<(), SendError> {
        check_event(event.len())?;
        let message = Message::Event {
            target: Target::Others(sender),
            event: event.into_text(),
        };
        self.publish_with(|outgoing| outgoing.publish(message))
    }

    fn leave(&self, connection: ConnectionId) -> BoxFuture<'static, ()> {
        // An error was logged where it came up, and the caller can do nothing about it.
        let left = self.remove(&mut self.members(), connection);
        self.work();
        left.map(drop).boxed()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.backend.detach(&self.key);
    }
}
