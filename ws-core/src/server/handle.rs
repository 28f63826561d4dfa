use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::addresses::{AddressPlace, Addresses};
use super::registry::Registry;
use super::{connection, sweep};
use crate::client::{self, Common};
use crate::contract::{Contract, contract_hash};
use crate::error::SendError;
use crate::event::{CarriesOne, EventEnums};
use crate::handler::Handlers;
use crate::limits::Limits;
use crate::metrics::ServerMetrics;
use crate::protocol::ConnectionKey;
use crate::tasks::Tasks;
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

/// What all connections of a server have in common.
pub(super) struct Shared<C: Contract, S> {
    pub(super) handlers: Handlers<C, S>,
    pub(super) common: Arc<Common>,
    pub(super) contract_hash: String,
    pub(super) registry: Registry,
    /// One for each connection that there may be.
    places: Arc<Semaphore>,
    addresses: Addresses,
    stage: AtomicU8,
    is_swept: AtomicBool,
    /// The operator was told that addresses are not known.
    is_warned: AtomicBool,
    /// The log says that there are clients of another contract.
    has_met_another_version: AtomicBool,
    tasks: Tasks,
}

/// How far a server is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Running,
    /// Nothing new is begun.
    Draining,
    /// What still runs is dropped.
    Ending,
}

/// The place of one connection, free again when it is dropped.
pub(crate) struct Place {
    #[expect(dead_code, reason = "held for its drop")]
    place: OwnedSemaphorePermit,
    address: Option<AddressPlace>,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server is shutting down; try again")]
    ShuttingDown,
    #[error("this server has reached its connection limit; try again later")]
    Full,
    #[error("your address has reached its connection limit; try again later")]
    TooManyFromAddress,
    #[error("pages of this origin may not connect")]
    Origin,
}

#[cfg(feature = "metrics")]
impl Refused {
    pub(crate) const ALL: [Self; 4] = [
        Self::ShuttingDown,
        Self::Full,
        Self::TooManyFromAddress,
        Self::Origin,
    ];

    /// Its name among what is counted.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::Full => "full",
            Self::TooManyFromAddress => "address",
            Self::Origin => "origin",
        }
    }
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
        let metrics = ServerMetrics::new(C::NAME, C::Server::EVENTS);
        let shared = Shared {
            handlers,
            contract_hash: contract_hash::<C>(),
            registry: Registry::new(),
            places: Arc::new(Semaphore::new(limits.connections)),
            addresses: Addresses::default(),
            stage: AtomicU8::new(Stage::Running as u8),
            is_swept: AtomicBool::new(false),
            is_warned: AtomicBool::new(false),
            has_met_another_version: AtomicBool::new(false),
            tasks: Tasks::default(),
            common: Arc::new(Common::new(limits, metrics)),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the current number of connections.
    pub fn connections(&self) -> usize {
        let free = self.shared.places.available_permits();
        self.shared.limits().connections.saturating_sub(free)
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
            connection.outbox.holds(&event)?;
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

    /// Reserves a place for a connection, from this address where it is known already.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Result<Place, Refused> {
        let shared = &self.shared;
        if self.is_shutting_down() {
            return Err(shared.refuse(Refused::ShuttingDown));
        }
        let place = Arc::clone(&shared.places).try_acquire_owned();
        let mut place = Place {
            place: place.map_err(|_| shared.refuse(Refused::Full))?,
            address: None,
        };
        shared.take_address(&mut place, address)?;
        Ok(place)
    }

    /// Counts a connection that is not taken because of the page that asks for it.
    pub(crate) fn refuse_page(&self) {
        self.shared.refuse(Refused::Origin);
    }

    /// Serves an upgraded connection, on a task of its own.
    pub(crate) fn serve<F>(&self, place: Place, upgraded: F, session: S, speaks_session: bool)
    where
        F: Future<Output = Option<Stream>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        if !shared.is_swept.swap(true, Ordering::Relaxed) {
            let (server, common) = (Arc::downgrade(&shared), Arc::clone(&shared.common));
            let span = tracing::debug_span!("sweep", contract = C::NAME);
            shared
                .tasks
                .spawn(span, |signals| sweep::run(server, common, signals));
        }
        let span =
            tracing::info_span!("connection", contract = C::NAME, id = tracing::field::Empty);
        self.shared.tasks.spawn(span, |signals| {
            connection::serve(shared, place, upgraded, session, speaks_session, signals)
        });
    }
}

impl<C: Contract, S> Shared<C, S> {
    pub(super) fn limits(&self) -> &Limits {
        &self.common.limits
    }

    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Running,
            1 => Stage::Draining,
            _ => Stage::Ending,
        }
    }

    /// Lets every connection see how far the server is.
    fn enter_stage(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        for connection in self.registry.all() {
            connection.outbox.rouse();
        }
    }

    /// Reserves a place among those of an address, where it is known, unless the connection has one.
    fn take_address(&self, place: &mut Place, address: Option<IpAddr>) -> Result<(), Refused> {
        let limit = self.limits().connections_per_address;
        if let (Some(address), Some(limit), None) = (address, limit, &place.address) {
            place.address = self.addresses.enter(address, limit);
            if place.address.is_none() {
                return Err(self.refuse(Refused::TooManyFromAddress));
            }
        }
        Ok(())
    }

    /// Reserves a place among those of the address that the socket has, unless the connection has one. Where nobody knows the
    /// address, the bound holds nobody back, and the operator is told so.
    pub(super) fn take_address_of_socket(
        &self,
        place: &mut Place,
        address: Option<IpAddr>,
    ) -> Result<(), Refused> {
        self.take_address(place, address)?;
        let is_bounded = self.limits().connections_per_address.is_some();
        if is_bounded && place.address.is_none() && !self.is_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                contract = C::NAME,
                "connections per address are not limited, because the addresses of clients are unknown: serve with \
                 `into_make_service_with_connect_info::<SocketAddr>()`, or call `WsUpgrade::with_client_address`"
            );
        }
        Ok(())
    }

    /// A client was generated from another contract. The log says so once: in development that is a forgotten `ws-codegen`, and
    /// in production a page that was opened before a release.
    pub(super) fn meet_another_version(&self) {
        if !self.has_met_another_version.swap(true, Ordering::Relaxed) {
            tracing::info!(
                contract = C::NAME,
                hash = self.contract_hash,
                "a client was generated from another contract than this server's; whatever both know still works. This is logged once"
            );
        }
    }

    /// Counts a connection that is not taken.
    fn refuse(&self, why: Refused) -> Refused {
        self.common.metrics.refused(why);
        why
    }

    /// Closes a connection of this server that its client has replaced with a new one. On other nodes, its channels do.
    pub(super) fn replace(&self, key: ConnectionKey) {
        if let Some(ghost) = self.registry.find(key.id) {
            ghost.close_if_replaced(key);
        }
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
