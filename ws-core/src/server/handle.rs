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
/// let server = Server::new(handlers).with_limits(Limits::default().with_message_bytes(16 * 1024));
/// ```
pub struct Server<C: Contract, S> {
    pub(super) shared: Arc<Shared<C, S>>,
}

impl<C: Contract, S: Send + Sync + 'static> Server<C, S> {
    /// A server with the default [`Limits`].
    pub fn new(handlers: Handlers<C, S>) -> Self {
        Self::build(handlers, Limits::default())
    }

    /// Another server with the same handlers and these limits, which has no connections yet. So call it before anything else: a
    /// clone that was made before is still the server that it was.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self::build(self.shared.handlers.clone(), limits)
    }

    fn build(handlers: Handlers<C, S>, limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared::new(handlers, limits)),
        }
    }

    /// How many connections the server has at the moment.
    pub fn connections(&self) -> usize {
        self.shared.admission.connections()
    }

    /// Sends an event to every client of this server, whatever channels it is in, that
    /// [`on_connected`](crate::handler::HandlersBuilder::on_connected) has let in: who is still judged, or was refused, does not
    /// hear it. It is queued when this returns, so that it leaves before the close of a [`shutdown`](Self::shutdown) that
    /// follows.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`], and [`SendError::TooLarge`] above what an outbox holds. A client that does not take the event is
    /// being closed, and comes back.
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

    /// Ends the server: new upgrades are refused with HTTP status 503, and events that come from now on are not handled any
    /// more. Each connection is closed with 4001, which makes clients come back, as soon as its running handlers have
    /// finished; handlers that are still running after `deadline` are dropped. Returns when the last connection has ended:
    /// for a client that does not read or does not answer its close, the time of [`Limits::with_close_timeout`] after the deadline, and
    /// a second.
    ///
    /// It takes no longer than its handlers. With a deadline as long as [`Limits::with_handler_timeout`] (30 s by default) none that runs
    /// is cut off; one of a few seconds suits handlers that are quick. [`Cluster::close`](crate::Cluster::close) comes after it.
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

    /// Whether a [`shutdown`](Self::shutdown) has begun: for the health check by which a load balancer leaves this server out.
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
