//! [`Server`]: the handle that the application has of a server.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::admission::Permit;
use super::shared::{Shared, Stage};
use super::{connection, sweep};
use crate::client;
use crate::contract::Contract;
use crate::error::{Refused, SendError};
use crate::event::CarriesOne;
use crate::handler::Handlers;
use crate::limits::Limits;
use crate::origin::Denied;
use crate::websocket::Stream;

/// A server of one contract, with its handlers, its limits and its connections.
///
/// A `Server` is cheap to clone, and all clones are the same server.
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
/// let server = Server::new(handlers).with_limits(Limits::default().with_message_bytes(16 * 1024));
/// ```
pub struct Server<C: Contract, S> {
    pub(super) shared: Arc<Shared<C, S>>,
}

impl<C: Contract, S: Send + Sync + 'static> Server<C, S> {
    /// Creates a server with the default [`Limits`].
    pub fn new(handlers: Handlers<C, S>) -> Self {
        Self::build(handlers, Limits::default())
    }

    /// Returns a new server with the same handlers and the given limits.
    ///
    /// The new server has no connections yet, and clones that were made before still refer to the old one, so call this
    /// before anything else.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self::build(self.shared.handlers.clone(), limits)
    }

    fn build(handlers: Handlers<C, S>, limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared::new(handlers, limits)),
        }
    }

    /// Returns the current number of connections.
    pub fn connections(&self) -> usize {
        self.shared.admission.connections()
    }

    /// Sends an event to every client of this server, whatever channels it is in.
    ///
    /// Only clients that [`on_connected`](crate::handler::HandlersBuilder::on_connected) has accepted receive the
    /// event, not those for which the hook is still running or has failed. When this returns, the event is queued, so
    /// it leaves before the close of a subsequent [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Encode`] if the payload does not serialize, and [`SendError::TooLarge`] if the event does
    /// not fit into an outbox. A client that cannot take the event is closed, and reconnects; this is not an error.
    pub fn broadcast_local<P, I>(&self, payload: &P) -> Result<(), SendError>
    where
        P: Serialize,
        C::Server: CarriesOne<P, I>,
    {
        let event = client::encode::<C, P, I>(payload)?;
        let connections = self.shared.registry.all();
        for connection in connections.filter(|connection| connection.is_let_in()) {
            connection.outbox.check_length(&event)?;
            connection.send_all([event.clone()]);
        }
        let event = <C::Server as CarriesOne<P, I>>::NAME;
        self.shared.common.metrics.sent().broadcast(event, 1);
        Ok(())
    }

    /// Shuts the server down, and returns when the last connection has ended.
    ///
    /// New upgrades are refused with HTTP status 503, and events that arrive from now on are not handled. Each
    /// connection is closed with 4001, which makes clients reconnect, as soon as its running handlers have finished.
    /// Handlers that are still running after `deadline` are dropped. A client that does not read, or does not answer
    /// the close, delays the return until [`Limits::with_close_timeout`] after the deadline, plus one second.
    ///
    /// Shutting down takes no longer than the handlers do. With a deadline as long as [`Limits::with_handler_timeout`]
    /// (30 s by default), no running handler is cut off; a few seconds are enough for quick handlers. Call
    /// [`Cluster::close`](crate::Cluster::close) afterwards.
    pub async fn shutdown(&self, deadline: Duration) {
        let shared = &self.shared;
        shared.enter_stage(Stage::Draining);
        if shared.tasks.drain(deadline).await {
            return;
        }
        shared.enter_stage(Stage::Ending);
        // The close handshake comes last and has its own bound; the rest is computation.
        let last_steps = shared.limits().close + Duration::from_secs(1);
        shared.tasks.end(last_steps).await;
    }

    /// Returns `true` once a [`shutdown`](Self::shutdown) has begun.
    ///
    /// Use it in the health check that tells a load balancer to take this server out of rotation.
    pub fn is_shutting_down(&self) -> bool {
        self.shared.tasks.is_draining()
    }

    /// Takes a permit for a connection, from this address where it is known already.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Result<Permit, Refused> {
        self.shared.admit(address)
    }

    /// Counts a connection that is not accepted because of the page that asks for it. The log says so once for each origin.
    pub(crate) fn refuse_page(&self, denied: &Denied) {
        self.shared.refuse_page(denied);
    }

    /// Serves an upgraded connection, on a task of its own.
    pub(crate) fn serve<F>(&self, permit: Permit, upgraded: F, session: S, speaks_session: bool)
    where
        F: Future<Output = Option<Stream>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        if shared.claim_sweep() {
            let (server, common) = (Arc::downgrade(&shared), Arc::clone(&shared.common));
            let span = tracing::debug_span!("sweep", contract = C::NAME);
            shared
                .tasks
                .spawn(span, |signals| sweep::run(server, common, signals));
        }
        let span =
            tracing::info_span!("connection", contract = C::NAME, id = tracing::field::Empty);
        self.shared.tasks.spawn(span, |signals| {
            connection::serve(shared, permit, upgraded, session, speaks_session, signals)
        });
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
