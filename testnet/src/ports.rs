//! Ports for the servers of each node, all on loopback.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Range,
};

use crate::error::{During, Error, Result};

/// How many ports a node needs.
pub const PER_NODE: u16 = 4;
/// Lower ones belong to well-known services.
const LOWEST: u16 = 10_000;

/// `count` addresses that nothing listens on: those from `base` on, or any.
pub fn choose(count: usize, base: Option<u16>) -> Result<Vec<SocketAddr>> {
    let Some(base) = base else {
        return free(count);
    };
    let last = u16::try_from(count)
        .ok()
        .and_then(|count| base.checked_add(count));
    let last =
        last.ok_or_else(|| Error::Usage(format!("--base-port {base} leaves no room for {count} ports")))?;
    (base..last)
        .map(|port| {
            listen(port)
                .and_then(|listener| listener.local_addr())
                .during(|| format!("use port {port} (choose another --base-port)"))
        })
        .collect()
}

/// Free ports in rising order from a random one on. All are held until the last is found.
fn free(count: usize) -> Result<Vec<SocketAddr>> {
    let range = lasting();
    let span = u64::from(range.end - range.start).max(1);
    let random = RandomState::new().hash_one(count) % span;
    // Round numbers are easier to tell apart.
    let start = range.start + u16::try_from(random).unwrap_or(0) / 10 * 10;
    let held: Vec<TcpListener> = (start..range.end)
        .chain(range.start..start)
        .filter_map(|port| listen(port).ok())
        .take(count)
        .collect();
    if held.len() < count {
        return Err(Error::Usage(format!(
            "of {count} free ports between {} and {} only {} were found; stop something, or choose a --base-port",
            range.start,
            range.end,
            held.len()
        )));
    }
    let addresses = held
        .iter()
        .map(TcpListener::local_addr)
        .collect::<std::io::Result<_>>();
    addresses.during(|| "read a port's number".into())
}

/// Below those that outgoing connections are given, so that a port is still free
/// when its node starts again.
fn lasting() -> Range<u16> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let ephemeral = range.split_whitespace().next().and_then(|low| low.parse().ok());
    let end = ephemeral.filter(|low| *low > LOWEST + 1_000).unwrap_or(32_768);
    LOWEST..end
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_differ() {
        let mut ports = choose(16, None).unwrap();
        ports.dedup();
        assert_eq!(ports.len(), 16);
        assert!(ports.iter().all(|address| lasting().contains(&address.port())));
    }

    #[test]
    fn a_port_in_use_is_named() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let error = choose(1, Some(port)).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()), "{error}");
        assert!(error.contains("choose another --base-port"), "{error}");
        assert!(choose(10, Some(u16::MAX)).is_err());
    }
}
