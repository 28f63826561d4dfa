//! Which connections are taken: how many there may be, altogether and of each address. Knows addresses, and nothing of what a
//! connection says.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::addresses::{AddressPermit, Addresses};
use crate::error::Refused;
use crate::limits::Limits;

/// The bounds on the connections of a server, and what is taken of them.
pub(super) struct Admission {
    /// One permit for each connection that there may be.
    permits: Arc<Semaphore>,
    limit: usize,
    addresses: Addresses,
    per_address: Option<usize>,
    /// The operator was told that addresses are not known.
    is_warned: AtomicBool,
}

/// Lets one connection be. Counts until it is dropped.
pub(crate) struct Permit {
    #[expect(dead_code, reason = "held for its drop")]
    connection: OwnedSemaphorePermit,
    address: Option<AddressPermit>,
}

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.connections)),
            limit: limits.connections,
            addresses: Addresses::default(),
            per_address: limits.connections_per_address,
            is_warned: AtomicBool::new(false),
        }
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> usize {
        self.limit.saturating_sub(self.permits.available_permits())
    }

    /// Takes a permit, also of the address where that is known already.
    pub(super) fn admit(&self, address: Option<IpAddr>) -> Result<Permit, Refused> {
        let connection = Arc::clone(&self.permits).try_acquire_owned();
        let mut permit = Permit {
            connection: connection.map_err(|_| Refused::Full)?,
            address: None,
        };
        self.admit_address(&mut permit, address)?;
        Ok(permit)
    }

    /// Adds the address to a permit, where the address is known and the permit has none.
    fn admit_address(&self, permit: &mut Permit, address: Option<IpAddr>) -> Result<(), Refused> {
        if let (Some(address), Some(limit), None) = (address, self.per_address, &permit.address) {
            permit.address = self.addresses.enter(address, limit);
            if permit.address.is_none() {
                return Err(Refused::TooManyFromAddress);
            }
        }
        Ok(())
    }

    /// Adds the address of the socket to a permit that has none. Where the address is not known, the limit does not apply,
    /// and the log says so once.
    pub(super) fn admit_socket(
        &self,
        permit: &mut Permit,
        address: Option<IpAddr>,
        contract: &str,
    ) -> Result<(), Refused> {
        self.admit_address(permit, address)?;
        let is_unbounded = self.per_address.is_some() && permit.address.is_none();
        if is_unbounded && !self.is_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                contract,
                "connections per address are not limited, because the addresses of clients are unknown: serve with \
                 `into_make_service_with_connect_info::<SocketAddr>()`, or call `WsUpgrade::with_client_address`"
            );
        }
        Ok(())
    }
}
