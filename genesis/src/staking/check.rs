//! What types alone cannot say of the section: order, sums, and that records fit
//! each other.

use std::collections::BTreeMap;

use slsbft_mechanism::share::Dec;
use slsbft_types::{Address, Amount, AmountError};

use super::{Arrival, Candidate, Params, Staking, Term, UnbondingEntry};
use crate::error::{GenesisError, ensure, ensure_countable};

impl Staking {
    pub fn validate(&self) -> Result<(), GenesisError> {
        self.params.validate().map_err(|e| e.within("params"))?;
        self.check_candidates()?;
        self.check_keys()?;
        self.check_delegations()?;
        self.check_slashes()?;
        let check = Leavers {
            candidates: &self.by_operator(),
            liable: &self.liable()?,
            params: &self.params,
        };
        check.unbondings(self)?;
        check.redelegations(self)
    }

    /// What the account of bonded stake must hold, in uankr.
    pub fn bonded(&self) -> Result<Amount, GenesisError> {
        sum(self.candidates.iter().map(|candidate| candidate.pool.tokens()))
            .map_err(|error| GenesisError::new("candidates", error))
    }

    /// What the account of stake on its way back must hold, in uankr.
    pub fn not_bonded(&self) -> Result<Amount, GenesisError> {
        let entries = self.unbondings.iter().flat_map(|unbonding| &unbonding.entries);
        sum(entries.map(|entry| entry.balance)).map_err(|error| GenesisError::new("unbondings", error))
    }

    fn by_operator(&self) -> BTreeMap<Address, &Candidate> {
        self.candidates
            .iter()
            .map(|candidate| (candidate.operator, candidate))
            .collect()
    }

    fn check_candidates(&self) -> Result<(), GenesisError> {
        sorted("candidates", &self.candidates, |candidate| candidate.operator)?;
        for (i, candidate) in self.candidates.iter().enumerate() {
            check_candidate(candidate).map_err(|e| e.within(&format!("candidates[{i}]")))?;
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), GenesisError> {
        sorted("keys", &self.keys, |key| key.address)?;
        let owners: BTreeMap<Address, Address> =
            self.keys.iter().map(|key| (key.address, key.operator)).collect();
        let mut used = BTreeMap::new();
        for (i, candidate) in self.candidates.iter().enumerate() {
            let (at, address) = (
                format!("candidates[{i}].consensus_key"),
                candidate.consensus_key.consensus_address(),
            );
            ensure(
                owners.get(&address) == Some(&candidate.operator),
                &at,
                "is not listed in keys as this operator's",
            )?;
            ensure(used.insert(address, i).is_none(), &at, "is another candidate's")?;
        }
        Ok(())
    }

    fn check_delegations(&self) -> Result<(), GenesisError> {
        sorted("delegations", &self.delegations, |d| (d.delegator, d.operator))?;
        let mut sums: BTreeMap<Address, Dec> = BTreeMap::new();
        for (i, delegation) in self.delegations.iter().enumerate() {
            let at = format!("delegations[{i}].shares");
            ensure(!delegation.shares.is_zero(), &at, "must be positive")?;
            let sum = sums.entry(delegation.operator).or_default();
            *sum = sum
                .add(delegation.shares)
                .map_err(|error| GenesisError::new(&at, error))?;
        }
        for (i, candidate) in self.candidates.iter().enumerate() {
            let sum = sums.remove(&candidate.operator).unwrap_or_default();
            ensure(
                candidate.pool.shares() == sum,
                &format!("candidates[{i}].pool.shares"),
                format!("is {}, but its delegations have {sum}", candidate.pool.shares()),
            )?;
        }
        match sums.first_key_value() {
            None => Ok(()),
            Some((operator, _)) => Err(GenesisError::new(
                "delegations",
                format!("{operator} is no candidate"),
            )),
        }
    }

    fn check_slashes(&self) -> Result<(), GenesisError> {
        sorted("slashes", &self.slashes, |slash| {
            (slash.operator, slash.height, slash.number)
        })?;
        let mut next: BTreeMap<Address, u32> = BTreeMap::new();
        for (i, slash) in self.slashes.iter().enumerate() {
            let at = format!("slashes[{i}]");
            let number = next.entry(slash.operator).or_default();
            ensure(
                slash.number == *number,
                &format!("{at}.number"),
                format!("is {}, expected {number}", slash.number),
            )?;
            *number = number.saturating_add(1);
            ensure(
                slash.infraction_height <= slash.height,
                &format!("{at}.infraction_height"),
                "is after the slash",
            )?;
            ensure_countable(slash.height, &format!("{at}.height"))?;
        }
        Ok(())
    }

    /// Liabilities by candidate and height.
    fn liable(&self) -> Result<BTreeMap<(Address, u64), u64>, GenesisError> {
        sorted("liabilities", &self.liabilities, |l| (l.operator, l.height))?;
        let entries = self.liabilities.iter().enumerate();
        entries
            .map(|(i, l)| {
                ensure_countable(l.billionths, &format!("liabilities[{i}].billionths"))?;
                Ok(((l.operator, l.height), l.billionths))
            })
            .collect()
    }
}

fn check_candidate(candidate: &Candidate) -> Result<(), GenesisError> {
    if let Some((field, length, most)) = candidate.description.too_long() {
        return Err(GenesisError::new(
            "description",
            format!("{field} has {length} bytes, the most is {most}"),
        ));
    }
    let commission = candidate.commission.validate();
    commission.map_err(|e| e.within("commission"))?;
    ensure(
        !candidate.min_self_delegation.is_zero(),
        "min_self_delegation",
        "must be positive",
    )?;
    ensure_countable(candidate.created_height, "created_height")?;
    ensure(
        candidate.is_jailed() || !candidate.tombstoned,
        "jailed_until",
        "is missing; a tombstoned candidate is jailed",
    )
}

/// What stake that has left is checked against.
struct Leavers<'a> {
    candidates: &'a BTreeMap<Address, &'a Candidate>,
    liable: &'a BTreeMap<(Address, u64), u64>,
    params: &'a Params,
}

