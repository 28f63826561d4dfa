//! [`Connection`]: one connection as the rest of the library sees it. Knows channels as what it is a member of.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::resume::Resume;
use super::{Common, Outbox, Share};
use crate::error::SendError;
use crate::protocol::{self, Close, CloseCode, ConnectionId, ConnectionKey, Encoded, Hello, Seen};
use crate::websocket::Output;

/// Something that connections are members of: a channel.
pub(crate) trait Membership: Send + Sync {
    /// What tells it from others.
    fn key(&self) -> &str;

    /// Its name, as the application knows it.
    fn name(&self) -> &str;

    /// Whether this connection has the membership, and no registration of it is still in progress.
    fn has(&self, connection: &Connection) -> bool;

    /// Sends a message to every other member.
    fn send_to_others(&self, sender: ConnectionId, message: Encoded) -> Result<(), SendError>;

    /// Ends the membership of this connection, which is sent nothing more from the call on. The future waits until the cluster was
    /// told, which happens even where the future is dropped.
    fn leave(&self, connection: ConnectionId) -> BoxFuture<'static, ()>;
}

/// One connection, whatever its contract.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// Known to the client alone.
    pub(crate) key: ConnectionKey,
    pub(crate) outbox: Outbox,
    common: Arc<Common>,
    is_session: bool,
    /// The application has accepted the client.
    is_let_in: AtomicBool,
    /// The credentials of a session client.
    token: Option<Box<str>>,
    /// The key of the connection that a session client had before.
    pub(crate) previous: Option<ConnectionKey>,
    /// The turn of the sweep in which the oldest unanswered ping was sent. 0 where there is none.
    awaited_since: AtomicU32,
    /// Where the client stood in the channels that it has not joined yet. `None` for most.
    resume: Mutex<Option<Box<Resume>>>,
    /// `None` once the connection has left everything for good.
    memberships: Mutex<Option<Vec<Arc<dyn Membership>>>>,
}

/// Why a connection did not become a member.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotEntered {
    /// It has ended.
    Closed,
    /// It has as many memberships as it may have.
    TooMany,
}

impl Connection {
    /// A connection that writes to `output`, or nowhere in tests and measurements. `hello` is what a session client said first.
    pub(crate) fn new(common: Arc<Common>, output: Option<Output>, hello: Option<Hello>) -> Self {
        let key = ConnectionKey::random();
        let is_session = hello.is_some();
        let hello = hello.unwrap_or_default();
        let resume = Resume::of(hello.resume, &common.limits);
        let resume = Some(resume).filter(|resume| !resume.is_empty());
        Self {
            id: key.id,
            key,
            outbox: Outbox::new(Arc::clone(&common), output),
            common,
            is_session,
            is_let_in: AtomicBool::new(false),
            token: hello.token,
            previous: hello.connection,
            awaited_since: AtomicU32::new(0),
            resume: Mutex::new(resume.map(Box::new)),
            memberships: Mutex::new(Some(Vec::new())),
        }
    }

    /// What it has in common with the others of its server.
    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// Counts what waits for it outside of its outbox.
    pub(crate) fn share(&self) -> Share {
        Share::of(Arc::clone(&self.common))
    }

    /// Whether the client speaks the protocol's session messages.
    pub(crate) fn is_session(&self) -> bool {
        self.is_session
    }

    /// Notes that the application has accepted the client.
    pub(crate) fn let_in(&self) {
        self.is_let_in.store(true, Ordering::Release);
    }

    /// Whether the application has accepted the client.
    pub(crate) fn is_let_in(&self) -> bool {
        self.is_let_in.load(Ordering::Acquire)
    }

    /// The credentials that a session client gave.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Notes that something has come from the client.
    pub(crate) fn mark_alive(&self) {
        // Read first: most of what comes answers no ping, and need not write to memory that the sweep shares.
        if self.awaited_since.load(Ordering::Relaxed) != 0 {
            self.awaited_since.store(0, Ordering::Relaxed);
        }
    }

    /// Asks the client for a sign of life, in this turn of the sweep.
    pub(crate) fn ping(&self, turn: u32) {
        let (none, now) = (0, turn.max(1));
        let asked = &self.awaited_since;
        // The time to answer counts from the oldest ping that is not answered.
        let _: Result<u32, u32> =
            asked.compare_exchange(none, now, Ordering::Relaxed, Ordering::Relaxed);
        // For a client without a session, its WebSocket library answers.
        let ping = match self.is_session {
            true => protocol::ping(),
            false => Encoded::ping_frame(),
        };
        self.send_all([ping]);
    }

    /// Closes it where nothing has come since a ping that was sent at least `due` turns ago.
    pub(crate) fn close_if_silent(&self, turn: u32, due: u32) {
        let since = self.awaited_since.load(Ordering::Relaxed);
        if since != 0 && turn.wrapping_sub(since) >= due {
            self.close(Close::new(
                CloseCode::PING_TIMEOUT,
                "no sign of life from the client",
            ));
        }
    }

