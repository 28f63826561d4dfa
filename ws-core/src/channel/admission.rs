//! How a connection joins a channel, and leaves it.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::join_all;

use super::bounds::Misnamed;
use super::core::Core;
use super::entry::Stay;
use super::members::Members;
use super::registrations::Begun;
use crate::client::{Connection, Membership, NotEntered};
use crate::cluster::{Enrolment, GapReason, Member};
use crate::error::{ClusterError, RegisterError};
use crate::limits::LONGEST_CHANNEL;
use crate::protocol::{self, ConnectionId, Seen};

impl Core {
    /// Registers a connection: when this returns, everything that is sent to the channel reaches it.
    pub(super) async fn register(
        self: &Arc<Self>,
        user: &str,
        connection: &Arc<Connection>,
    ) -> Result<(), RegisterError> {
        let limit = connection.common().limits.name;
        if let Err(Misnamed { length, limit }) = self.check_name(limit) {
            return Err(RegisterError::ChannelName { length, limit });
        }
        let length = user.len();
        if length == 0 || length > limit {
            return Err(RegisterError::UserId { length, limit });
        }
        if self.tasks.is_draining() {
            return Err(ClusterError::Left.into());
        }
        self.attach().await?;
        let user: Arc<str> = user.into();
        let _registration = loop {
            match self.begin(connection)? {
                Begun::Now(registration) => break registration,
                Begun::Over => return self.is_registered_as(&user, connection),
                // That attempt may fail, or be dropped: then this one is made again.
                Begun::Before(end) => end.wait().await,
            }
        };
        let mut registering = Registering {
            core: self,
            connection,
            stay: None,
            done: false,
        };
        let (stay, seen) = self.admit(&user, connection);
        registering.stay = Some(stay);
        if let Some(seen) = seen {
            self.catch_up(&user, connection, stay, seen).await;
        }
        let Some(joined) = self.enrol_stay(user, connection, stay) else {
            return registering.finish();
        };
        self.work();
        joined.await?;
        registering.finish()
    }

    fn begin(self: &Arc<Self>, connection: &Connection) -> Result<Begun<'_>, RegisterError> {
        let place: Arc<dyn Membership> = Arc::<Self>::clone(self);
        let begun = self
            .registrations
            .begin(connection.id, || connection.enter(place));
        begun.map_err(|error| match error {
            NotEntered::Closed => RegisterError::Closed,
            NotEntered::TooMany => RegisterError::TooManyChannels,
        })
    }

    /// Tells the cluster that a connection joins. `None` where it has left meanwhile, and the cluster was told that.
    fn enrol_stay(
        &self,
        user: Arc<str>,
        connection: &Connection,
        stay: Stay,
    ) -> Option<impl Future<Output = Result<(), ClusterError>> + use<>> {
        let mut members = self.members();
        if !members.has(stay) {
            return None;
        }
        let joined = self.enrol(Enrolment::Join(Member {
            user,
            connection: connection.id,
            since: SystemTime::now(),
        }));
        if let Some(previous) = connection.previous {
            // After the join, so that the user is present all the time. Nobody waits for a connection that lingers.
            drop(self.enrol(Enrolment::Replace(previous)));
        }
        Some(joined)
    }

    /// Whether a registration of this connection has succeeded, and nothing has ended its membership since.
    pub(super) fn is_registered(&self, connection: &Connection) -> bool {
        let is_in = || connection.is_in(&self.key);
        self.registrations.is_over(connection.id, is_in)
    }

    /// Removes every connection of a user on this node.
    pub(super) async fn unregister(&self, user: &str) -> Result<(), ClusterError> {
        self.unregister_all(|members| members.of_user(user)).await
    }

    /// Removes one connection.
    pub(super) async fn unregister_connection(
        &self,
        connection: ConnectionId,
    ) -> Result<(), ClusterError> {
        let it = |members: &Members| members.find(connection).into_iter().collect();
        self.unregister_all(it).await
    }

    async fn unregister_all(
        &self,
        find: impl FnOnce(&Members) -> Vec<Arc<Connection>>,
    ) -> Result<(), ClusterError> {
        self.check_name(LONGEST_CHANNEL)?;
        let left: Vec<_> = {
            let mut members = self.members();
            let connections = find(&members).into_iter();
            // A connection that is registered again meanwhile comes after all of this, both here and in what the cluster is told.
            let left = connections.map(|connection| {
                if members.is_reading(connection.id) {
                    connection.note_interrupted(&self.name);
                }
                connection.forget(&self.key);
                self.registrations.end(connection.id);
                self.remove(&mut members, connection.id)
            });
            left.collect()
        };
        self.work();
        join_all(left).await.into_iter().collect()
    }

    fn is_registered_as(&self, user: &str, connection: &Connection) -> Result<(), RegisterError> {
        match self.members().user_of(connection.id) {
            Some(registered) if registered != user => Err(RegisterError::OtherUser),
            _ => Ok(()),
        }
    }

    /// Adds a connection to the members. Returns what it has seen where it resumes: then it is to be given what it missed.
    fn admit(&self, user: &Arc<str>, connection: &Arc<Connection>) -> (Stay, Option<Seen>) {
        let resumes = connection.resumes(&self.name);
        let seen = resumes.flatten();
        let mut members = self.members();
        if let (None, Some(now)) = (seen, members.now()) {
            self.greet(connection, now, resumes.map(|_| GapReason::Reset));
        }
        // From here on everything new is held, so that nothing is lost between that and what is read.
        let stay = members.add(Arc::clone(user), Arc::clone(connection), seen.is_some());
        (stay, seen)
    }

    /// Tells a session client where the channel stands, and why it has missed something.
    pub(super) fn greet(&self, connection: &Connection, now: Seen, gap: Option<GapReason>) {
        if connection.is_session() {
            let joined = protocol::joined(&self.name, now, false);
            let gap = gap.map(|why| protocol::gap(&self.name, why.as_str(), now));
            connection.send_all([joined].into_iter().chain(gap));
        }
    }
}

/// A registration in progress. Undone where it is dropped before its end, because it failed or nobody waits for it any more.
struct Registering<'a> {
    core: &'a Arc<Core>,
    connection: &'a Connection,
    stay: Option<Stay>,
    done: bool,
}

impl Registering<'_> {
    /// Ends it. Fails where the connection has left in the meantime.
    fn finish(mut self) -> Result<(), RegisterError> {
        self.done = self.connection.is_in(&self.core.key);
        if self.done {
            Ok(())
        } else {
            Err(RegisterError::Closed)
        }
    }
}

impl Drop for Registering<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        {
            let mut members = self.core.members();
            if self.stay.is_some_and(|stay| !members.has(stay)) {
                // Whoever ended the stay has told the cluster. The connection may be here by another registration, which stays.
                return;
            }
            self.connection.note_interrupted(&self.core.name);
            self.connection.forget(&self.core.key);
            drop(self.core.remove(&mut members, self.connection.id));
        }
        self.core.work();
    }
}
