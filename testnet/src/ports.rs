//! Ports for the servers of each node, all on loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::error::{During, Error, Result};

/// How many ports a node needs.
pub const PER_NODE: u16 = 4;

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
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpListener::bind(address)
                .map(|_| address)
                .during(|| format!("use port {port} (choose another --base-port)"))
        })
        .collect()
}

/// Asks the system for ports and holds them all until the last is found, so that no two are equal.
fn free(count: usize) -> Result<Vec<SocketAddr>> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<std::io::Result<_>>()
        .during(|| format!("find {count} free ports"))?;
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<std::io::Result<_>>();
    addresses.during(|| "read a port's number".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_differ() {
        let mut ports = choose(16, None).unwrap();
        ports.sort();
        ports.dedup();
        assert_eq!(ports.len(), 16);
        let first = ports[0];
        let _held = TcpListener::bind(first).unwrap();
        let error = choose(1, Some(first.port())).unwrap_err();
        assert!(
            error.to_string().contains("choose another --base-port"),
            "{error}"
        );
        assert!(choose(10, Some(u16::MAX)).is_err());
    }
}
