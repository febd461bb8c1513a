//! Metered HTTP requests through consumer and gateway to a trivial upstream, all
//! in this process and over real sockets. Prints `name value unit`, one figure a line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/gateway/chain.rs"]
mod chain;

mod gateway;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use slsbft_node::{
    consumer::{
        Consumer,
        config::{Config as ConsumerConfig, Tolerance},
        guard::Allowed,
    },
    metering::units::Credit,
    provider::{Provider, chain::Chain},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use crate::{
    chain::{CHAIN_ID, session_key},
    gateway::{Clock, Run, any},
};

/// Requests at a time.
const PARALLEL: [usize; 2] = [16, 128];
const RUN: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn main() {
    let runtime = gateway::runtime();
    let folder = tempfile::tempdir().unwrap();
    let upstream = runtime.block_on(upstream());
    for parallel in PARALLEL {
        let name = |what: &str| format!("{what}::serve/parallel={parallel}");
        runtime
            .block_on(load(upstream, parallel))
            .report(&name("upstream"), "requests");
        let home = folder.path().join(parallel.to_string());
        runtime
            .block_on(through_both(&home, upstream, parallel))
            .report(&name("gateway"), "requests");
    }
}

async fn through_both(home: &Path, upstream: SocketAddr, parallel: usize) -> Run {
    let chain = Arc::new(gateway::chain());
    chain.open_deal(1, 2, 1 << 60);
    let credit = Credit {
        requests: 64,
        ..Credit::default()
    };
    let config = gateway::config(home.join("provider"), upstream, credit);
    let provider = Provider::start(config, chain.clone()).await.unwrap();
    let config = ConsumerConfig {
        gateway: format!("http://{}", provider.http).parse().unwrap(),
        vouchers: format!("http://{}", provider.vouchers).parse().unwrap(),
        listen: any(),
        allowed: Allowed::default(),
        home: home.join("consumer"),
        spending_cap: None,
        rating: 0,
        tolerance: Tolerance::default(),
        parallel: 64,
        flush_after: Duration::from_millis(500),
        queue_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        connections: 256,
    };
    let deal = chain.deal(1).await.unwrap().unwrap();
    let keys = vec![session_key(1, 0), session_key(1, 1)];
    let consumer = Consumer::start(config, CHAIN_ID, &deal, keys).await.unwrap();
    let run = load(consumer.listen, parallel).await;
    consumer.stop().await;
    provider.stop().await;
    run
}

/// Requests over so many connections, one at a time on each.
async fn load(to: SocketAddr, parallel: usize) -> Run {
    let clock = Clock::start();
    let clients: Vec<_> = (0..parallel).map(|_| tokio::spawn(client(to))).collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await.unwrap());
    }
    clock.stop(latencies)
}

async fn client(to: SocketAddr) -> Vec<Duration> {
    let mut socket = TcpStream::connect(to).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (start, mut latencies, mut answer) = (Instant::now(), Vec::new(), vec![0; 4_096]);
    while start.elapsed() < RUN {
        let sent = Instant::now();
        socket
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        let mut filled = 0;
        while !answer[..filled].ends_with(b"\r\n\r\nok") {
            let n = socket.read(&mut answer[filled..]).await.unwrap();
            filled += n;
            assert!(n > 0, "{}", String::from_utf8_lossy(&answer[..filled]));
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
        latencies.push(sent.elapsed());
    }
    latencies
}

/// Answers every request with two bytes, at the least cost there is.
async fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            socket.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let (mut buffer, mut filled) = (vec![0; 16_384], 0);
                while let Ok(n) = socket.read(&mut buffer[filled..]).await {
                    filled += n;
                    if n == 0 {
                        return;
                    }
                    if buffer[..filled].ends_with(b"\r\n\r\n") {
                        filled = 0;
                        socket.write_all(ANSWER).await.unwrap();
                    }
                }
            });
        }
    });
    address
}
