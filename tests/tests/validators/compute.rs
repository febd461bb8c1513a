//! Proofs of computing: what a provider of cores has to commit to, when, and what follows from it.

use slsbft_app::app::{check, export};
use slsbft_mechanism::{
    audit::{Finding, Report},
    compute::{MOST_SEGMENTS, SAMPLES, Tree, Work, root_of, segments},
};
use slsbft_proto::service::v1::{
    AuditEntry, MsgCommitCompute, QueryAssignmentResponse, QueryComputeTaskRequest, QueryComputeTaskResponse,
    QueryVerdictRequest, QueryVerdictResponse,
};

use crate::{
    audits::{assignment, commit, register, report, reveal},
    support::{EPOCH, Network, Refusal, packed},
};

const STAKES: [u128; 5] = [300_000; 5];
/// The operator that is a provider in these tests.
const PROVIDER: usize = 0;
const PER_CORE: u32 = 3;
/// Thousandths of a core.
const CPU: u64 = 4_000;

/// After the first block of an epoch in which a provider with `CPU` is audited.
fn audited(per_core: u32) -> Network {
    let mut network = Network::start_with(&STAKES, |genesis| {
        genesis.app_state.service.params.segments_per_core = per_core;
    });
    let mut message = register(&network, PROVIDER);
    message.resources.as_mut().unwrap().cpu_milli = CPU;
    network.send(PROVIDER, &message);
    network.end_epoch();
    network.chain.block();
    network
}

fn task(network: &Network, operator: usize) -> QueryComputeTaskResponse {
    let request = QueryComputeTaskRequest {
        address: network.operators[operator].address().to_string(),
    };
    network.ask("/slsbft.service.v1.Query/ComputeTask", &request)
}

fn resource(network: &Network) -> Option<u64> {
    let request = QueryVerdictRequest {
        address: network.operators[PROVIDER].address().to_string(),
    };
    let verdict: QueryVerdictResponse = network.ask("/slsbft.service.v1.Query/Verdict", &request);
    verdict.resource
}

fn commitment(network: &Network, operator: usize, root: [u8; 32]) -> MsgCommitCompute {
    MsgCommitCompute {
        provider: network.operators[operator].address().to_string(),
        epoch: task(network, operator).epoch,
        root: root.to_vec().into(),
    }
}

/// Those who have to audit the provider, with what they are told of it.
fn auditors(network: &Network) -> Vec<(usize, QueryAssignmentResponse)> {
    let assigned = (0..STAKES.len()).map(|n| (n, assignment(network, n)));
    assigned.filter(|(_, a)| !a.targets.is_empty()).collect()
}

fn code((codespace, code, _): Refusal) -> (String, u32) {
    (codespace, code)
}

fn service(code: u32) -> (String, u32) {
    ("service".to_owned(), code)
}

#[test]
fn what_a_provider_committed_to_is_sampled_by_a_beacon_that_nobody_knew_then() {
    let mut network = audited(PER_CORE);
    let given = task(&network, PROVIDER);
    assert_eq!(given.segments, segments(CPU, PER_CORE));
    assert!(given.root.is_empty());
    for (_, assigned) in auditors(&network) {
        assert_eq!(assigned.targets[0].segments, given.segments);
        assert!(assigned.targets[0].compute_root.is_empty());
        assert_eq!(assigned.compute_seed, given.seed);
    }
    assert_eq!(task(&network, 1).segments, 0, "no provider");

    let work = Work {
        seed: given.seed.as_ref().try_into().unwrap(),
        provider: network.operators[PROVIDER].address(),
        segments: given.segments,
    };
    let tree = Tree::new((0..work.segments).map(|segment| work.input(segment)).collect());
    let message = commitment(&network, PROVIDER, tree.root().unwrap());
    network.send(PROVIDER, &message);

    let sampled_at = auditors(&network)[0].1.compute_sample_height;
    assert_eq!(sampled_at, given.commit_until + 1);
    while (network.chain.height as u64) < sampled_at {
        for (_, assigned) in auditors(&network) {
            assert!(assigned.compute_sample.is_empty(), "at {}", network.chain.height);
        }
        network.chain.block();
    }
    let all = auditors(&network);
    assert_eq!(all.len(), 3);
    let sample: [u8; 32] = all[0].1.compute_sample.as_ref().try_into().unwrap();
    assert_ne!(sample, work.seed);
    for (_, assigned) in &all {
        assert_eq!(assigned.compute_sample.as_ref(), sample, "the same for all");
    }
    // What an auditor does with it.
    let root = all[0].1.targets[0].compute_root.as_ref();
    let samples = work.samples(&sample);
    assert_eq!(samples.len() as u32, SAMPLES);
    for segment in samples {
        let digest = tree.digest(segment).unwrap();
        let found = root_of(&digest, segment, work.segments, &tree.path(segment));
        assert_eq!(found.unwrap(), root);
    }
    // It does not change any more, and is gone with the epoch.
    network.end_epoch();
    network.chain.block();
    let next = task(&network, PROVIDER);
    assert!(next.epoch == given.epoch + 1 && next.root.is_empty());
    assert_ne!(next.seed, given.seed);
}

