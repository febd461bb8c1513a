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

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use slsbft_node::{
    consumer::{
        Consumer,
        config::{Config as ConsumerConfig, Tolerance},
    },
    metering::units::Credit,
    provider::{
        Provider,
        chain::Chain,
        config::{Claims, Config, Limits},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::chain::{CHAIN_ID, MemoryChain, OFFER, meter, session_key};

/// Requests at a time.
const PARALLEL: [usize; 2] = [16, 128];
const RUN: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let upstream = runtime.block_on(upstream());
    for parallel in PARALLEL {
        report("upstream", parallel, runtime.block_on(load(upstream, parallel)));
        let home = folder.path().join(parallel.to_string());
        let run = runtime.block_on(through_both(&home, upstream, parallel));
        report("gateway", parallel, run);
    }
}

fn report(name: &str, parallel: usize, run: Run) {
    let mut latencies = run.latencies;
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let count = latencies.len() as f64;
    let name = format!("{name}::serve/parallel={parallel}");
    println!("{name} {:.0} requests/s", count / run.elapsed.as_secs_f64());
    println!("{name}/p50 {:.2} ms", at(0.5));
    println!("{name}/p99 {:.2} ms", at(0.99));
    // Of everybody together: clients, consumer, gateway and upstream.
    println!("{name}/cpu {:.1} µs", run.cpu.as_secs_f64() * 1e6 / count);
}

struct Run {
    latencies: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
}

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // 100 a second on every Linux.
    Duration::from_millis(10 * ticks)
}

async fn through_both(home: &Path, upstream: SocketAddr, parallel: usize) -> Run {
    let chain = Arc::new(MemoryChain::new(&[
        meter("requests", 1_000, 0),
        meter("bytes", 1, 3),
    ]));
    chain.open_deal(1, 2, 1 << 60);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        offer_id: OFFER,
        upstream: format!("http://{upstream}").parse().unwrap(),
        upstream_h2: false,
        listen: any,
        vouchers_listen: any,
        home: home.join("provider"),
        credit: Credit {
            requests: 64,
            ..Credit::default()
        },
        limits: Limits::default(),
        claims: Claims::default(),
        refresh: Duration::from_secs(5),
        expiry_margin: Duration::from_secs(60),
        keep_ended: Duration::from_secs(3_600),
    };
    let provider = Provider::start(config, chain.clone()).await.unwrap();
    let config = ConsumerConfig {
        gateway: format!("http://{}", provider.http).parse().unwrap(),
        vouchers: format!("http://{}", provider.vouchers).parse().unwrap(),
        listen: any,
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
    let consumer = Consumer::start(config, CHAIN_ID.into(), &deal, keys)
        .await
        .unwrap();
    let run = load(consumer.listen, parallel).await;
    consumer.stop().await;
    provider.stop().await;
    run
}

/// Requests over so many connections, one at a time on each.
async fn load(to: SocketAddr, parallel: usize) -> Run {
    let (start, cpu) = (Instant::now(), cpu_time());
    let clients: Vec<_> = (0..parallel).map(|_| tokio::spawn(client(to))).collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await.unwrap());
    }
    Run {
        latencies,
        elapsed: start.elapsed(),
        cpu: cpu_time() - cpu,
    }
}

async fn client(to: SocketAddr) -> Vec<Duration> {
    let mut socket = TcpStream::connect(to).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (start, mut latencies, mut answer) = (Instant::now(), Vec::new(), vec![0; 4_096]);
    while start.elapsed() < RUN {
        let sent = Instant::now();
        socket
            .write_all(b"GET / HTTP/1.1\r\nhost: bench\r\n\r\n")
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
