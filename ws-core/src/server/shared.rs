//! What all connections of one server have in common.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::admission::{Admission, Permit};
use super::refusals::Refusals;
use super::registry::Registry;
use crate::client::Common;
use crate::contract::{Contract, contract_hash};
use crate::error::Refused;
use crate::event::EventEnums;
use crate::handler::Handlers;
use crate::limits::Limits;
use crate::metrics::ServerMetrics;
use crate::origin::{Denied, LoggedOrigins};
use crate::protocol::ConnectionKey;
use crate::tasks::Tasks;

/// The state of a server.
pub(super) struct Shared<C: Contract, S> {
    pub(super) handlers: Handlers<C, S>,
    pub(super) common: Arc<Common>,
    pub(super) contract_hash: String,
    pub(super) registry: Registry,
    pub(super) admission: Admission,
    pub(super) tasks: Tasks,
    stage: AtomicU8,
    /// The task that pings connections runs.
    is_swept: AtomicBool,
    refusals: Refusals,
    /// The origins of pages that the log says were refused.
    logged_origins: LoggedOrigins,
    /// The log says that there are clients of another contract.
    has_logged_other_contract: AtomicBool,
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

impl<C: Contract, S> Shared<C, S> {
    pub(super) fn new(handlers: Handlers<C, S>, limits: Limits) -> Self {
        let metrics = ServerMetrics::new(C::NAME, C::Server::EVENTS);
        Self {
            handlers,
            contract_hash: contract_hash::<C>(),
            registry: Registry::new(),
            admission: Admission::new(&limits),
            tasks: Tasks::default(),
            stage: AtomicU8::new(Stage::Running as u8),
            is_swept: AtomicBool::new(false),
            refusals: Refusals::default(),
            logged_origins: LoggedOrigins::default(),
            has_logged_other_contract: AtomicBool::new(false),
            common: Arc::new(Common::new(limits, metrics)),
        }
    }

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

    /// Enters a stage, and wakes every connection to see it.
    pub(super) fn enter_stage(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        for connection in self.registry.all() {
            connection.outbox.wake_task();
        }
    }

    /// Whether the caller is the first one, and is to start the sweep.
    pub(super) fn claim_sweep(&self) -> bool {
        !self.is_swept.swap(true, Ordering::Relaxed)
    }

    /// Takes a permit for a connection, from this address where it is known already.
    pub(super) fn admit(&self, address: Option<IpAddr>) -> Result<Permit, Refused> {
        let permit = match self.tasks.is_draining() {
            true => Err(Refused::ShuttingDown),
            false => self.admission.admit(address),
        };
        permit.inspect_err(|why| self.refuse(*why, address))
    }

    /// Adds the address of the socket to a permit that has none.
    pub(super) fn admit_socket(
        &self,
        permit: &mut Permit,
        address: Option<IpAddr>,
    ) -> Result<(), Refused> {
        let admitted = self.admission.admit_socket(permit, address, C::NAME);
        admitted.inspect_err(|why| self.refuse(*why, address))
    }

    /// Counts a connection that is not taken, and logs it, at most once a minute for each reason.
    fn refuse(&self, why: Refused, address: Option<IpAddr>) {
        self.common.metrics.refused(why);
        self.refusals.log(why, address, C::NAME, self.limits());
    }

    /// Counts a connection that is not taken because of the page that asks for it, and logs it once for each origin: in
    /// development, that is a page from another port.
    pub(super) fn refuse_page(&self, denied: &Denied) {
        self.common.metrics.refused(Refused::Origin);
        if self.logged_origins.is_first(denied) {
            tracing::warn!(
                contract = C::NAME,
                "refused: {denied}. This is logged once for each origin"
            );
        } else {
            tracing::debug!(contract = C::NAME, "refused: {denied}");
        }
    }

    /// Logs, once, that a client was generated from another contract: in development that is a forgotten `ws-codegen`, and in
    /// production a page that was opened before a release.
    pub(super) fn log_other_contract(&self) {
        if !self.has_logged_other_contract.swap(true, Ordering::Relaxed) {
            tracing::info!(
                contract = C::NAME,
                hash = self.contract_hash,
                "a client was generated from another contract than this server's; whatever both know still works. This is logged once"
            );
        }
    }

    /// Closes a connection of this server that its client has replaced with a new one. On other nodes, its channels do.
    pub(super) fn close_replaced(&self, key: ConnectionKey) {
        if let Some(ghost) = self.registry.find(key.id) {
            ghost.close_if_replaced(key);
        }
    }
}
