use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::BytesMut;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, oneshot};

use super::incoming::{Delivery, Here, Incoming};
use super::members::Members;
use super::orders::Orders;
use super::outgoing::{Batch, Full, Outgoing};
use super::presence::{Hook, Participants};
use super::pump;
use super::registrations::Registrations;
use crate::client::Membership;
use crate::cluster::{
    Arrival, Backend, Enrolment, Message, Retention, SharedChannel, Sink, Target, is_nobody,
};
use crate::error::{ClusterError, SendError};
use crate::limits::LONGEST_CHANNEL;
use crate::metrics::SentMetrics;
use crate::protocol::{Close, ConnectionId, Encoded, Lent, Place, Position};
use crate::tasks::Tasks;

/// The most bytes of an event. Less than an outbox holds: a longer one would close every connection that it is sent to,
/// and again each time that they come back for it.
const LONGEST_EVENT: usize = 256 * 1024;

/// The name of a channel in which nobody can be registered.
pub(super) struct Misnamed {
    pub(super) length: usize,
    pub(super) limit: usize,
}

/// A channel on this node, whatever its contract.
pub(super) struct Core {
    /// Its name in the cluster.
    pub(super) key: String,
    /// Its name as the application and its clients know it.
    pub(super) name: String,
    /// What its name adds to an event.
    pub(super) place: Arc<Place>,
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

/// What waits in either direction, and whether somebody is at work on it.
#[derive(Default)]
struct Flow {
    outgoing: Outgoing,
    incoming: Incoming,
    /// The place in what comes in behind which the next batch goes out.
    turn: Option<u64>,
    is_pumped: bool,
    /// The backend is being given a batch.
    is_telling: bool,
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
        let place = Arc::new(Place::of(&name));
        let members = Mutex::new(Members::of(Arc::clone(&place)));
        Arc::new_cyclic(|this| Self {
            key,
            name,
            place,
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
        let (length, limit) = (self.name.len(), limit.min(LONGEST_CHANNEL));
        match length {
            0 => Err(Misnamed { length, limit }),
            _ if length > limit => Err(Misnamed { length, limit }),
            _ => Ok(()),
        }
    }

    /// Sends an event to the channel, on every node.
    pub(super) fn send(&self, target: Target, event: Lent<'_>) -> Result<(), SendError> {
        check_length(event.bytes.len())?;
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
        // Looked up in there, so that whoever waits for the last one to be handed on knows of this one.
        self.add(|flow| match self.tasks.is_draining() {
            true => Err(SendError::Left),
            false => publish(&mut flow.outgoing).map_err(|Full| SendError::Backpressure),
        })
    }

    /// Sends an event to the members on this node.
    pub(super) fn send_here(&self, except: Option<&str>, event: Lent<'_>) -> Result<(), SendError> {
        self.check_name(LONGEST_CHANNEL)?;
        check_length(event.bytes.len())?;
        let here = Here {
            except: except.map(Arc::from),
            event: event.copy_to(&mut BytesMut::new()),
        };
        self.add(|flow| flow.incoming.send(here))
            .map_err(|_| SendError::Backpressure)
    }

    pub(super) async fn participants(&self) -> Result<Participants, ClusterError> {
        self.check_name(LONGEST_CHANNEL)?;
        // Who is back while the answer is on its way is in neither of the two that are looked at then.
        let asking = self.hook.ask();
        let roll = self.backend.members(&self.key).await?;
        Ok(Participants::of(roll, asking.absent()))
    }

    /// Begins the delivery of the channel to this node, where that has not begun yet. Those who call this while somebody is at
    /// it wait for that attempt, and where it fails, none of them tries again.
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

    /// Sends nothing more to a connection, and tells the cluster, as [`enrol`](Self::enrol) does.
    pub(super) fn remove(
        &self,
        members: &mut Members,
        connection: ConnectionId,
    ) -> impl Future<Output = Result<(), ClusterError>> + use<> {
        members.remove(connection);
        self.enrol(Enrolment::Leave(connection))
    }

    /// Tells the cluster who comes or leaves, in the order of the calls. The future waits until that is done.
    ///
    /// Call it with the members locked, so that the cluster is told in the order in which they came and left here. And call
    /// [`work`](Self::work) when they are not locked any more: without a runtime, the work is done in there, and locks them.
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

    /// Sees to it that somebody is at work on what waits.
    pub(super) fn work(&self) {
        self.add(|_| ());
    }

    /// Adds to what waits, and sees to it that somebody is at work.
    fn add<T>(&self, add: impl FnOnce(&mut Flow) -> T) -> T {
        let (added, is_pumped) = {
            let mut flow = self.flow();
            let added = add(&mut flow);
            (added, std::mem::replace(&mut flow.is_pumped, true))
        };
        if is_pumped {
            self.arrived.notify_one();
        } else if let Some(this) = self.this.upgrade() {
            self.tasks.start(pump::run(this));
        }
        added
    }

    /// What the members are given next.
    pub(super) fn next_delivery(&self) -> Option<Delivery> {
        self.flow().incoming.next()
    }

    /// What lies up to here in the log is in a gap, also what waits to be given.
    pub(super) fn skip(&self, head: Position) {
        self.flow().incoming.skip(head);
    }

    /// Whether others may be about to send: several do, or more than one message came at once.
    pub(super) fn is_busy(&self) -> bool {
        let flow = self.flow();
        flow.incoming.is_busy() || flow.outgoing.is_crowded()
    }

    /// What the cluster is told next, once everything was given that was there before. What has come since does not hold it up:
    /// that may never end.
    pub(super) fn next_batch(&self) -> Option<Batch> {
        let flow = &mut *self.flow();
        if flow.outgoing.is_empty() {
            return None;
        }
        let turn = *flow.turn.get_or_insert_with(|| flow.incoming.end());
        if !flow.incoming.is_behind(turn) {
            return None;
        }
        flow.turn = None;
        flow.is_telling = true;
        flow.outgoing.next_batch()
    }

    /// The backend has taken a batch.
    pub(super) fn was_told(&self) {
        self.flow().is_telling = false;
        self.told.notify_waiters();
    }

    /// Waits until something was added. Cancel safe.
    pub(super) async fn arrives(&self) {
        self.arrived.notified().await;
    }

    /// Whether nothing is left to do: then the work has ended, and what is added next begins it again.
    pub(super) fn rests(&self) -> bool {
        let mut flow = self.flow();
        flow.is_pumped = !(flow.incoming.is_empty() && flow.outgoing.is_empty());
        !flow.is_pumped
    }

    /// Whether nobody is at work.
    #[cfg(test)]
    pub(super) fn is_quiet(&self) -> bool {
        !self.flow().is_pumped
    }

    /// The work has ended before its time.
    pub(super) fn stopped(&self) {
        let mut flow = self.flow();
        flow.is_pumped = false;
        flow.is_telling = false;
        drop(flow);
        self.told.notify_waiters();
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Misnamed> for SendError {
    fn from(Misnamed { length, limit }: Misnamed) -> Self {
        Self::ChannelName { length, limit }
    }
}

impl From<Misnamed> for ClusterError {
    fn from(Misnamed { length, limit }: Misnamed) -> Self {
        Self::ChannelName { length, limit }
    }
}

fn check_length(length: usize) -> Result<(), SendError> {
    match length {
        length if length > LONGEST_EVENT => Err(SendError::TooLarge {
            length,
            limit: LONGEST_EVENT,
        }),
        _ => Ok(()),
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
    fn handed_on(self: Arc<Self>) -> BoxFuture<'static, ()> {
        async move {
            loop {
                let told = self.told.notified();
                // Somebody is at work as long as something waits.
                let is_left = self.add(|flow| flow.is_telling || !flow.outgoing.is_empty());
                if !is_left {
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

    fn send_to_others(&self, sender: ConnectionId, event: Encoded) -> Result<(), SendError> {
        check_length(event.len())?;
        let message = Message::Event {
            target: Target::Others(sender),
            event: event.into_text(),
        };
        self.publish_with(|outgoing| outgoing.publish(message))
    }

    fn leave(&self, connection: ConnectionId) -> BoxFuture<'static, ()> {
        // An error was reported where it came up, and nobody else can do anything about it.
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
