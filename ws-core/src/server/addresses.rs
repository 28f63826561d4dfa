//! How many connections come from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of each address, where their number is bounded.
#[derive(Clone, Default)]
pub(super) struct Addresses {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Counts a connection of an address until it is dropped.
pub(super) struct AddressPermit {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// `None` where the address has as many connections as it may have.
    pub(super) fn enter(&self, address: IpAddr, limit: usize) -> Option<AddressPermit> {
        let address = network(address);
        let mut counts = self.counts();
        let count = counts.get(&address).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        counts.insert(address, count + 1);
        Some(AddressPermit {
            addresses: self.clone(),
            address,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// An IPv6 host has a whole /64 network of addresses (RFC 6177, section 2), which counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

/// What counts as one with this address, as a firewall writes it.
pub(super) fn name(address: IpAddr) -> String {
    match network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_ended_connection_makes_room_for_another() {
        let addresses = Addresses::default();
        let first = addresses.enter(address("192.0.2.1"), 1);
        assert!(first.is_some());
        assert!(addresses.enter(address("192.0.2.1"), 1).is_none());
        assert!(addresses.enter(address("::ffff:192.0.2.1"), 1).is_none());
        assert!(addresses.enter(address("192.0.2.2"), 1).is_some());
        drop(first);
        assert!(addresses.enter(address("192.0.2.1"), 1).is_some());
        assert!(addresses.counts().is_empty());
    }

    #[test]
    fn nothing_is_kept_of_an_address_that_has_no_connection() {
        let addresses = Addresses::default();
        assert!(addresses.enter(address("192.0.2.1"), 0).is_none());
        assert!(addresses.counts().is_empty());
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let addresses = Addresses::default();
        let _first = addresses.enter(address("2001:db8::1"), 1);
        assert!(addresses.enter(address("2001:db8::ffff:1"), 1).is_none());
        assert!(addresses.enter(address("2001:db8:0:1::1"), 1).is_some());
    }
}
