//! What the gateway's benchmarks share: a gateway on a chain in memory, and how
//! a run of it is reported.

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};
use slsbft_node::{
    metering::units::Credit,
    provider::config::{Claims, Config, Limits},
};

use crate::chain::{MemoryChain, OFFER, meter};

/// Any free port of this machine.
pub fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A chain whose deals meter requests and bytes.
pub fn chain() -> MemoryChain {
    MemoryChain::new(&[meter("requests", 1_000, 0), meter("bytes", 1, 3)])
}

pub fn config(home: PathBuf, upstream: SocketAddr, credit: Credit) -> Config {
    Config {
        offer_id: OFFER,
        upstream: format!("http://{upstream}").parse().unwrap(),
        upstream_h2: false,
        listen: any(),
        vouchers_listen: any(),
        home,
        credit,
        limits: Limits::default(),
        claims: Claims::default(),
        refresh: Duration::from_secs(5),
        expiry_margin: Duration::from_secs(60),
        keep_ended: Duration::from_secs(3_600),
        proofs: None,
    }
}

/// Measures work from here on.
pub struct Clock {
    start: Instant,
    busy: Duration,
}

/// What a piece of work took.
pub struct Run {
    pub latencies: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
}

impl Clock {
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            busy: cpu_time(),
        }
    }

    pub fn stop(self, latencies: Vec<Duration>) -> Run {
        Run {
            latencies,
            elapsed: self.start.elapsed(),
            cpu: cpu_time() - self.busy,
        }
    }
}

impl Run {
    /// Rate, latencies and processor time: of everybody in this process together,
    /// clients as well, and what a busy machine cannot distort as much.
    pub fn report(mut self, name: &str, what: &str) {
        self.latencies.sort_unstable();
        let last = (self.latencies.len() - 1) as f64;
        let at = |share: f64| self.latencies[(last * share) as usize].as_secs_f64() * 1e3;
        let count = self.latencies.len() as f64;
        println!("{name} {:.0} {what}/s", count / self.elapsed.as_secs_f64());
        println!("{name}/p50 {:.2} ms", at(0.5));
        println!("{name}/p99 {:.2} ms", at(0.99));
        println!("{name}/cpu {:.1} µs", self.cpu.as_secs_f64() * 1e6 / count);
    }
}

/// Of this process so far.
fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| {
            Duration::from_secs(time.tv_sec().unsigned_abs())
                + Duration::from_micros(time.tv_usec().unsigned_abs())
        })
        .sum()
}
