//! A connection's way into a channel: what it missed, if it comes back, and then everything.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::core::Core;
use super::members::Given;
use crate::client::{Connection, Membership, NotEntered};
use crate::cluster::{Enrolment, Frame, Member, Message, Recovery, Target, Why};
use crate::error::RegisterError;
use crate::protocol::{self, Early, Encoded, Position, Seen};

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
        let joined = self.enrol(Enrolment::Join(member));
        if let Some(previous) = connection.previous {
            // Behind it, so that the user is there all the time. Nobody waits for the end of a connection that lingers.
            drop(self.enrol(Enrolment::Replace(previous)));
        }
        joined.await?;
        registering.finish()
    }

    fn is_registered_as(&self, user: &str, connection: &Connection) -> Result<(), RegisterError> {
        match self.members().user_of(connection.id) {
            Some(registered) if registered != user => Err(RegisterError::OtherUser),
            _ => Ok(()),
        }
    }

    /// Adds a connection to those that are sent to, and gives it what it missed if it resumes.
    async fn admit(self: &Arc<Self>, user: &Arc<str>, connection: &Arc<Connection>) {
        let resumes = connection.resumes(&self.name);
        let (now, early) = {
            let mut members = self.members();
            let waits = matches!(resumes, Some(Some(_)));
            if let (false, Some(now)) = (waits, members.now()) {
                self.greet(connection, now, resumes.map(|_| Why::Reset));
            }
            members.add(Arc::clone(user), Arc::clone(connection), waits);
            (members.now(), members.early().publications())
        };
        let Some(Some(seen)) = resumes else {
            return;
        };
        // From here on everything new is held, so that nothing lies between it and what is recovered.
        let recovery = self.backend.recover(&self.key, seen.at).await;
        let given = match (recovery, now) {
            (_, None) => None,
            (Ok(Recovery::Exact(frames)), Some(now)) => {
                let return_ = Returning {
                    core: self,
                    user,
                    connection,
                    seen,
                    is_ahead: seen.at.seq > now.at.seq,
                };
                Some(return_.resume(&frames, &early).await)
            }
            // The client has seen more than this node, which cannot look it up now, but will come to it.
            (Err(_), Some(now)) if seen.at.seq > now.at.seq => {
                connection.send_all([protocol::joined(&self.name, seen, true)]);
                self.confirm_later(connection, seen.at);
                Some(Given {
                    at: seen.at,
                    early: seen.early,
                    only_log: true,
                })
            }
            (broken, Some(now)) => {
                let why = match broken {
                    Ok(Recovery::Broken { why, .. }) => why,
                    _ => Why::Unavailable,
                };
                // What another node gave early may still come, and not twice.
                let elsewhere = seen
                    .early
                    .filter(|seen| now.early.is_none_or(|here| here.first != seen.first));
                let now = Seen {
                    early: elsewhere.or(now.early),
                    ..now
                };
                self.greet(connection, now, Some(why));
                Some(Given {
                    at: now.at,
                    early: now.early,
                    only_log: elsewhere.is_some(),
                })
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

    /// See [`confirm`].
    pub(super) fn confirm_later(self: &Arc<Self>, connection: &Arc<Connection>, seen: Position) {
        let confirming = confirm(Arc::clone(self), Arc::downgrade(connection), seen);
        self.tasks.start(confirming);
    }

    fn release(&self, connection: &Connection, given: Option<Given>) -> Option<Vec<Encoded>> {
        self.members().release(connection.id, given)
    }

    /// Tells a session client where the channel stands, and why it has missed something.
    fn greet(&self, connection: &Connection, now: Seen, gap: Option<Why>) {
        if connection.is_session() {
            let joined = protocol::joined(&self.name, now, false);
            let gap = gap.map(|why| protocol::gap(&self.name, why.as_str(), now));
            connection.send_all([joined].into_iter().chain(gap));
        }
    }
}

/// Looks up the position with which a connection has come, as soon as the log can be read, and tells it where that is of
/// another log.
async fn confirm(core: Arc<Core>, connection: Weak<Connection>, seen: Position) {
    loop {
        match core.backend.recover(&core.key, seen).await {
            Ok(Recovery::Exact(_)) => return,
            Ok(Recovery::Broken { why, .. }) => {
                let Some(connection) = connection.upgrade() else {
                    return;
                };
                let now = core.members().rewind(connection.id);
                let gap = now.map(|now| protocol::gap(&core.name, why.as_str(), now));
                return connection.send_all(gap);
            }
            Err(_) if connection.strong_count() == 0 => return,
            Err(_) => sleep(Duration::from_millis(250)).await,
        }
    }
}

/// A connection that comes back.
struct Returning<'a> {
    core: &'a Core,
    user: &'a str,
    connection: &'a Connection,
    seen: Seen,
    /// It has seen more of the log than this node.
    is_ahead: bool,
}

impl Returning<'_> {
    /// Sends what a connection has missed, as fast as it takes it: what the log has, and then what this node has given early.
    /// It may be more than an outbox holds.
    async fn resume(&self, frames: &[Frame], early: &[(Early, Arc<[Message]>)]) -> Given {
        let Seen {
            at,
            early: seen_early,
        } = self.seen;
        let mut given = Given {
            at,
            early: seen_early,
            only_log: false,
        };
        let was_early = |nonce, index| seen_early.is_some_and(|early| early.has(nonce, index));
        let messages = frames.iter().flat_map(|frame| frame.iter().enumerate());
        for (index, (position, message)) in messages {
            let Some(position) = position.filter(|position| position.seq > at.seq) else {
                continue;
            };
            given.at = position;
            if !was_early(position.nonce, index) {
                // What was given early may lie behind this, and the client may go before it comes to that.
                let seen = Seen {
                    at: position,
                    early: seen_early,
                };
                self.send(message, seen).await;
            }
        }
        // What another node gave early, and the log does not have, goes before what this node gave early, if it ever comes.
        let is_logged = |nonce| {
            let mut frames = frames.iter().filter_map(|frame| frame.last);
            frames.any(|last| last.nonce == nonce)
        };
        let is_elsewhere = seen_early.is_some_and(|seen| {
            !is_logged(seen.last())
                && early
                    .first()
                    .is_none_or(|(here, _)| here.first != seen.first)
        });
        // Of what this node gave early, a client that is ahead may have been given some from the log.
        given.only_log = is_elsewhere || (self.is_ahead && !early.is_empty());
        if !given.only_log {
            for (marks, messages) in early {
                let nonce = marks.last();
                let unseen = messages.iter().enumerate();
                for (index, message) in unseen.filter(|(index, _)| !was_early(nonce, *index)) {
                    if !is_logged(nonce) {
                        let seen = Seen::early(given.at, marks.up_to(index));
                        self.send(message, seen).await;
                    }
                }
                given.early = Some(*marks);
            }
        }
        let now = Seen {
            at: given.at,
            early: given.early,
        };
        self.connection
            .send_all([protocol::joined(&self.core.name, now, true)]);
        given
    }

    async fn send(&self, message: &Message, seen: Seen) {
        let Message::Event { target, event } = message else {
            return;
        };
        let is_meant = match target {
            Target::All => true,
            Target::Others(sender) => !self.connection.is_or_was(*sender),
            Target::User(other) => **other == *self.user,
        };
        if is_meant {
            self.connection.outbox.room().await;
            let event = protocol::positioned(event, &self.core.name, seen);
            self.connection.send_all([event]);
        }
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
