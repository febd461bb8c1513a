//! The service that the deal's provider sells: an HTTP server that answers every
//! request with a few hundred bytes.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::error::{During, Result};

const MAX_REQUEST: usize = 64 << 10;

/// A server that ends when it is dropped.
pub struct Upstream {
    pub address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Upstream {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .during(|| "listen for the upstream".into())?;
        let address = listener
            .local_addr()
            .during(|| "listen for the upstream".into())?;
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            _serving: serving,
        })
    }
}

/// Answers requests without a body, one after the other, until the peer leaves.
async fn serve(mut stream: TcpStream) {
    let body = format!("{{\"result\":\"{}\"}}", "0123456789abcdef".repeat(16));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut pending = Vec::new();
    while pending.len() <= MAX_REQUEST {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            pending.drain(..end + 4);
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        } else if !matches!(stream.read_buf(&mut pending).await, Ok(1..)) {
            return;
        }
    }
}
