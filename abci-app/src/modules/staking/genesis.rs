//! Candidates and stake in and out of a genesis document.

use slsbft_genesis::staking::{
    Candidate, Delegation, KeyOwner, Liability, Redelegation, Slash, Staking as Section, Unbonding,
};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{
    Rewards, Staking, keys, leaving,
    pair::{Pair, Parts},
    queue,
    records::{self, RedelegationRecord, UnbondingRecord},
    state,
};
use crate::{
    context::BlockInfo,
    errors::{ExecError, Fault},
    modules::{ledger::Bonding, record},
};

impl<L: Bonding, R: Rewards> Staking<L, R> {
    /// Writes the section. Balances come before it: what the pools hold must be in their
    /// accounts.
    pub fn init(&self, state: &mut Overlay, block: &BlockInfo, section: &Section) -> Result<(), ExecError> {
        state::save_params(state, &section.params);
        for key in &section.keys {
            state::reserve_key(state, &key.address, &key.operator);
        }
        for candidate in &section.candidates {
            state::save_candidate(state, candidate);
            state::bond(state, candidate.pool.tokens())?;
            if !candidate.tombstoned {
                state::count_candidate(state, true)?;
            }
        }
        for delegation in &section.delegations {
            let parts = Parts {
                shares: delegation.shares,
                ..Parts::default()
            };
            Pair::new(delegation.delegator, delegation.operator, parts).save(state);
        }
        init_leavers(state, block, section)?;
        for slash in &section.slashes {
            state::record_slash(state, slash);
        }
        for liability in &section.liabilities {
            let key = keys::numbered(keys::LIABLE, &liability.operator, liability.height);
            leaving::set_liable(state, key, liability.billionths);
        }
        self.check(state)
            .map_err(|error| Fault::Genesis(format!("app_state.staking: {error}")).into())
    }
}

fn init_leavers(state: &mut Overlay, block: &BlockInfo, section: &Section) -> Result<(), Fault> {
    for unbonding in &section.unbondings {
        let (delegator, operator) = (unbonding.delegator, unbonding.operator);
        for entry in &unbonding.entries {
            leaving::leave(state, &operator, entry.term.created_height, entry.initial)?;
            queue::restore(state, block, &entry.term, &delegator, &operator);
        }
        let parts = Parts {
            unbonding: unbonding.entries.clone(),
            ..Parts::default()
        };
        Pair::new(delegator, operator, parts).save(state);
    }
    for redelegation in &section.redelegations {
        let (delegator, destination) = (redelegation.delegator, redelegation.destination);
        for entry in &redelegation.entries {
            leaving::leave(state, &entry.source, entry.term.created_height, entry.initial)?;
            queue::restore(state, block, &entry.term, &delegator, &destination);
        }
        let parts = Parts {
            arrivals: redelegation.entries.clone(),
            ..Parts::default()
        };
        Pair::new(delegator, destination, parts).save(state);
    }
    Ok(())
}

/// Reads the section back.
pub fn export(state: &impl Read) -> Result<Section, Fault> {
    let mut candidates = state::candidates(state).collect::<Result<Vec<Candidate>, Fault>>()?;
    candidates.sort_by_key(|candidate| candidate.operator);
    Ok(Section {
        params: state::params(state)?,
        candidates,
        delegations: delegations(state)?,
        unbondings: unbondings(state)?,
        redelegations: redelegations(state)?,
        keys: reserved(state)?,
        slashes: slashes(state)?,
        liabilities: liabilities(state)?,
    })
}

fn delegations(state: &impl Read) -> Result<Vec<Delegation>, Fault> {
    let mut list = all(state, keys::DELEGATION, |key, value| {
        let (delegator, operator) = keys::pair(key)?;
        Some(records::read_dec(value).map(|shares| Delegation {
            delegator,
            operator,
            shares,
        }))
    })?;
    list.sort_by_key(|delegation| (delegation.delegator, delegation.operator));
    Ok(list)
}

fn unbondings(state: &impl Read) -> Result<Vec<Unbonding>, Fault> {
    let mut list = all(state, keys::UNBONDING, |key, value| {
        let (delegator, operator) = keys::pair(key)?;
        let entries = record::decode::<UnbondingRecord>(value, key).and_then(UnbondingRecord::read);
        Some(entries.map(|entries| Unbonding {
            delegator,
            operator,
            entries,
        }))
    })?;
    list.sort_by_key(|unbonding| (unbonding.delegator, unbonding.operator));
    Ok(list)
}

fn redelegations(state: &impl Read) -> Result<Vec<Redelegation>, Fault> {
    let mut list = all(state, keys::REDELEGATION, |key, value| {
        let (delegator, destination) = keys::pair(key)?;
        let entries = record::decode::<RedelegationRecord>(value, key).and_then(RedelegationRecord::read);
        Some(entries.map(|entries| Redelegation {
            delegator,
            destination,
            entries,
        }))
    })?;
    list.sort_by_key(|redelegation| (redelegation.delegator, redelegation.destination));
    Ok(list)
}

fn reserved(state: &impl Read) -> Result<Vec<KeyOwner>, Fault> {
    let mut list = all(state, keys::KEY, |key, value| {
        let address = keys::one(key)?;
        let operator = Address::from_bytes(value).ok()?;
        Some(Ok(KeyOwner { address, operator }))
    })?;
    list.sort_by_key(|owner| owner.address);
    Ok(list)
}

fn slashes(state: &impl Read) -> Result<Vec<Slash>, Fault> {
    let mut list = all(state, keys::SLASH, |key, value| {
        Some(state::read_slash(key, value))
    })?;
    list.sort_by_key(|slash| (slash.operator, slash.height, slash.number));
    Ok(list)
}

fn liabilities(state: &impl Read) -> Result<Vec<Liability>, Fault> {
    let mut list = all(state, keys::LIABLE, |key, value| {
        let (operator, rest) = keys::split(key)?;
        let height = u64::from_be_bytes(rest.try_into().ok()?);
        Some(leaving::read_liable(value).map(|billionths| Liability {
            operator,
            height,
            billionths,
        }))
    })?;
    list.sort_by_key(|liability| (liability.operator, liability.height));
    Ok(list)
}

/// All records under a prefix; `read` sees keys without it and says `None` to a bad one.
fn all<T>(
    state: &impl Read,
    prefix: &[u8],
    read: impl Fn(&[u8], &[u8]) -> Option<Result<T, Fault>>,
) -> Result<Vec<T>, Fault> {
    let entries = state.prefix(Space::Main, prefix, Order::Ascending);
    entries
        .map(|entry| {
            let (key, value) = entry?;
            let rest = key.strip_prefix(prefix).unwrap_or_default();
            read(rest, &value).unwrap_or_else(|| Err(Fault::corrupt(String::from_utf8_lossy(&key))))
        })
        .collect()
}
