//! Probers, and auditors of a fake node.

use std::{path::Path, sync::Arc, time::Duration};

use slsbft_client::{Client, KeyKind, SigningKey};
use slsbft_mechanism::audit::{Finding, Report};
use slsbft_node::auditor::{
    Auditor, Config, Ended,
    chain::Chain,
    metrics::Metrics,
    probe::{Failure, Prober, Question, Sample, System, Trust},
};
use slsbft_proto::service::v1::{EndpointKind, Target};

use crate::node::Node;

/// A generous bound for whatever should happen soon.
pub const SOON: Duration = Duration::from_secs(60);
/// How long the tests' targets may take to answer.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// Between blocks of the fake node.
pub const BLOCK: Duration = Duration::from_millis(150);

/// A prober that connects to this machine.
pub fn prober(trust: &Trust) -> Arc<Prober> {
    Arc::new(Prober::new(trust, true, Box::new(System::default())).unwrap())
}

pub fn question(endpoint: impl Into<String>) -> Question {
    Question {
        endpoint: endpoint.into(),
        patience: PATIENCE,
        promised_kbps: None,
    }
}

/// One probe of a target on this machine.
pub async fn probe(endpoint: impl Into<String>) -> Result<Sample, Failure> {
    within(prober(&Trust::public()).probe(question(endpoint))).await
}

/// One probe that measures throughput.
pub async fn measure(endpoint: impl Into<String>, promised: u64) -> u32 {
    let question = Question {
        promised_kbps: Some(promised),
        ..question(endpoint)
    };
    let sample = within(prober(&Trust::public()).probe(question)).await;
    sample.unwrap().throughput_kbps.unwrap()
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it ends")
}

pub fn key() -> SigningKey {
    SigningKey::from_secret(KeyKind::Ed25519, &[3; 32]).unwrap()
}

pub fn target(id: u32, endpoint: impl Into<String>) -> Target {
    Target {
        id,
        address: format!("ankr1provider{id}"),
        endpoint: endpoint.into(),
        kind: EndpointKind::Http.into(),
        ..Target::default()
    }
}

pub fn config(home: &Path) -> Config {
    Config {
        home: home.into(),
        samples: 3,
        at_once: 16,
        poll: Duration::from_millis(10),
    }
}

/// An auditor with its reports in `home`.
pub async fn auditor(node: &Node, home: &Path) -> Auditor {
    auditor_with(node, home, Arc::default()).await
}

/// One whose metrics the test can read.
pub async fn auditor_with(node: &Node, home: &Path, metrics: Arc<Metrics>) -> Auditor {
    let client = Client::connect_lazy(&node.endpoint()).unwrap();
    let chain = within(Chain::new(client, key())).await.unwrap();
    let prober = Prober::new(&Trust::public(), true, Box::new(System::default())).unwrap();
    Auditor::start(config(home), chain, prober, metrics).unwrap()
}

/// How the next epoch that is not begun too late ends.
pub async fn next(auditor: &mut Auditor) -> (u64, Ended) {
    loop {
        match within(auditor.next()).await {
            (_, Ended::Missed(slsbft_node::auditor::Missed::Late)) => {}
            ended => return ended,
        }
    }
}

/// Until the fake node has made so many blocks more.
pub async fn blocks(node: &Node, more: u64) {
    let height = node.state().height + more;
    eventually("blocks", || node.state().height >= height).await;
}

/// Looks again until it holds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < SOON, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Which targets a report says were reached.
pub fn reached(report: &Report) -> Vec<(u32, bool)> {
    let entries = report.entries().iter();
    entries
        .map(|entry| (entry.target, entry.finding != Finding::Unreachable))
        .collect()
}
