use std::collections::HashMap;
use std::fmt;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::Outbox;
use crate::error::SendError;
use crate::protocol::{self, Close, ConnectionId, ConnectionKey, Encoded, Hello, Position};

/// A place where a connection is a member. Channels are.
pub(crate) trait Membership: Send + Sync {
    /// Sends a message to every other member.
    fn send_to_others(&self, sender: ConnectionId, message: Encoded) -> Result<(), SendError>;

    /// Ends the membership, of this connection alone: it is sent nothing more from the call on. Wait for the future to know
    /// that the cluster was told; it is told in any case.
    fn leave(&self, connection: ConnectionId) -> BoxFuture<'static, ()>;
}

/// One connection, whatever its contract.
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// Known to the client alone.
    pub(crate) key: ConnectionKey,
    pub(crate) outbox: Outbox,
    /// What a session client said first; `None` for a bare client.
    hello: Option<Hello>,
    /// The last position that the client has seen, of the channels that it has not joined yet.
    resume: Mutex<HashMap<String, Option<Position>>>,
    most_memberships: usize,
    /// `None` when the connection has left everything for good.
    memberships: Mutex<Option<HashMap<String, Arc<dyn Membership>>>>,
}

/// Why a connection does not become a member.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotEntered {
    /// It is gone.
    Closed,
    /// It is a member of as many places as it may be.
    TooMany,
}

impl Connection {
    pub(crate) fn new(outbox: usize, most_memberships: usize, mut hello: Option<Hello>) -> Self {
        let resume = hello.as_mut().map(|hello| take(&mut hello.resume));
        let key = ConnectionKey::random();
        Self {
            id: key.id,
            key,
            outbox: Outbox::new(outbox),
            hello,
            resume: Mutex::new(resume.unwrap_or_default()),
            most_memberships,
            memberships: Mutex::new(Some(HashMap::new())),
        }
    }

    /// Whether the client speaks the protocol's session messages.
    pub(crate) fn is_session(&self) -> bool {
        self.hello.is_some()
    }

    /// The last position in a channel that the client has seen, for its first registration there: behind that, everything
    /// was sent to it by this connection. The inner `None` is a position that could not be read.
    pub(crate) fn resumes(&self, channel: &str) -> Option<Option<Position>> {
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        resume.remove(channel)
    }

    /// Whether it continues that connection.
    pub(crate) fn was(&self, other: ConnectionId) -> bool {
        let previous = self.hello.as_ref().and_then(|hello| hello.connection);
        previous.is_some_and(|previous| previous.id == other)
    }

    /// Sends messages. A connection that does not take them is being closed, and its client is told so.
    pub(crate) fn send_all(&self, messages: impl IntoIterator<Item = Encoded>) {
        for message in messages {
            if self.outbox.push(message).is_err() {
                return;
            }
        }
    }

    /// Closes it after what was sent before. A session client is told first.
    pub(crate) fn close(&self, close: Close) {
        self.close_spread(close, Duration::ZERO);
    }

    /// Closes it, and asks the client to come back at a time that it picks by chance from the next `spread`.
    pub(crate) fn close_spread(&self, close: Close, spread: Duration) {
        let bye = self.is_session().then(|| protocol::bye(&close, spread));
        self.outbox.close(bye, close);
    }

    /// Makes it a member. `false` where it was one already.
    pub(crate) fn enter(&self, key: &str, place: Arc<dyn Membership>) -> Result<bool, NotEntered> {
        let mut memberships = self.memberships();
        let Some(memberships) = &mut *memberships else {
            return Err(NotEntered::Closed);
        };
        if memberships.contains_key(key) {
            return Ok(false);
        }
        if memberships.len() >= self.most_memberships {
            return Err(NotEntered::TooMany);
        }
        memberships.insert(key.to_owned(), place);
        Ok(true)
    }

    /// Whether it is a member there.
    pub(crate) fn is_in(&self, key: &str) -> bool {
        self.memberships()
            .as_ref()
            .is_some_and(|memberships| memberships.contains_key(key))
    }

    /// Forgets a membership that was ended by its place.
    pub(crate) fn forget(&self, key: &str) {
        if let Some(memberships) = &mut *self.memberships() {
            memberships.remove(key);
        }
    }

    /// Where it is a member now.
    pub(crate) fn places(&self) -> Vec<Arc<dyn Membership>> {
        self.memberships()
            .iter()
            .flatten()
            .map(|(_, place)| Arc::clone(place))
            .collect()
    }

    /// Ends every membership, and refuses new ones.
    pub(crate) async fn leave_all(&self) {
        let places = self.memberships().take();
        let places: Vec<_> = places.into_iter().flatten().collect();
        join_all(places.iter().map(|(_, place)| place.leave(self.id))).await;
    }

    fn memberships(&self) -> MutexGuard<'_, Option<HashMap<String, Arc<dyn Membership>>>> {
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
