use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::members::Members;
use super::presence::{Changes, Participants};
use crate::client::{Connection, Membership, NotEntered};
use crate::cluster::{
    Backend, Change, Frame, Member, Message, Recovery, Retention, Sink, Target, Why,
};
use crate::error::{ClusterError, RegisterError, SendError};
use crate::protocol::{self, ConnectionId, Encoded, Position};

/// The most bytes of a user id.
pub(super) const LONGEST_USER: usize = 256;

/// The most bytes of an event. Less than an outbox holds: a longer one would close every connection that it is sent to,
/// and again each time that they come back for it.
pub(super) const LONGEST_EVENT: usize = 256 * 1024;

/// A channel on this node, whatever its contract.
pub(super) struct Core {
    /// Its name in the cluster.
    key: String,
    /// Its name as the application and its clients know it.
    name: String,
    retention: Retention,
    backend: Arc<dyn Backend>,
    attached: tokio::sync::Mutex<bool>,
    members: Mutex<Members>,
    pub(super) changes: Changes,
}

impl Core {
    pub(super) fn new(
        key: String,
        name: String,
        retention: Retention,
        backend: Arc<dyn Backend>,
    ) -> Self {
        Self {
            key,
            name,
            retention,
            backend,
            attached: tokio::sync::Mutex::new(false),
            members: Mutex::default(),
            changes: Changes::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn publish(&self, message: Message) -> Result<(), SendError> {
        if let Message::Event { event, .. } = &message {
            check_length(event)?;
        }
        self.backend
            .publish(&self.key, message)
            .map_err(|_| SendError::Backpressure)
    }

    pub(super) fn publish_here(
        &self,
        except: Option<&str>,
        event: &Encoded,
    ) -> Result<(), SendError> {
        check_length(event)?;
        self.members().deliver_except(except, event);
        Ok(())
    }

    pub(super) async fn participants(&self) -> Result<Participants, ClusterError> {
        self.backend.members(&self.key).await.map(Participants::of)
    }

    /// Registers a connection: when this returns, everything that is sent to the channel reaches it.
    pub(super) async fn register(
        self: &Arc<Self>,
        user: &str,
        connection: &Arc<Connection>,
    ) -> Result<(), RegisterError> {
        if user.is_empty() || user.len() > LONGEST_USER {
            return Err(RegisterError::UserId {
                length: user.len(),
                limit: LONGEST_USER,
            });
        }
        self.attach().await?;
        let user: Arc<str> = user.into();
        let place: Arc<dyn Membership> = Arc::<Self>::clone(self);
        match connection.enter(&self.key, place) {
            Ok(true) => {}
            Ok(false) => return self.is_registered_as(&user, connection.id),
            Err(NotEntered::Closed) => return Err(RegisterError::Closed),
            Err(NotEntered::TooMany) => return Err(RegisterError::TooManyChannels),
        }
        let registering = Registering {
            core: self,
            connection,
            done: false,
        };
        self.admit(&user, connection).await;
        let member = Member {
            user,
            connection: connection.id,
            since: SystemTime::now(),
        };
        self.backend.join(&self.key, member).await?;
        registering.finish().await
    }

    /// Removes every connection of a user on this node.
    pub(super) async fn unregister(&self, user: &str) -> Result<(), ClusterError> {
        let connections = self.members().of_user(user);
        for connection in connections {
            connection.forget(&self.key);
            self.members().remove(connection.id);
            self.backend.leave(&self.key, connection.id).await?;
        }
        Ok(())
    }

    async fn attach(self: &Arc<Self>) -> Result<(), ClusterError> {
        let mut attached = self.attached.lock().await;
        if !*attached {
            let this: Weak<Self> = Arc::downgrade(self);
            let head = self.backend.attach(&self.key, self.retention, this).await?;
            let mut members = self.members();
            members.head = members.head.or(head);
            *attached = true;
        }
        Ok(())
    }

    fn is_registered_as(&self, user: &str, id: ConnectionId) -> Result<(), RegisterError> {
        match self.members().user_of(id) {
            Some(registered) if registered != user => Err(RegisterError::OtherUser),
            _ => Ok(()),
        }
    }

    /// Adds a connection to those that are sent to, and gives it what it missed if it resumes.
    async fn admit(&self, user: &Arc<str>, connection: &Arc<Connection>) {
        let resumes = connection.resumes(&self.name);
        let head = {
            let mut members = self.members();
            let waits = matches!(resumes, Some(Some(_)));
            if let (false, Some(head)) = (waits, members.head) {
                self.greet(connection, head, resumes.map(|_| Why::Reset));
            }
            members.add(Arc::clone(user), Arc::clone(connection), waits);
            members.head
        };
        if let Some(Some(from)) = resumes {
            // From here on everything new is held, so that nothing lies between it and what is recovered.
            let recovery = self
                .backend
                .recover(&self.key, from)
                .await
                .unwrap_or(Recovery::Broken(Why::Unavailable));
            let mut members = self.members();
            let behind = match (recovery, head) {
                (Recovery::Exact(frames), _) => Some(self.resume(user, connection, from, &frames)),
                (Recovery::Broken(why), Some(head)) => {
                    self.greet(connection, head, Some(why));
                    Some(head)
                }
                (Recovery::Broken(_), None) => None,
            };
            members.release(connection.id, behind);
        }
    }

    /// Tells a session client where the channel stands, and why it has missed something.
    fn greet(&self, connection: &Connection, head: Position, gap: Option<Why>) {
        if connection.is_session() {
            let gap = gap.map(|why| protocol::gap(&self.name, why.as_str(), head));
            let joined = protocol::joined(&self.name, head, false);
            for message in [Some(joined), gap].into_iter().flatten() {
                drop(connection.outbox.push(message));
            }
        }
    }

    /// Sends what a connection has missed, and returns the position after it.
    fn resume(
        &self,
        user: &str,
        connection: &Connection,
        from: Position,
        frames: &[Frame],
    ) -> Position {
        let mut last = from;
        for (position, message) in frames.iter().flat_map(Frame::iter) {
            let Some(position) = position.filter(|position| position.seq > from.seq) else {
                continue;
            };
            last = position;
            let Message::Event { target, event } = message else {
                continue;
            };
            let meant = match target {
                Target::All => true,
                Target::Others(sender) => !connection.was(*sender),
                Target::User(other) => **other == *user,
            };
            if let (true, Ok(message)) = (
                meant,
                protocol::positioned(event.as_str(), &self.name, position),
            ) {
                drop(connection.outbox.push(message));
            }
        }
        drop(
            connection
                .outbox
                .push(protocol::joined(&self.name, last, true)),
        );
        last
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_length(event: &Encoded) -> Result<(), SendError> {
    match event.len() {
        length if length > LONGEST_EVENT => Err(SendError::TooLarge {
            length,
            limit: LONGEST_EVENT,
        }),
        _ => Ok(()),
    }
}

impl Sink for Core {
    fn deliver(&self, frame: &Frame) {
        let mut members = self.members();
        for (position, message) in frame.iter() {
            match (message, position) {
                (Message::Event { target, event }, Some(position)) => {
                    // Written once for this node, and shared by all who receive it.
                    if let Ok(event) = protocol::positioned(event.as_str(), &self.name, position) {
                        members.deliver(target, Some(position), &event);
                    }
                }
                (Message::Event { target, event }, None) => members.deliver(target, None, event),
                (Message::Disconnect(close), _) => members.close(close),
            }
        }
        members.head = frame.last.or(members.head);
    }

    fn note(&self, change: Change) {
        self.changes.note(change);
    }

    fn act_on_changes(&self) {
        self.changes.act();
    }
}

impl Membership for Core {
    fn send_to_others(&self, sender: ConnectionId, event: Encoded) -> Result<(), SendError> {
        self.publish(Message::Event {
            target: Target::Others(sender),
            event,
        })
    }

    fn leave(&self, connection: ConnectionId) -> BoxFuture<'_, ()> {
        async move {
            self.members().remove(connection);
            if let Err(error) = self.backend.leave(&self.key, connection).await {
                tracing::warn!(channel = self.name, %connection, %error, "the cluster was not told that a client left");
            }
        }
        .boxed()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.backend.detach(&self.key);
    }
}

/// Undoes a registration that does not come to its end, because it failed or because nobody waits for it any more.
struct Registering<'a> {
    core: &'a Core,
    connection: &'a Connection,
    done: bool,
}

impl Registering<'_> {
    /// The connection may have ended in the meantime, and left before it was a member.
    async fn finish(mut self) -> Result<(), RegisterError> {
        self.done = true;
        if self.connection.outbox.is_open()
            || self.core.members().user_of(self.connection.id).is_some()
        {
            return Ok(());
        }
        self.core
            .backend
            .leave(&self.core.key, self.connection.id)
            .await?;
        Err(RegisterError::Closed)
    }
}

impl Drop for Registering<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.connection.forget(&self.core.key);
            self.core.members().remove(self.connection.id);
        }
    }
}
