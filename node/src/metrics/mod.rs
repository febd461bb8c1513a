//! What the node counts and times, in Prometheus' terms. Every name starts with
//! `slsbft_`; times are seconds. CometBFT's own metrics have their own address.

mod phases;
mod server;

use std::{fmt, sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use slsbft_store::Snapshot;
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{Event, ResponseFinalizeBlock},
};

pub use phases::PhaseTimer;
pub use server::{MetricsError, serve};

/// From a hand-over between threads to a block that makes validators lose a round.
const SECONDS: [f64; 19] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const BLOCK_TXS: [f64; 11] = [
    1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0, 10_000.0,
];
const BATCH: [f64; 8] = [1.0, 2.0, 8.0, 32.0, 128.0, 256.0, 512.0, 1024.0];

/// What happens to offers and deals.
const DEAL_EVENTS: [&str; 8] = [
    "offer_created",
    "offer_updated",
    "offer_withdrawn",
    "deal_opened",
    "deal_topped_up",
    "deal_closing",
    "deal_ended",
    CLAIM,
];
const CLAIM: &str = "claim";
const VOUCHERS: [f64; 8] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0];

/// One label; its key is the same for all, so that dashboards can reuse panels.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Name {
    name: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Call {
    method: String,
    code: String,
}

/// Constructors without arguments, so that a family knows how to make a member.
fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

type Timers<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is measured. Recording takes well under a microsecond.
pub struct Metrics {
    registry: Registry,
    height: Gauge,
    block_time: Gauge<f64, AtomicU64>,
    block_txs: Histogram,
    failed_txs: Counter,
    gas: Counter,
    deals: Family<Name, Counter>,
    vouchers: Family<Name, Counter>,
    claim_vouchers: Histogram,
    abci: Timers<Name>,
    app: Timers<Name>,
    check_batch: Histogram,
    check_verify: Histogram,
    check_apply: Histogram,
    checks: Family<Name, Counter>,
    grpc: Timers<Call>,
    restarts: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("slsbft"),
            height: Gauge::default(),
            block_time: Gauge::default(),
            block_txs: Histogram::new(BLOCK_TXS),
            failed_txs: Counter::default(),
            gas: Counter::default(),
            deals: Family::default(),
            vouchers: Family::default(),
            claim_vouchers: Histogram::new(VOUCHERS),
            abci: Family::new_with_constructor(seconds),
            app: Family::new_with_constructor(seconds),
            check_batch: Histogram::new(BATCH),
            check_verify: seconds(),
            check_apply: seconds(),
            checks: Family::default(),
            grpc: Family::new_with_constructor(seconds),
            restarts: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", version);
        registry.register(
            "block_height",
            "Height of the last executed block",
            self.height.clone(),
        );
        registry.register_with_unit(
            "block_time",
            "Time in the header of the last executed block, since 1970",
            Unit::Seconds,
            self.block_time.clone(),
        );
        registry.register(
            "block_transactions",
            "Transactions in a block, the system transaction included",
            self.block_txs.clone(),
        );
        registry.register(
            "failed_transactions",
            "Transactions in blocks whose result code is not 0",
            self.failed_txs.clone(),
        );
        registry.register("gas_used", "Gas used by transactions in blocks", self.gas.clone());
        registry.register(
            "deal_events",
            "What happened to offers and deals",
            self.deals.clone(),
        );
        registry.register("vouchers", "Vouchers claimed, by verdict", self.vouchers.clone());
        registry.register(
            "claim_vouchers",
            "Vouchers in one claim",
            self.claim_vouchers.clone(),
        );
        let mut timed = |name, help, timers: Timers<Name>| {
            registry.register_with_unit(name, help, Unit::Seconds, timers);
        };
        timed(
            "abci_request",
            "Time the application takes for a request",
            self.abci.clone(),
        );
        timed(
            "app_phase",
            "Time of one phase inside a request or the store",
            self.app.clone(),
        );
        registry.register(
            "check_tx_batch",
            "Transactions verified together for the mempool",
            self.check_batch.clone(),
        );
        let mut timed = |name, help, timer: Histogram| {
            registry.register_with_unit(name, help, Unit::Seconds, timer);
        };
        timed(
            "check_tx_verify",
            "Time a batch takes in the pool (signatures)",
            self.check_verify.clone(),
        );
        timed(
            "check_tx_apply",
            "Time one transaction takes in order (sequence, balance)",
            self.check_apply.clone(),
        );
        registry.register("check_tx", "Mempool checks, by result", self.checks.clone());
        registry.register_with_unit(
            "grpc_request",
            "Time of gRPC requests, by method and status",
            Unit::Seconds,
            self.grpc.clone(),
        );
        registry.register(
            "consensus_restarts",
            "How often CometBFT was started again",
            self.restarts.clone(),
        );
    }

    /// An ABCI request was answered.
    pub fn abci(&self, name: &'static str, took: Duration) {
        self.abci
            .get_or_create(&Name { name })
            .observe(took.as_secs_f64());
    }

    /// A phase inside the application or the store ended.
    pub fn phase(&self, name: &'static str, took: Duration) {
        self.app.get_or_create(&Name { name }).observe(took.as_secs_f64());
    }

    /// A batch of `count` transactions left the verifying pool.
    pub fn verified(&self, count: usize, took: Duration) {
        self.check_batch.observe(count as f64);
        self.check_verify.observe(took.as_secs_f64());
    }

    /// One transaction was admitted to the mempool, or refused.
    pub fn checked(&self, admitted: bool, took: Duration) {
        let name = if admitted { "admitted" } else { "refused" };
        self.checks.get_or_create(&Name { name }).inc();
        self.check_apply.observe(took.as_secs_f64());
    }

    /// The node starts with this state.
    pub fn resume(&self, state: &Snapshot) {
        let (seconds, nanos) = state.block().time;
        self.height.set(i64::try_from(state.height()).unwrap_or(i64::MAX));
        self.block_time.set(seconds as f64 + f64::from(nanos) * 1e-9);
    }

    /// A block was executed; `time` is its header's.
    pub fn block(&self, height: i64, time: Option<Timestamp>, block: &ResponseFinalizeBlock) {
        self.height.set(height);
        if let Some(Timestamp { seconds, nanos }) = time {
            self.block_time.set(seconds as f64 + f64::from(nanos) * 1e-9);
        }
        self.block_txs.observe(block.tx_results.len() as f64);
        for result in &block.tx_results {
            if result.code != 0 {
                self.failed_txs.inc();
            }
            self.gas.inc_by(u64::try_from(result.gas_used).unwrap_or(0));
            result.events.iter().for_each(|event| self.deal_event(event));
        }
        block.events.iter().for_each(|event| self.deal_event(event));
    }

    fn deal_event(&self, event: &Event) {
        let Some(name) = DEAL_EVENTS.into_iter().find(|name| *name == event.r#type) else {
            return;
        };
        self.deals.get_or_create(&Name { name }).inc();
        if name == CLAIM {
            let vouchers = ["accepted", "refused"].map(|name| {
                let attribute = event.attributes.iter().find(|attribute| attribute.key == name);
                let count = attribute
                    .and_then(|found| found.value.parse().ok())
                    .unwrap_or(0u64);
                self.vouchers.get_or_create(&Name { name }).inc_by(count);
                count as f64
            });
            self.claim_vouchers.observe(vouchers.iter().sum());
        }
    }

    /// A gRPC request was answered. `method` must be the path of a service that
    /// exists, since each value costs memory for good.
    pub fn grpc(&self, method: &str, code: &str, took: Duration) {
        let call = Call {
            method: method.to_owned(),
            code: code.to_owned(),
        };
        self.grpc.get_or_create(&call).observe(took.as_secs_f64());
    }

    /// CometBFT is started again after it ended.
    pub fn consensus_restarted(&self) {
        self.restarts.inc();
    }

    /// The metrics in Prometheus' text format.
    pub fn encode(&self) -> String {
        encode(&self.registry)
    }
}

