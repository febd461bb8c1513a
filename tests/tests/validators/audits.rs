use slsbft_app::app::export;
use slsbft_client::{KeyKind, SigningKey};
use slsbft_mechanism::audit::{Entry, Finding, Reading, Report};
use slsbft_proto::service::v1::{
    AuditEntry, EndpointKind, MsgCommitAudit, MsgDeregisterProvider, MsgRegisterProvider, MsgRevealAudit,
    MsgSetAuditor, MsgUpdateProvider, QueryAssignmentRequest, QueryAssignmentResponse, QueryLevelRequest,
    QueryLevelResponse, QueryProvidersRequest, QueryProvidersResponse, QueryVerdictRequest,
    QueryVerdictResponse, Resources,
};
use slsbft_tests::{Wallet, chain::CHAIN_ID, market};
use slsbft_types::{Amount, Coins, Ratio, UANKR_PER_ANKR};

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

#[test]
fn an_endpoint_that_goes_dark_lowers_the_level_pauses_and_comes_back() {
    let mut network = audited();
    for n in 1..5 {
        let assigned = assignment(&network, n);
        assert!(assigned.targets.len() <= 1);
    }
    let auditors = (1..5)
        .filter(|n| !assignment(&network, *n).targets.is_empty())
        .count();
    assert_eq!(auditors, 3, "as many as a local network asks for");
    assert!(
        assignment(&network, PROVIDER).targets.is_empty(),
        "nobody audits itself"
    );

    let up = [Some(true); 5];
    audit(&mut network, up);
    audit(&mut network, up);
    let good = level(&network, PROVIDER);
    assert!(
        good.endpoint > 600_000_000 && good.resource > 600_000_000,
        "{good:?}"
    );
    assert_eq!(verdict(&network).reached, Some(true));

    let dark = [Some(false); 5];
    audit(&mut network, dark);
    assert!(!level(&network, PROVIDER).paused);
    audit(&mut network, dark);
    let paused = level(&network, PROVIDER);
    assert!(paused.paused && paused.level < good.level, "{paused:?}");
    assert_eq!(verdict(&network).reached, Some(false));
    // Paused at this boundary, so the next draw leaves it out.
    audit(&mut network, dark);
    assert!(network.standing(PROVIDER).reason.contains("paused"));
    network.chain.block();
    network.chain.block();
    assert!(!network.set().contains(&PROVIDER));
    network.end_epoch();
    network.chain.block();

    audit(&mut network, up);
    assert!(level(&network, PROVIDER).paused);
    audit(&mut network, up);
    assert!(!level(&network, PROVIDER).paused);
    audit(&mut network, up);
    network.chain.block();
    network.chain.block();
    assert!(network.set().contains(&PROVIDER));
}

/// What a provider holds, registered or waiting for its release, in uankr.
fn self_stake(network: &Network) -> u128 {
    let chain = &network.chain;
    let service = export(&chain.snapshot(), chain.height as u64).unwrap().service;
    let address = network.operators[PROVIDER].address();
    let held = service.providers.iter().filter(|found| found.address == address);
    let waiting = service.releases.iter().filter(|found| found.provider == address);
    held.map(|found| found.self_stake)
        .chain(waiting.map(|found| found.amount))
        .map(|amount| amount.value())
        .sum()
}

/// A network in which a good provider falls when it was dark for an epoch or two.
fn easily_falling() -> Network {
    let network = Network::start_with(&STAKES, |genesis| {
        genesis.app_state.service.params.level_floor = Ratio::from_percent(45);
        genesis.app_state.service.params.level_rearm = Ratio::from_percent(55);
    });
    audited_from(network)
}

/// Epochs of darkness after which it has fallen, the last one included.
fn dark_until_it_falls(network: &mut Network) -> usize {
    for epochs in 1..12 {
        audit(network, [Some(false); 5]);
        if level(network, PROVIDER).fallen {
            return epochs;
        }
    }
    panic!("it never fell: {:?}", level(network, PROVIDER));
}

