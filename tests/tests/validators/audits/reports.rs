//! Which reports are taken, and from whom.

use slsbft_client::KeyKind;
use slsbft_mechanism::audit::{Entry, Report};
use slsbft_proto::service::v1::{AuditEntry, MsgCommitAudit, MsgSetAuditor};
use slsbft_tests::{Wallet, chain::CHAIN_ID};
use slsbft_types::{Amount, Coins, UANKR_PER_ANKR};

use super::{HOT, SALT, STAKES, assignment, audited, audited_from, commit, report, reveal};
use crate::support::{EPOCH, Network};

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
