//! What must hold of staking, by reading all of it.

use std::collections::BTreeMap;

use slsbft_genesis::staking::{Staking as Section, Term};
use slsbft_store::{Order, Read, Space};
use slsbft_types::{Address, Amount, BASE_DENOM};

use super::{
    Rewards, Staking, bonded_account, genesis, keys, leaving, not_bonded_account, queue,
    records::read_amount,
    sound,
    state::{self, Totals},
};
use crate::{
    errors::{ExecError, Fault},
    modules::ledger::Bonding,
};

impl<L: Bonding, R: Rewards> Staking<L, R> {
    /// Checks the invariants at the head of this module.
    pub fn check(&self, state: &impl Read) -> Result<(), ExecError> {
        let section = genesis::export(state)?;
        sound(section.validate())?;
        let (bonded, not_bonded) = (sound(section.bonded())?, sound(section.not_bonded())?);
        for (account, needed) in [(bonded_account(), bonded), (not_bonded_account(), not_bonded)] {
            let held = self.ledger.balance(state, &account, BASE_DENOM)?;
            equal(&format!("the balance of {account}"), held, needed)?;
        }
        let living = section.candidates.iter().filter(|c| !c.tombstoned).count();
        let totals = Totals {
            bonded,
            candidates: u32::try_from(living).unwrap_or(u32::MAX),
        };
        equal("the totals", state::totals(state)?, totals)?;
        check_left(state, &section)?;
        check_indexes(state, &section)?;
        check_queue(state, &section)?;
        check_candidates(&section).map_err(ExecError::from)
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Fault> {
    if found == expected {
        return Ok(());
    }
    Err(Fault::Invariant(format!(
        "staking: {what}: {found:?}, expected {expected:?}"
    )))
}

/// Each entry that left a candidate: whom it belongs to, from where, its term, its amount.
fn leavers(section: &Section) -> impl Iterator<Item = (Address, Address, Address, Term, Amount)> + '_ {
    let unbonding = section.unbondings.iter().flat_map(|unbonding| {
        let pair = (unbonding.delegator, unbonding.operator);
        let entries = unbonding.entries.iter();
        entries.map(move |entry| (pair.0, pair.1, pair.1, entry.term, entry.initial))
    });
    let moved = section.redelegations.iter().flat_map(|redelegation| {
        let pair = (redelegation.delegator, redelegation.destination);
        let entries = redelegation.entries.iter();
        entries.map(move |entry| (pair.0, pair.1, entry.source, entry.term, entry.initial))
    });
    unbonding.chain(moved)
}

/// The sums over heights are those of the entries.
fn check_left(state: &impl Read, section: &Section) -> Result<(), Fault> {
    let mut expected: BTreeMap<Vec<u8>, Amount> = BTreeMap::new();
    for (_, _, source, term, amount) in leavers(section) {
        let height = term.created_height;
        for key in [
            keys::numbered(keys::LEFT, &source, height),
            keys::numbered(keys::LEFT_SPAN, &source, leaving::span_of(height)),
        ] {
            let sum = expected.entry(key).or_default();
            *sum = sound(sum.add(amount))?;
        }
    }
    let mut found = BTreeMap::new();
    for prefix in [keys::LEFT, keys::LEFT_SPAN] {
        for entry in state.prefix(Space::Main, prefix, Order::Ascending) {
            let (key, value) = entry?;
            found.insert(key, read_amount(&value)?);
        }
    }
    equal("sums of what left", found, expected)
}

/// The indexes name exactly the records.
fn check_indexes(state: &impl Read, section: &Section) -> Result<(), Fault> {
    let delegations = section.delegations.iter();
    let unbondings = section.unbondings.iter();
    let redelegations = section.redelegations.iter().flat_map(|r| {
        let entries = r.entries.iter();
        entries.map(|entry| keys::redelegation_from(&entry.source, &r.delegator, &r.destination))
    });
    let mut expected: Vec<Vec<u8>> = delegations
        .map(|d| keys::delegator(&d.operator, &d.delegator))
        .chain(unbondings.map(|u| keys::unbonding_from(&u.operator, &u.delegator)))
        .chain(redelegations)
        .collect();
    expected.sort();
    expected.dedup();
    let mut found = Vec::new();
    for prefix in keys::INDEXES {
        for entry in state.prefix(Space::Main, prefix, Order::Ascending) {
            found.push(entry?.0);
        }
    }
    found.sort();
    equal("indexes", found, expected)
}

/// Whatever waits is in a queue.
fn check_queue(state: &impl Read, section: &Section) -> Result<(), Fault> {
    for (delegator, operator, _, term, _) in leavers(section) {
        if !queue::holds(state, &term, &delegator, &operator)? {
            return Err(Fault::Invariant(format!(
                "staking: stake of {delegator} with {operator} would wait for ever"
            )));
        }
    }
    Ok(())
}

/// A candidate without stake is there for something.
fn check_candidates(section: &Section) -> Result<(), Fault> {
    let answering: std::collections::BTreeSet<Address> =
        leavers(section).map(|(_, _, source, _, _)| source).collect();
    let idle = section.candidates.iter().find(|candidate| {
        candidate.pool.shares().is_zero() && !candidate.tombstoned && !answering.contains(&candidate.operator)
    });
    match idle {
        None => Ok(()),
        Some(candidate) => Err(Fault::Invariant(format!(
            "staking: candidate {} has no stake and should be gone",
            candidate.operator
        ))),
    }
}