#[test]
fn a_level_that_falls_costs_one_percent_of_the_own_stakes_once_until_it_is_back() {
    let mut network = easily_falling();
    let (held, stake) = (self_stake(&network), network.stake(PROVIDER));
    assert!(
        !level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    dark_until_it_falls(&mut network);
    assert_eq!(self_stake(&network), held * 99 / 100);
    assert_eq!(network.stake(PROVIDER), stake * 99 / 100);
    audit(&mut network, [Some(false); 5]);
    audit(&mut network, [Some(false); 5]);
    assert_eq!(self_stake(&network), held * 99 / 100, "once per fall");

    for _ in 0..40 {
        if !level(&network, PROVIDER).fallen {
            break;
        }
        audit(&mut network, [Some(true); 5]);
    }
    assert!(
        !level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    dark_until_it_falls(&mut network);
    assert_eq!(self_stake(&network), held * 99 / 100 * 99 / 100, "armed again");
}

#[test]
fn who_deregisters_before_the_boundary_at_which_it_falls_pays_all_the_same() {
    let mut network = easily_falling();
    let held = self_stake(&network);
    let epochs = dark_until_it_falls(&mut easily_falling());
    for _ in 1..epochs {
        audit(&mut network, [Some(false); 5]);
    }
    assert!(!level(&network, PROVIDER).fallen, "{epochs} epochs");
    audit_while(&mut network, [Some(false); 5], |network| {
        let leave = MsgDeregisterProvider {
            provider: network.operators[PROVIDER].address().to_string(),
        };
        network.send(PROVIDER, &leave);
    });
    assert!(
        level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    assert_eq!(self_stake(&network), held * 99 / 100);
}

#[test]
fn a_paused_provider_gets_no_new_deals() {
    let mut network = audited();
    let provider = network.operators[PROVIDER].address();
    let open = |network: &Network| {
        let consumer = network.operators[4].address();
        let session = SigningKey::from_secret(KeyKind::Ed25519, &[4; 32]).unwrap();
        market::open_deal(
            &consumer,
            1,
            20 * UANKR_PER_ANKR,
            &session,
            network.chain.time + 10_000,
        )
    };
    network
        .send_any(PROVIDER, market::create_offer(&provider))
        .unwrap();
    let message = open(&network);
    network.send_any(4, message).unwrap();
    audit(&mut network, [Some(false); 5]);
    audit(&mut network, [Some(false); 5]);
    let message = open(&network);
    let (space, code, words) = network.send_any(4, message).unwrap_err();
    assert_eq!((space.as_str(), code), ("metering", 24), "{words}");
}

#[test]
fn an_audit_without_a_quorum_is_void() {
    let mut network = audited();
    audit(&mut network, [Some(true); 5]);
    let before = level(&network, PROVIDER);
    // One of three is silent and one lies: no two thirds agree.
    let assigned: Vec<usize> = (1..5)
        .filter(|n| !assignment(&network, *n).targets.is_empty())
        .collect();
    let mut says = [None; 5];
    says[assigned[0]] = Some(true);
    says[assigned[1]] = Some(false);
    audit(&mut network, says);
    let after = level(&network, PROVIDER);
    assert_eq!(verdict(&network).reached, None);
    assert_eq!(
        (after.failed_in_a_row, after.good_in_a_row),
        (before.failed_in_a_row, before.good_in_a_row)
    );
}

#[test]
fn an_auditor_that_is_silent_pays_in_its_own_level_and_never_in_stake() {
    let mut network = audited();
    let silent = (1..5)
        .find(|n| !assignment(&network, *n).targets.is_empty())
        .unwrap();
    let mut says = [Some(true); 5];
    says[silent] = None;
    let stake = network.stake(silent);
    audit(&mut network, says);
    let others: Vec<u64> = (1..5)
        .filter(|n| *n != silent)
        .map(|n| level(&network, n).consensus)
        .collect();
    let own = level(&network, silent).consensus;
    assert!(others.iter().all(|other| *other > own), "{own} {others:?}");
    assert_eq!(network.stake(silent), stake);
}

#[test]
fn what_is_not_a_right_report_is_refused_with_its_reason() {
    let mut network = audited();
    let auditor = (1..5)
        .find(|n| !assignment(&network, *n).targets.is_empty())
        .unwrap();
    let idle = (1..5)
        .find(|n| assignment(&network, *n).targets.is_empty())
        .unwrap();
    let assigned = assignment(&network, auditor);
    let (good, entries) = report(&assigned, true);
    let code = |refusal: (String, u32, String)| (refusal.0, refusal.1);
    let service = |code: u32| ("service".to_owned(), code);

    let nobody = commit(&network, idle, &good);
    assert_eq!(code(network.refused(idle, &nobody)), service(11));
    let early = reveal(&network, auditor, entries.clone());
    assert_eq!(code(network.refused(auditor, &early)), service(14));
    let other_epoch = MsgCommitAudit {
        epoch: 7,
        ..commit(&network, auditor, &good)
    };
    assert_eq!(code(network.refused(auditor, &other_epoch)), service(10));
    let right = commit(&network, auditor, &good);
    network.send(auditor, &right);
    assert_eq!(code(network.refused(auditor, &right)), service(13));
    while network.chain.height % EPOCH < 6 {
        network.chain.block();
    }
    let late = (1..5)
        .find(|n| *n != auditor && !assignment(&network, *n).targets.is_empty())
        .unwrap();
    let message = commit(&network, late, &good);
    assert_eq!(code(network.refused(late, &message)), service(12));
}

#[test]
fn a_report_is_revealed_once_and_as_it_was_committed() {
    let mut network = audited();
    let assigned: Vec<usize> = (1..5)
        .filter(|n| !assignment(&network, *n).targets.is_empty())
        .collect();
    let [first, second, third] = assigned[..] else {
        panic!("{assigned:?}")
    };
    let code = |refusal: (String, u32, String)| (refusal.0, refusal.1);
    let service = |code: u32| ("service".to_owned(), code);
    let (good, entries) = report(&assignment(&network, first), true);
    let message = commit(&network, first, &good);
    network.send(first, &message);
    // One that names a provider it was not assigned.
    let stranger = vec![AuditEntry {
        provider: 77,
        ..entries[0]
    }];
    let odd = Report::new(vec![Entry {
        target: 77,
        ..good.entries()[0]
    }])
    .unwrap();
    let message = commit(&network, third, &odd);
    network.send(third, &message);
    while network.chain.height % EPOCH < 6 {
        network.chain.block();
    }
    let message = reveal(&network, second, entries.clone());
    assert_eq!(
        code(network.refused(second, &message)),
        service(15),
        "nothing was committed"
    );
    let changed = vec![AuditEntry {
        latency_ms: 41,
        ..entries[0]
    }];
    let message = reveal(&network, first, changed);
    assert_eq!(code(network.refused(first, &message)), service(17));
    let message = reveal(&network, first, entries);
    network.send(first, &message);
    let message = reveal(&network, third, stranger);
    assert_eq!(code(network.refused(third, &message)), service(18));
}

#[test]
fn an_operator_may_let_another_account_audit() {
    let wallet = Wallet::new(KeyKind::Secp256k1, 99, STAKES.len() as u64);
    let hot = wallet.address();
    let mut network = Network::start_with(&STAKES, |genesis| {
        let funds = Coins::base(Amount::new(1_000 * UANKR_PER_ANKR));
        genesis.add_account(hot, funds, None).unwrap();
    });
    network.operators.push(wallet);
    let mut network = audited_from(network);
    let auditor = (1..5)
        .find(|n| !assignment(&network, *n).targets.is_empty())
        .unwrap();
    let operator = network.operators[auditor].address();
    let message = MsgSetAuditor {
        operator: operator.to_string(),
        auditor: hot.to_string(),
    };
    network.send(auditor, &message);
    let assigned = assignment(&network, HOT);
    assert_eq!(assigned.operator, operator.to_string());
    let (good, _) = report(&assigned, true);
    let epoch = assigned.epoch;
    let mut message = MsgCommitAudit {
        auditor: operator.to_string(),
        epoch,
        digest: good.commitment(CHAIN_ID, epoch, &operator, &SALT).to_vec().into(),
    };
    let (_, code, words) = network.refused(auditor, &message);
    assert_eq!(code, 9, "{words}");
    message.auditor = hot.to_string();
    network.send(HOT, &message);
}

#[test]
fn nobody_takes_an_operator_over_by_appointing_it() {
    let mut network = audited();
    let (taker, victim) = (1, 2);
    let message = MsgSetAuditor {
        operator: network.operators[taker].address().to_string(),
        auditor: network.operators[victim].address().to_string(),
    };
    let (space, code, words) = network.refused(taker, &message);
    assert_eq!(space, "service", "{code}: {words}");
    let named = network.operators[victim].address().to_string();
    assert_eq!(assignment(&network, victim).operator, named);
}

#[test]
fn a_provider_is_found_by_its_tags_and_gets_its_self_stake_back() {
    let mut network = audited();
    let provider = network.operators[PROVIDER].address();
    let find = |network: &Network, tag: &str| -> usize {
        let request = QueryProvidersRequest {
            tag: tag.into(),
            pagination: None,
        };
        let found: QueryProvidersResponse = network.ask("/slsbft.service.v1.Query/Providers", &request);
        found.providers.len()
    };
    assert_eq!(
        (find(&network, "gpu"), find(&network, "gp"), find(&network, "")),
        (1, 0, 1)
    );
    let MsgRegisterProvider {
        moniker,
        endpoint,
        kind,
        resources,
        ..
    } = register(&network, PROVIDER);
    let update = MsgUpdateProvider {
        provider: provider.to_string(),
        moniker,
        endpoint,
        kind,
        resources,
        tags: vec!["fast".into()],
        add_self_stake: "5".into(),
    };
    network.send(PROVIDER, &update);
    assert_eq!((find(&network, "gpu"), find(&network, "fast")), (0, 1));
    let leave = MsgDeregisterProvider {
        provider: provider.to_string(),
    };
    network.send(PROVIDER, &leave);
    assert_eq!(find(&network, ""), 0);
    let (_, code, words) = network.refused(PROVIDER, &register(&network, PROVIDER));
    assert_eq!(code, 6, "{words}");
    let before = network.chain.balance(&provider);
    network.end_epochs(13);
    assert_eq!(
        network.chain.balance(&provider) - before,
        1_000 * UANKR_PER_ANKR + 5
    );
    let message = register(&network, PROVIDER);
    network.send(PROVIDER, &message);
}

#[test]
fn a_registration_that_makes_no_sense_is_refused_with_its_reason() {
    let mut network = Network::start(&STAKES);
    let good = register(&network, PROVIDER);
    let with = |change: &dyn Fn(&mut MsgRegisterProvider)| {
        let mut message = good.clone();
        change(&mut message);
        message
    };
    let cases: Vec<(MsgRegisterProvider, &str)> = vec![
        (with(&|m| m.endpoint = "https://".into()), "no host"),
        (with(&|m| m.endpoint = "ftp://x".into()), "does not fit its kind"),
        (with(&|m| m.endpoint = "one.example.com".into()), "no URL"),
        (with(&|m| m.endpoint = "https://me@x".into()), "user name"),
        (with(&|m| m.endpoint = "https://x y".into()), "characters"),
        (with(&|m| m.kind = 0), "kind is missing"),
        (with(&|m| m.kind = 9), "kind is missing"),
        (with(&|m| m.moniker.clear()), "moniker"),
        (with(&|m| m.tags = vec!["b".into(), "a".into()]), "sorted"),
        (with(&|m| m.tags = vec!["A".into()]), "lower-case"),
        (with(&|m| m.self_stake = "1".into()), "the least is"),
        (
            with(&|m| m.resources.as_mut().unwrap().memory_bytes = u64::MAX),
            "resources.memory_bytes",
        ),
    ];
    for (message, words) in cases {
        let (_, _, log) = network.refused(PROVIDER, &message);
        assert!(log.contains(words), "'{words}' is not in {log}");
    }
    network.send(PROVIDER, &good);
    let (_, code, _) = network.refused(PROVIDER, &good);
    assert_eq!(code, 3);
}