    /// Takes the last position that the client has seen in a channel, for its first registration there. `None` where it does not
    /// resume; the inner `None` is a position that could not be read, or is not known any more.
    pub(crate) fn resumes(&self, channel: &str) -> Option<Option<Seen>> {
        let mut resume = self.resume();
        let position = resume.as_mut()?.take(channel);
        if resume.as_ref().is_some_and(|resume| resume.is_empty()) {
            *resume = None;
        }
        position
    }

    /// The channels in which the client stood, by its own account, and in which no registration has begun since.
    pub(crate) fn channels_to_resume(&self) -> Vec<String> {
        let resume = self.resume();
        resume
            .as_ref()
            .map_or_else(Vec::new, |resume| resume.names())
    }

    /// Notes that a registration in a channel was broken off. The client may have been given some of what is sent there, and the
    /// next registration tells it that the rest is missing.
    pub(crate) fn note_interrupted(&self, channel: &str) {
        if self.is_session {
            let most = self.common.limits.channels;
            let mut resume = self.resume();
            let resume = resume.get_or_insert_default();
            resume.note_interrupted(channel, most);
        }
    }

    /// The number of channels of which the position is kept.
    #[cfg(test)]
    pub(crate) fn kept_positions(&self) -> usize {
        let resume = self.resume();
        resume.as_ref().map_or(0, |resume| resume.kept().0)
    }

    fn resume(&self) -> MutexGuard<'_, Option<Box<Resume>>> {
        self.resume.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the id of this connection, or of the one that it replaces.
    pub(crate) fn is_or_was(&self, other: ConnectionId) -> bool {
        self.id == other || self.previous.is_some_and(|previous| previous.id == other)
    }

    /// Sends messages. A connection that does not take them is being closed, which tells the client.
    pub(crate) fn send_all(&self, messages: impl IntoIterator<Item = Encoded>) {
        for message in messages {
            if self.outbox.push(message).is_err() {
                return;
            }
        }
    }

    /// Closes it where this is its key: the client has a newer connection.
    pub(crate) fn close_if_replaced(&self, key: ConnectionKey) {
        if self.key == key {
            self.close(Close::new(
                CloseCode::REPLACED,
                "replaced by a newer connection",
            ));
        }
    }

    /// Closes it after what was sent before. A session client is told first.
    pub(crate) fn close(&self, close: Close) {
        self.close_spread(close, Duration::ZERO);
    }

    /// Closes it, and asks the client to come back at a random time within `spread`.
    pub(crate) fn close_spread(&self, close: Close, spread: Duration) {
        // The application is told later what the client is told now.
        let close = close.sent();
        let bye = self.is_session().then(|| protocol::bye(&close, spread));
        self.outbox.close(bye, close);
    }

    /// Adds a membership. `false` where it had that already.
    pub(crate) fn enter(&self, membership: Arc<dyn Membership>) -> Result<bool, NotEntered> {
        let mut memberships = self.memberships();
        let Some(memberships) = &mut *memberships else {
            return Err(NotEntered::Closed);
        };
        if memberships
            .iter()
            .any(|other| other.key() == membership.key())
        {
            return Ok(false);
        }
        if memberships.len() >= self.common.limits.channels {
            return Err(NotEntered::TooMany);
        }
        // Most connections have few.
        memberships.reserve_exact(1);
        memberships.push(membership);
        Ok(true)
    }

    /// Whether it has the membership of this key.
    pub(crate) fn is_in(&self, key: &str) -> bool {
        let memberships = self.memberships();
        let mut memberships = memberships.iter().flatten();
        memberships.any(|membership| membership.key() == key)
    }

    /// Forgets a membership that was ended from the other side.
    pub(crate) fn forget(&self, key: &str) {
        if let Some(memberships) = &mut *self.memberships() {
            memberships.retain(|membership| membership.key() != key);
        }
    }

    /// The names of the channels in which it is registered.
    pub(crate) fn channels(&self) -> Vec<String> {
        // A membership is asked with these unlocked.
        let memberships = self.current_memberships();
        let registered = memberships.iter().filter(|membership| membership.has(self));
        let names = registered.map(|membership| membership.name().to_owned());
        names.collect()
    }

    /// The memberships that it has now.
    pub(crate) fn current_memberships(&self) -> Vec<Arc<dyn Membership>> {
        self.memberships().clone().unwrap_or_default()
    }

    /// Ends every membership, and refuses new ones.
    pub(crate) async fn leave_all(&self) {
        let memberships = self.memberships().take().unwrap_or_default();
        join_all(
            memberships
                .iter()
                .map(|membership| membership.leave(self.id)),
        )
        .await;
    }

    fn memberships(&self) -> MutexGuard<'_, Option<Vec<Arc<dyn Membership>>>> {
        self.memberships
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