impl Leavers<'_> {
    fn unbondings(&self, section: &Staking) -> Result<(), GenesisError> {
        sorted("unbondings", &section.unbondings, |u| (u.delegator, u.operator))?;
        for (i, unbonding) in section.unbondings.iter().enumerate() {
            let at = format!("unbondings[{i}]");
            let entries = &unbonding.entries;
            self.count(entries.len(), self.params.max_entries as usize)
                .map_err(|e| e.within(&at))?;
            sorted(&format!("{at}.entries"), entries, |e| e.term.created_height)?;
            for (j, entry) in entries.iter().enumerate() {
                let at = format!("{at}.entries[{j}]");
                self.unbonding(&unbonding.operator, entry)
                    .map_err(|e| e.within(&at))?;
            }
        }
        Ok(())
    }

    fn unbonding(&self, operator: &Address, entry: &UnbondingEntry) -> Result<(), GenesisError> {
        ensure(
            entry.balance <= entry.initial,
            "balance",
            format!("is above initial ({})", entry.initial),
        )?;
        self.left(operator, &entry.term, entry.initial, entry.answered)
    }

    fn redelegations(&self, section: &Staking) -> Result<(), GenesisError> {
        sorted("redelegations", &section.redelegations, |r| {
            (r.delegator, r.destination)
        })?;
        for (i, redelegation) in section.redelegations.iter().enumerate() {
            let at = format!("redelegations[{i}]");
            let entries = &redelegation.entries;
            self.count(entries.len(), self.params.max_arrivals())
                .map_err(|e| e.within(&at))?;
            let heights = entries.is_sorted_by_key(|e| e.term.created_height);
            ensure(heights, &format!("{at}.entries"), "must be sorted by height")?;
            for (j, entry) in entries.iter().enumerate() {
                let at = format!("{at}.entries[{j}]");
                self.arrival(&redelegation.destination, entry)
                    .map_err(|e| e.within(&at))?;
            }
        }
        Ok(())
    }

    fn arrival(&self, destination: &Address, entry: &Arrival) -> Result<(), GenesisError> {
        ensure(entry.source != *destination, "source", "is the destination")?;
        self.left(&entry.source, &entry.term, entry.initial, entry.answered)
    }

    fn count(&self, found: usize, most: usize) -> Result<(), GenesisError> {
        ensure(
            (1..=most).contains(&found),
            "entries",
            format!("must be 1 to {most}, found {found}"),
        )
    }

    fn left(
        &self,
        candidate: &Address,
        term: &Term,
        initial: Amount,
        answered: u64,
    ) -> Result<(), GenesisError> {
        ensure(
            self.candidates.contains_key(candidate),
            "",
            format!(
                "{candidate} is no candidate, and stays one as long as stake that left it may answer for it"
            ),
        )?;
        ensure(!initial.is_zero(), "initial", "must be positive")?;
        ensure_countable(term.created_height, "term.created_height")?;
        ensure_countable(term.until_height, "term.until_height")?;
        ensure(
            term.until_height >= term.created_height,
            "term.until_height",
            "is before created_height",
        )?;
        let until_then = (*candidate, 0)..=(*candidate, term.created_height);
        let liable = self.liable.range(until_then).next_back().map_or(0, |(_, l)| *l);
        ensure(
            answered <= liable,
            "answered",
            format!("is {answered}, but only {liable} can have been asked for"),
        )
    }
}

/// Refuses a list that is not sorted by what its records begin with, or names it twice.
pub(crate) fn sorted<T, K: Ord>(path: &str, list: &[T], key: impl Fn(&T) -> K) -> Result<(), GenesisError> {
    let misplaced = list.windows(2).position(|pair| match pair {
        [a, b] => key(a) >= key(b),
        _ => false,
    });
    match misplaced {
        None => Ok(()),
        Some(i) => Err(GenesisError::new(
            format!("{path}[{}]", i.saturating_add(1)),
            "comes before what precedes it, or is the same; the list is sorted",
        )),
    }
}

pub(crate) fn sum(amounts: impl Iterator<Item = Amount>) -> Result<Amount, AmountError> {
    let mut amounts = amounts;
    amounts.try_fold(Amount::ZERO, Amount::add)
}
