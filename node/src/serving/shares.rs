//! Places of which no single address gets more than a part.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use parking_lot::Mutex;

/// One address gets at most this part of the places.
const PART: usize = 4;

/// What each address holds. This machine is not counted: a proxy on it speaks
/// for many.
#[derive(Debug)]
pub(crate) struct Shares {
    most: usize,
    held: Mutex<BTreeMap<IpAddr, usize>>,
}

impl Shares {
    /// Shares of `places`.
    pub(crate) fn of(places: usize) -> Arc<Self> {
        Arc::new(Self {
            most: places.div_ceil(PART),
            held: Mutex::default(),
        })
    }

    /// A place for `address`; `None` when it holds its part already.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Share> {
        let owner = owner(address);
        if let Some(owner) = owner {
            let mut held = self.held.lock();
            let count = held.entry(owner).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Share {
            shares: self.clone(),
            owner,
        })
    }
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    owner: Option<IpAddr>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(owner) = self.owner else { return };
        let mut held = self.shares.held.lock();
        if let Some(count) = held.get_mut(&owner) {
            *count -= 1;
            if *count == 0 {
                held.remove(&owner);
            }
        }
    }
}

/// Whom an address stands for: with IPv6 everybody has a whole /64 network. `None` for this
/// machine.
pub(crate) fn owner(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            Some(Ipv6Addr::from_bits(network).into())
        }
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_gets_a_quarter_and_leaves_the_rest_to_others() {
        let shares = Shares::of(8);
        let held = [shares.take(address("10.0.0.1")), shares.take(address("10.0.0.1"))];
        assert!(held.iter().all(Option::is_some));
        assert!(shares.take(address("::ffff:10.0.0.1")).is_none());
        assert!(shares.take(address("10.0.0.2")).is_some());
        drop(held);
        assert!(shares.take(address("10.0.0.1")).is_some());
        assert!(shares.held.lock().is_empty(), "what is given back is forgotten");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let shares = Shares::of(1);
        let _held = shares.take(address("2001:db8::1")).unwrap();
        assert!(shares.take(address("2001:db8::2")).is_none());
        assert!(shares.take(address("2001:db8:0:1::2")).is_some());
    }

    #[test]
    fn a_proxy_on_this_machine_speaks_for_many() {
        let shares = Shares::of(1);
        let held = [(); 50].map(|()| shares.take(address("127.0.0.1")));
        assert!(held.iter().all(Option::is_some));
    }
}
