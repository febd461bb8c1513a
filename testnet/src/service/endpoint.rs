//! Where a validator serves: an address of its own, the same after a restart if it is still free, since
//! a registration names it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::{
    error::{During, Error, Result},
    network::Node,
    ports,
};

/// Where a node's provider listens.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    pub address: SocketAddr,
    /// Of its vouchers.
    pub vouchers: SocketAddr,
}

impl Endpoint {
    pub fn of(node: &Node) -> Result<Self> {
        let kept = node.home.join("endpoint");
        let before = std::fs::read_to_string(&kept)
            .ok()
            .and_then(|text| text.trim().parse::<u16>().ok())
            .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        let &[new, vouchers] = ports::choose(2, None)?.as_slice() else {
            return Err(Error::Usage("no free ports".into()));
        };
        let address = before.map_or(new, |port| (Ipv4Addr::LOCALHOST, port).into());
        std::fs::write(&kept, address.port().to_string()).during(|| format!("write {}", kept.display()))?;
        Ok(Self { address, vouchers })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}