#[test]
fn what_is_no_right_commitment_is_refused_with_its_reason() {
    // There are two blocks in an epoch in which it is neither unknown nor too late.
    let mut network = audited(PER_CORE);
    let good = commitment(&network, PROVIDER, [1; 32]);
    let short = MsgCommitCompute {
        root: vec![1; 31].into(),
        ..good.clone()
    };
    assert_eq!(code(network.refused(PROVIDER, &short)).0, "sdk");
    let stranger = commitment(&network, 1, [1; 32]);
    assert_eq!(code(network.refused(1, &stranger)), service(20));
    let other_epoch = MsgCommitCompute {
        epoch: good.epoch + 1,
        ..good
    };
    assert_eq!(code(network.refused(PROVIDER, &other_epoch)), service(10));
    network.end_epoch();
    network.chain.block();

    let good = commitment(&network, PROVIDER, [1; 32]);
    network.send(PROVIDER, &good);
    let changed = commitment(&network, PROVIDER, [2; 32]);
    assert_eq!(code(network.refused(PROVIDER, &changed)), service(13));
    network.end_epoch();
    network.chain.block();

    let late = commitment(&network, PROVIDER, [1; 32]);
    while (network.chain.height as u64) < task(&network, PROVIDER).commit_until {
        network.chain.block();
    }
    assert_eq!(code(network.refused(PROVIDER, &late)), service(12));
}

#[test]
fn a_chain_that_asks_for_no_computing_takes_no_commitment_and_judges_none() {
    let mut network = audited(0);
    assert_eq!(task(&network, PROVIDER).segments, 0);
    let message = commitment(&network, PROVIDER, [1; 32]);
    assert_eq!(code(network.refused(PROVIDER, &message)), service(20));
    audit(&mut network, None);
    assert_eq!(resource(&network), Some(1_000_000_000));
}

#[test]
fn the_resource_is_worth_the_part_of_the_computing_that_was_delivered() {
    let mut network = audited(PER_CORE);
    audit(&mut network, Some(1_000));
    assert_eq!(resource(&network), Some(1_000_000_000));
    audit(&mut network, Some(500));
    assert_eq!(resource(&network), Some(500_000_000));
    audit(&mut network, Some(0));
    assert_eq!(resource(&network), Some(0));
    // Nobody could find out: that is no evidence.
    audit(&mut network, None);
    assert_eq!(resource(&network), None);
}

#[test]
fn an_auditor_that_lies_alone_about_the_computing_changes_nothing() {
    let mut network = audited(PER_CORE);
    audit_as(&mut network, |auditor| Some(if auditor == 0 { 0 } else { 1_000 }));
    assert_eq!(resource(&network), Some(1_000_000_000));
    audit_as(&mut network, |auditor| {
        Some(if auditor == 0 { 1_000 } else { 125 })
    });
    assert_eq!(resource(&network), Some(125_000_000));
}

#[test]
fn what_is_asked_of_providers_goes_on_in_an_exported_chain_and_its_invariants_hold() {
    let mut network = audited(PER_CORE);
    let message = commitment(&network, PROVIDER, [1; 32]);
    network.send(PROVIDER, &message);
    check(&network.chain.snapshot()).unwrap();
    let state = export(&network.chain.snapshot(), network.chain.height as u64).unwrap();
    assert_eq!(state.service.params.segments_per_core, PER_CORE);
}

#[test]
fn a_commitment_costs_the_same_whatever_was_computed() {
    let gas = |per_core| {
        let mut network = audited(per_core);
        let message = commitment(&network, PROVIDER, [per_core as u8; 32]);
        let tx = network.operators[PROVIDER].send_message(packed(&message));
        assert_eq!(network.chain.submit(tx.bytes()).code, 0);
        let block = network.chain.block();
        let result = block.results().last().unwrap();
        assert_eq!(result.code, 0, "{}", result.log);
        (task(&network, PROVIDER).segments, result.gas_used)
    };
    let (few, many) = (gas(1), gas(u32::MAX));
    assert!(few.0 < many.0 && many.0 == MOST_SEGMENTS);
    assert_eq!(few.1, many.1);
}

/// The rest of an epoch, and the next one's first block. All auditors report so much of the computing.
fn audit(network: &mut Network, delivered: Option<u16>) {
    audit_as(network, |_| delivered);
}

/// The same, with what each of the auditors reports.
fn audit_as(network: &mut Network, delivered: impl Fn(usize) -> Option<u16>) {
    let mut reveals = Vec::new();
    for (place, (n, assigned)) in auditors(network).into_iter().enumerate() {
        let (report, entries) = with(report(&assigned, true), delivered(place));
        let message = commit(network, n, &report);
        network.send(n, &message);
        reveals.push((n, entries));
    }
    while network.chain.height % EPOCH < 6 {
        network.chain.block();
    }
    for (n, entries) in reveals {
        let message = reveal(network, n, entries);
        network.send(n, &message);
    }
    network.end_epoch();
    network.chain.block();
}

fn with((report, mut wire): (Report, Vec<AuditEntry>), delivered: Option<u16>) -> (Report, Vec<AuditEntry>) {
    let mut entries = report.entries().to_vec();
    for entry in &mut entries {
        if let Finding::Reached(reading) = &mut entry.finding {
            reading.delivered = delivered;
        }
    }
    for entry in &mut wire {
        entry.delivered = delivered.map(u32::from);
    }
    (Report::new(entries).unwrap(), wire)
}
