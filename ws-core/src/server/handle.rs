use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection;
use super::limits::Limits;
use crate::client::{self, Connection};
use crate::contract::{Contract, contract_hash};
use crate::error::SendError;
use crate::event::CarriesOne;
use crate::handler::Handlers;
use crate::protocol::{Close, CloseCode, ConnectionId, ConnectionKey};
use crate::tasks::Tasks;

/// A server of one contract: its handlers, its bounds, and its connections. Cheap to clone; clones are one server.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::{Client, Handlers, Limits, Server, WsEvent};
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// # #[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "room")] enum FromClient { Say(Say) }
/// # #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "room")] enum FromServer { Said(Said) }
/// # ws_core::contract!(Room = "room" { client: FromClient, server: FromServer });
/// # async fn say(_: Client<Room, ()>, _: Say) {}
/// let handlers = Handlers::<Room, ()>::new().handle_message(say).build();
/// let server = Server::new(handlers).with_limits(Limits::default().with_message(16 * 1024));
/// ```
pub struct Server<C: Contract, S> {
    pub(super) shared: Arc<Shared<C, S>>,
}

/// What all connections of a server have in common.
pub(super) struct Shared<C: Contract, S> {
    pub(super) handlers: Handlers<C, S>,
    pub(super) limits: Limits,
    pub(super) contract_hash: String,
    connections: Arc<Mutex<HashMap<ConnectionId, Weak<Connection>>>>,
    /// One for each connection that there may be.
    places: Arc<Semaphore>,
    tasks: Tasks,
}

/// The place of one connection, free again when it is dropped.
pub(crate) struct Place(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Why an upgrade is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server is shutting down; try again")]
    ShuttingDown,
    #[error("this server has as many connections as it may have; try again later")]
    Full,
}

impl<C: Contract, S: Send + Sync + 'static> Server<C, S> {
    /// A server with the default [`Limits`].
    pub fn new(handlers: Handlers<C, S>) -> Self {
        Self::build(handlers, Limits::default())
    }

    /// The same server with other limits. It has no connections yet.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self::build(self.shared.handlers.clone(), limits)
    }

    fn build(handlers: Handlers<C, S>, limits: Limits) -> Self {
        let shared = Shared {
            handlers,
            contract_hash: contract_hash::<C>(),
            connections: Arc::default(),
            places: Arc::new(Semaphore::new(
                limits.connections.min(Semaphore::MAX_PERMITS),
            )),
            tasks: Tasks::default(),
            limits,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// How many connections the server has at the moment.
    pub fn connections(&self) -> usize {
        self.shared
            .limits
            .connections
            .saturating_sub(self.shared.places.available_permits())
    }

    /// Sends an event to every client of this server, whatever channels it is in. It is queued when this returns, so that it
    /// leaves before the close of a [`shutdown`](Self::shutdown) that follows.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], and [`SendError::TooLarge`] above what an outbox holds. A client that does not take the event is
    /// being closed, and comes back.
    pub fn broadcast<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        let event = client::encode::<C, P, I>(payload)?;
        let connections = self.shared.connections();
        for connection in connections.values().filter_map(Weak::upgrade) {
            connection.outbox.holds(&event)?;
            connection.send_all([event.clone()]);
        }
        Ok(())
    }

    /// Ends the server: new upgrades are refused with HTTP status 503, and events that come from now on are not handled any
    /// more. Each connection is closed with 4001, which makes clients come back, as soon as its running handlers have
    /// finished; handlers that are still running after `deadline` are dropped. Returns when the last connection has ended:
    /// for a client that does not answer its close, the time of [`Limits::with_close`] after the deadline.
    pub async fn shutdown(&self, deadline: Duration) {
        // The close handshake comes last and has its own bound; the rest is computation.
        let last_steps = self.shared.limits.close + Duration::from_secs(1);
        self.shared.tasks.shut_down(deadline, last_steps).await;
    }

    /// Reserves a place for a connection.
    pub(crate) fn admit(&self) -> Result<Place, Refused> {
        if self.shared.tasks.is_draining() {
            return Err(Refused::ShuttingDown);
        }
        Arc::clone(&self.shared.places)
            .try_acquire_owned()
            .map(Place)
            .map_err(|_| Refused::Full)
    }

    /// Serves an upgraded connection, on a task of its own.
    pub(crate) fn serve<IO, F>(&self, place: Place, upgraded: F, session: S, speaks_session: bool)
    where
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        F: Future<Output = Option<IO>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let span =
            tracing::info_span!("connection", contract = C::NAME, id = tracing::field::Empty);
        self.shared.tasks.spawn(span, |signals| async move {
            let _place = place;
            // The peer may go away in the middle of its upgrade, and has not been a client then.
            if let Some(stream) = upgraded.await {
                connection::serve(shared, stream, session, speaks_session, signals).await;
            }
        });
    }
}

impl<C: Contract, S> Shared<C, S> {
    /// Notes a connection. The guard forgets it.
    pub(super) fn enter(&self, connection: &Arc<Connection>) -> Entered {
        self.connections()
            .insert(connection.id, Arc::downgrade(connection));
        Entered {
            id: connection.id,
            connections: Arc::clone(&self.connections),
        }
    }

    /// Closes a connection that its client has replaced with a new one.
    pub(super) fn replace(&self, key: ConnectionKey) {
        let ghost = self.connections().get(&key.id).and_then(Weak::upgrade);
        if let Some(ghost) = ghost.filter(|ghost| ghost.key == key) {
            ghost.close(Close::new(
                CloseCode::REPLACED,
                "replaced by a newer connection",
            ));
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<ConnectionId, Weak<Connection>>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is counted among those of a server.
pub(super) struct Entered {
    id: ConnectionId,
    connections: Arc<Mutex<HashMap<ConnectionId, Weak<Connection>>>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

impl<C: Contract, S> Clone for Server<C, S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C: Contract, S> fmt::Debug for Server<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("contract", &C::NAME)
            .finish_non_exhaustive()
    }
}
