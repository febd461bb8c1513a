//! Open-loop load: transaction i is due at start + i / rate, whether or not the
//! chain keeps up, and its latency counts from when it was due.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::Duration,
};

use tokio::{task::LocalSet, time::Instant};

use super::http::{Connection, Verdict};
use crate::error::{Error, Result};

/// Pause before a broken connection is made again.
const RECONNECT: Duration = Duration::from_millis(250);

/// A transaction that the generator may send, in the order of sending.
pub type Txs = Rc<Vec<Vec<u8>>>;

/// What became of the transactions that were due.
#[derive(Debug, Default)]
pub struct Sent {
    /// How many were handed to a node.
    pub offered: usize,
    pub refused: usize,
    /// Requests that broke with their connection.
    pub broken: usize,
    /// The longest that a transaction waited for a free connection.
    pub lag: Duration,
    /// One refusal, in the node's words.
    pub refusal: Option<String>,
}

/// A running generator.
pub struct Generator {
    pub started: Instant,
    pub rate: f64,
    stop: Rc<Cell<bool>>,
    sent: Rc<RefCell<Sent>>,
}

impl Generator {
    /// Starts sending over connections that are opened first. Transactions go to
    /// the nodes in turn, so that all of one sender reach the same node if their
    /// distance is a multiple of the number of nodes.
    pub async fn start(local: &LocalSet, nodes: &[SocketAddr], txs: Txs, rate: f64) -> Result<Self> {
        let connections = connections_per_node(rate, nodes.len());
        let mut open = Vec::new();
        for (n, address) in nodes.iter().enumerate() {
            let next = Rc::new(Cell::new(n));
            for _ in 0..connections {
                let connection = Connection::open(*address).await;
                let connection = connection.map_err(|e| Error::node(address.to_string(), e))?;
                open.push((connection, next.clone()));
            }
        }
        let started = Instant::now();
        let (stop, sent) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(Sent::default())));
        for (connection, next) in open {
            let lane = Lane {
                connection,
                next,
                step: nodes.len(),
                txs: txs.clone(),
                started,
                rate,
                stop: stop.clone(),
                sent: sent.clone(),
            };
            local.spawn_local(lane.run());
        }
        Ok(Self {
            started,
            rate,
            stop,
            sent,
        })
    }

    /// When transaction i is due.
    pub fn due(&self, i: usize) -> Instant {
        due(self.started, self.rate, i)
    }

    /// Sends nothing more.
    pub fn stop(&self) {
        self.stop.set(true);
    }

    /// What was sent so far.
    pub fn take(&self) -> Sent {
        self.sent.take()
    }
}

fn due(started: Instant, rate: f64, i: usize) -> Instant {
    started + Duration::from_secs_f64(i as f64 / rate)
}

/// Enough for a node to stand still for half a second, within its limit of 900.
fn connections_per_node(rate: f64, nodes: usize) -> usize {
    let per_node = rate / nodes.max(1) as f64;
    (per_node / 2.0).ceil().clamp(8.0, 400.0) as usize
}

/// One connection that takes the next transaction of its node when it is free.
struct Lane {
    connection: Connection,
    next: Rc<Cell<usize>>,
    step: usize,
    txs: Txs,
    started: Instant,
    rate: f64,
    stop: Rc<Cell<bool>>,
    sent: Rc<RefCell<Sent>>,
}

impl Lane {
    async fn run(mut self) {
        loop {
            let i = self.next.get();
            self.next.set(i + self.step);
            let txs = self.txs.clone();
            let Some(tx) = txs.get(i) else { return };
            let due = due(self.started, self.rate, i);
            tokio::time::sleep_until(due).await;
            if self.stop.get() {
                return;
            }
            let lag = Instant::now().saturating_duration_since(due);
            let verdict = self.connection.broadcast(tx).await;
            let broken = verdict.is_err();
            self.note(verdict, lag);
            if broken {
                self.reconnect().await;
            }
        }
    }

    fn note(&mut self, verdict: std::io::Result<Verdict>, lag: Duration) {
        let mut sent = self.sent.borrow_mut();
        sent.offered += 1;
        sent.lag = sent.lag.max(lag);
        match verdict {
            Ok(Verdict::Accepted) => {}
            Ok(Verdict::Refused) => {
                sent.refused += 1;
                sent.refusal = self.connection.refusal.take().or(sent.refusal.take());
            }
            Err(_) => sent.broken += 1,
        }
    }

    /// The node may come back; meanwhile its transactions wait.
    async fn reconnect(&mut self) {
        while !self.stop.get() {
            tokio::time::sleep(RECONNECT).await;
            if self.connection.reopen().await.is_ok() {
                return;
            }
        }
    }
}