/// Metrics in Prometheus' text format.
pub(crate) fn encode(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = text::encode(&mut text, registry);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tendermint_proto::v0_38::abci::{EventAttribute, ExecTxResult};

    #[test]
    fn a_block_is_counted_with_its_claims() {
        let attribute = |key: &str, value: &str| EventAttribute {
            key: key.into(),
            value: value.into(),
            index: true,
        };
        let claim = Event {
            r#type: "claim".into(),
            attributes: vec![attribute("accepted", "40"), attribute("refused", "2")],
        };
        let tx_results = vec![
            ExecTxResult {
                gas_used: 7,
                events: vec![claim],
                ..Default::default()
            },
            ExecTxResult {
                code: 5,
                gas_used: 3,
                ..Default::default()
            },
        ];
        let metrics = Metrics::new();
        let time = Timestamp {
            seconds: 1_800_000_000,
            nanos: 500_000_000,
        };
        metrics.block(
            9,
            Some(time),
            &ResponseFinalizeBlock {
                tx_results,
                ..Default::default()
            },
        );
        let text = metrics.encode();
        for line in [
            "slsbft_block_height 9",
            "slsbft_block_time_seconds 1800000000.5",
            "slsbft_block_transactions_sum 2.0",
            "slsbft_failed_transactions_total 1",
            "slsbft_gas_used_total 10",
            "slsbft_deal_events_total{name=\"claim\"} 1",
            "slsbft_vouchers_total{name=\"accepted\"} 40",
            "slsbft_claim_vouchers_sum 42.0",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn every_metric_is_explained_to_operators() {
        const GUIDE: &str = include_str!("../../../docs/operators.md");
        let metrics = Metrics::new();
        // A family without members is not written.
        let (took, block) = (Duration::from_millis(1), ResponseFinalizeBlock::default());
        metrics.block(1, None, &block);
        metrics.abci("commit", took);
        metrics.phase("store_write", took);
        metrics.verified(1, took);
        metrics.checked(true, took);
        metrics.grpc("method", "Ok", took);
        metrics.deals.get_or_create(&Name { name: CLAIM }).inc();
        metrics.vouchers.get_or_create(&Name { name: "accepted" }).inc();
        let text = metrics.encode();
        let names = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
            Some(name)
        });
        let unexplained: Vec<_> = names.filter(|name| !GUIDE.contains(*name)).collect();
        assert!(
            unexplained.is_empty(),
            "not in docs/operators.md: {unexplained:?}"
        );
    }
}
