//! A validator's public endpoint: answers at once, and serves bytes to whoever
//! measures its throughput. While the file `degraded` is in the node's home, it
//! hangs up.

use std::{net::SocketAddr, path::PathBuf};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{flag, remove};
use crate::{
    error::{During, Result},
    network::Node,
};

const MAX_REQUEST: usize = 8 << 10;
/// Where auditors measure throughput, and the most they get.
const THROUGHPUT: &str = "/.well-known/slsbft/throughput?bytes=";
const MAX_BYTES: usize = 4 << 20;

/// A server that ends when it is dropped.
pub struct Endpoint {
    pub address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Endpoint {
    /// On a port of its own, the same after a restart if it is still free: a
    /// registration names it.
    pub async fn start(node: &Node) -> Result<Self> {
        let what = || format!("listen for the endpoint of {}", node.moniker);
        let wanted = node.home.join("endpoint");
        let port: u16 = std::fs::read_to_string(&wanted)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0);
        let listener = match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("127.0.0.1:0").await.during(what)?,
        };
        let address = listener.local_addr().during(what)?;
        std::fs::write(&wanted, address.port().to_string()).during(what)?;
        let flag = flag(node);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, flag.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            _serving: serving,
        })
    }
}

pub fn is_degraded(node: &Node) -> bool {
    flag(node).exists()
}

pub fn degrade(node: &Node) -> Result<()> {
    let flag = flag(node);
    std::fs::write(&flag, "").during(|| format!("write {}", flag.display()))
}

pub fn restore(node: &Node) -> Result<()> {
    remove(&flag(node))
}

/// Answers requests without a body, one after the other, until the peer leaves.
async fn serve(mut stream: TcpStream, flag: PathBuf) {
    let mut pending = Vec::new();
    while pending.len() <= MAX_REQUEST && !flag.exists() {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            let request: Vec<u8> = pending.drain(..end + 4).collect();
            if stream.write_all(&answer(&request)).await.is_err() {
                return;
            }
        } else if !matches!(stream.read_buf(&mut pending).await, Ok(1..)) {
            return;
        }
    }
}

fn answer(request: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let bytes = path.strip_prefix(THROUGHPUT).and_then(|bytes| bytes.parse().ok());
    let body = match bytes {
        Some(bytes) => vec![b'.'; MAX_BYTES.min(bytes)],
        None => b"ok".to_vec(),
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}
