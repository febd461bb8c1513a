//! Audits: who measures whom, what can be revealed, and what a minority of liars can do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod assign;
mod judge;
mod liars;
mod report;

use slsbft_mechanism::audit::{Auditor, Entry, Finding, Reading, Rules, RulesError, Target};
use slsbft_types::{Address, Amount, Ratio};

/// An operator, in the order of numbers.
fn operator(number: u32) -> Address {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Address::from_bytes(&bytes).unwrap()
}

fn auditors(stakes: impl IntoIterator<Item = u128>) -> Vec<Auditor> {
    let auditor = |(number, stake)| Auditor {
        operator: operator(number),
        stake: Amount::new(stake),
    };
    (0..).zip(stakes).map(auditor).collect()
}

/// Targets with a promise of everything, operated by those from `first` on.
fn targets(first: u32, number: u32) -> Vec<Target> {
    let target = |i| Target {
        id: 10 * i + 7,
        operator: operator(first + i),
        promised_kbps: 100_000,
        challenged: true,
    };
    (0..number).map(target).collect()
}

/// What everybody sees of a good target.
const GOOD: Reading = Reading {
    latency_ms: 120,
    throughput_kbps: 100_000,
    delivered: Some(1000),
};

fn entry(target: u32, finding: Finding) -> Entry {
    Entry { target, finding }
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let good = Rules::default();
    assert_eq!(good.check(), Ok(()));
    let refused = |change: &dyn Fn(&mut Rules)| {
        let mut rules = good;
        change(&mut rules);
        rules.check().unwrap_err()
    };
    assert_eq!(refused(&|r| r.auditors_per_target = 0), RulesError::Auditors);
    assert_eq!(refused(&|r| r.auditors_per_target = 256), RulesError::Auditors);
    assert_eq!(refused(&|r| r.most_targets = 0), RulesError::Targets);
    assert_eq!(refused(&|r| r.most_targets_per_auditor = 0), RulesError::Targets);
    assert_eq!(refused(&|r| r.good_ms = r.bad_ms), RulesError::Latency);
    assert_eq!(refused(&|r| r.bad_ms = 65_536), RulesError::Latency);
    assert_eq!(
        refused(&|r| r.tolerance = Ratio::from_percent(50)),
        RulesError::Tolerance
    );
}
