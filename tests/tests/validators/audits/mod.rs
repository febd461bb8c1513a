//! Providers, and what auditors say of them.
//!
//! - `levels`: what an endpoint that is reached or not does to its level, and a level that falls to the stake
//! - `reports`: which reports are taken, and from whom
//! - `providers`: who is registered, and found

mod levels;
mod providers;
mod reports;

use slsbft_mechanism::audit::{Entry, Finding, Reading, Report};
use slsbft_proto::service::v1::{
    AuditEntry, EndpointKind, MsgCommitAudit, MsgRegisterProvider, MsgRevealAudit, QueryAssignmentRequest,
    QueryAssignmentResponse, QueryLevelRequest, QueryLevelResponse, QueryVerdictRequest,
    QueryVerdictResponse, Resources,
};
use slsbft_tests::chain::CHAIN_ID;
use slsbft_types::UANKR_PER_ANKR;

use crate::support::{EPOCH, Network, packed};

const STAKES: [u128; 5] = [300_000; 5];
const SALT: [u8; 32] = [9; 32];
/// The operator that is a provider in these tests.
const PROVIDER: usize = 0;
/// An account that is no operator, after them.
const HOT: usize = STAKES.len();

pub fn register(network: &Network, operator: usize) -> MsgRegisterProvider {
    MsgRegisterProvider {
        provider: network.operators[operator].address().to_string(),
        moniker: "one".into(),
        endpoint: "https://one.example.com/health".into(),
        kind: EndpointKind::Http.into(),
        resources: Some(Resources {
            bandwidth_kbps: 10_000,
            ..Resources::default()
        }),
        tags: vec!["gpu".into(), "storage".into()],
        self_stake: (1_000 * UANKR_PER_ANKR).to_string(),
    }
}

pub fn assignment(network: &Network, operator: usize) -> QueryAssignmentResponse {
    let request = QueryAssignmentRequest {
        auditor: network.operators[operator].address().to_string(),
    };
    network.ask("/slsbft.service.v1.Query/Assignment", &request)
}

fn level(network: &Network, operator: usize) -> slsbft_proto::service::v1::Level {
    let request = QueryLevelRequest {
        address: network.operators[operator].address().to_string(),
    };
    let answer: QueryLevelResponse = network.ask("/slsbft.service.v1.Query/Level", &request);
    answer.level.unwrap()
}

fn verdict(network: &Network) -> QueryVerdictResponse {
    let request = QueryVerdictRequest {
        address: network.operators[PROVIDER].address().to_string(),
    };
    network.ask("/slsbft.service.v1.Query/Verdict", &request)
}

/// What an auditor says of all its targets.
pub fn report(assigned: &QueryAssignmentResponse, up: bool) -> (Report, Vec<AuditEntry>) {
    let entries = assigned.targets.iter().map(|target| Entry {
        target: target.id,
        finding: match up {
            true => Finding::Reached(Reading {
                latency_ms: 40,
                throughput_kbps: 12_000,
                delivered: None,
            }),
            false => Finding::Unreachable,
        },
    });
    let wire = assigned.targets.iter().map(|target| AuditEntry {
        provider: target.id,
        reachable: up,
        latency_ms: if up { 40 } else { 0 },
        throughput_kbps: if up { 12_000 } else { 0 },
        delivered: None,
    });
    (Report::new(entries.collect()).unwrap(), wire.collect())
}

pub fn commit(network: &Network, operator: usize, report: &Report) -> MsgCommitAudit {
    let address = network.operators[operator].address();
    let epoch = assignment(network, operator).epoch;
    MsgCommitAudit {
        auditor: address.to_string(),
        epoch,
        digest: report
            .commitment(CHAIN_ID, epoch, &address, &SALT)
            .to_vec()
            .into(),
    }
}

pub fn reveal(network: &Network, operator: usize, entries: Vec<AuditEntry>) -> MsgRevealAudit {
    MsgRevealAudit {
        auditor: network.operators[operator].address().to_string(),
        epoch: assignment(network, operator).epoch,
        salt: SALT.to_vec().into(),
        entries,
    }
}

/// An epoch, from after its first block to the next one's, in which the auditors say what they are
/// told, each `None` nothing.
fn audit(network: &mut Network, says: [Option<bool>; 5]) {
    audit_while(network, says, |_| ());
}

/// The same, with something that happens between commitments and reports.
fn audit_while(network: &mut Network, says: [Option<bool>; 5], happens: impl FnOnce(&mut Network)) {
    let mut reveals = Vec::new();
    for (n, up) in says.into_iter().enumerate() {
        let assigned = assignment(network, n);
        if let Some(up) = up.filter(|_| !assigned.targets.is_empty()) {
            let (report, entries) = report(&assigned, up);
            let message = commit(network, n, &report);
            let tx = network.operators[n].send_message(packed(&message));
            assert_eq!(network.chain.submit(tx.bytes()).code, 0);
            reveals.push((n, entries));
        }
    }
    network.chain.block();
    happens(network);
    while network.chain.height % EPOCH < 6 {
        network.chain.block();
    }
    for (n, entries) in reveals {
        let message = reveal(network, n, entries);
        let tx = network.operators[n].send_message(packed(&message));
        let checked = network.chain.submit(tx.bytes());
        assert_eq!(checked.code, 0, "{}", checked.log);
    }
    let block = network.chain.block();
    for result in block.results() {
        assert_eq!(result.code, 0, "{}", result.log);
    }
    network.end_epoch();
    network.chain.block();
}

/// A network whose first operator is a provider, after the first block of its first audited
/// epoch.
fn audited() -> Network {
    audited_from(Network::start(&STAKES))
}

fn audited_from(mut network: Network) -> Network {
    let message = register(&network, PROVIDER);
    network.send(PROVIDER, &message);
    network.end_epoch();
    network.chain.block();
    network
}
