//! A connection's way into a channel: what it missed, if it comes back, and then everything.

use std::sync::Arc;
use std::time::SystemTime;

use super::core::Core;
use crate::client::{Connection, Membership, NotEntered};
use crate::cluster::{Enrolment, Frame, Member, Message, Recovery, Target, Why};
use crate::error::RegisterError;
use crate::protocol::{self, Encoded, Position};

impl Core {
    /// Registers a connection: when this returns, everything that is sent to the channel reaches it.
    pub(super) async fn register(
        self: &Arc<Self>,
        user: &str,
        connection: &Arc<Connection>,
    ) -> Result<(), RegisterError> {
        let (length, limit) = (self.name.len(), connection.common().limits.name);
        if length == 0 || length > limit {
            return Err(RegisterError::ChannelName { length, limit });
        }
        let length = user.len();
        if length == 0 || length > limit {
            return Err(RegisterError::UserId { length, limit });
        }
        self.attach().await?;
        let user: Arc<str> = user.into();
        let place: Arc<dyn Membership> = Arc::<Self>::clone(self);
        match connection.enter(place) {
            Ok(true) => {}
            Ok(false) => return self.is_registered_as(&user, connection),
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
        self.enrol(Enrolment::Join(member)).await?;
        registering.finish()
    }

    fn is_registered_as(&self, user: &str, connection: &Connection) -> Result<(), RegisterError> {
        match self.members().user_of(connection.id) {
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
            if let (false, Some(head)) = (waits, members.head()) {
                self.greet(connection, head, resumes.map(|_| Why::Reset));
            }
            members.add(Arc::clone(user), Arc::clone(connection), waits);
            members.head()
        };
        let Some(Some(from)) = resumes else {
            return;
        };
        // From here on everything new is held, so that nothing lies between it and what is recovered.
        let recovery = self.backend.recover(&self.key, from).await;
        let given = match (recovery, head) {
            (_, None) => None,
            (Ok(Recovery::Exact(frames)), Some(_)) => {
                Some(self.resume(user, connection, from, &frames).await)
            }
            (broken, Some(head)) => {
                let why = match broken {
                    Ok(Recovery::Broken { why, .. }) => why,
                    _ => Why::Unavailable,
                };
                self.greet(connection, head, Some(why));
                Some(head)
            }
        };
        // It may be more than an outbox holds, and more may come meanwhile.
        while let Some(held) = self.release(connection, given) {
            for message in held {
                connection.outbox.room().await;
                connection.send_all([message]);
            }
        }
    }

    fn release(&self, connection: &Connection, given: Option<Position>) -> Option<Vec<Encoded>> {
        self.members().release(connection.id, given)
    }

    /// Tells a session client where the channel stands, and why it has missed something.
    fn greet(&self, connection: &Connection, head: Position, gap: Option<Why>) {
        if connection.is_session() {
            let joined = protocol::joined(&self.name, head, false);
            let gap = gap.map(|why| protocol::gap(&self.name, why.as_str(), head));
            connection.send_all([joined].into_iter().chain(gap));
        }
    }

    /// Sends what a connection has missed, as fast as it takes it, and returns the position after it. It may be more than an
    /// outbox holds.
    async fn resume(
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
            let is_meant = match target {
                Target::All => true,
                Target::Others(sender) => !connection.was(*sender),
                Target::User(other) => **other == *user,
            };
            if is_meant {
                connection.outbox.room().await;
                connection.send_all([protocol::positioned(event, &self.name, position)]);
            }
        }
        connection.send_all([protocol::joined(&self.name, last, true)]);
        last
    }
}

/// Undoes a registration that does not come to its end, because it failed or because nobody waits for it any more.
struct Registering<'a> {
    core: &'a Arc<Core>,
    connection: &'a Connection,
    done: bool,
}

impl Registering<'_> {
    /// The connection may have left in the meantime, before it was here.
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
        if !self.done {
            self.connection.forget(&self.core.key);
            drop(self.core.remove(self.connection.id));
        }
    }
}
