//! Records in and out of state, with their indexes.

use slsbft_genesis::staking::{Candidate, Params, Slash};
use slsbft_mechanism::share::Dec;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount};

use super::{
    keys,
    records::{self, CandidateRecord, ParamsRecord, SlashRecord, TotalsRecord},
    sound,
};
use crate::{errors::Fault, modules::record};

/// Value of an index or queue entry; no stored value may be empty.
const PRESENT: [u8; 1] = [1];

pub fn params(state: &impl Read) -> Result<Params, Fault> {
    record::load::<ParamsRecord>(state, Space::Main, keys::PARAMS)?
        .ok_or_else(|| Fault::corrupt("staking's parameters"))?
        .read()
}

pub fn save_params(state: &mut Overlay, params: &Params) {
    record::store(state, keys::PARAMS.to_vec(), &ParamsRecord::from(params));
}

/// All candidates together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// uankr in all pools.
    pub bonded: Amount,
    /// Those that are not tombstoned.
    pub candidates: u32,
}

pub fn totals(state: &impl Read) -> Result<Totals, Fault> {
    let found: TotalsRecord = record::load(state, Space::Main, keys::TOTALS)?.unwrap_or_default();
    Ok(Totals {
        bonded: records::read_amount(&found.bonded)?,
        candidates: found.candidates,
    })
}

pub fn save_totals(state: &mut Overlay, totals: Totals) {
    // No stored value may be empty.
    if totals == Totals::default() {
        return state.delete(Space::Main, keys::TOTALS);
    }
    let found = TotalsRecord {
        bonded: records::amount_bytes(totals.bonded),
        candidates: totals.candidates,
    };
    record::store(state, keys::TOTALS.to_vec(), &found);
}

pub fn bond(state: &mut Overlay, amount: Amount) -> Result<(), Fault> {
    let mut totals = totals(state)?;
    totals.bonded = sound(totals.bonded.add(amount))?;
    save_totals(state, totals);
    Ok(())
}

pub fn unbond(state: &mut Overlay, amount: Amount) -> Result<(), Fault> {
    let mut totals = totals(state)?;
    totals.bonded = sound(totals.bonded.sub(amount))?;
    save_totals(state, totals);
    Ok(())
}

/// One candidate more, or less, that is not tombstoned.
pub fn count_candidate(state: &mut Overlay, more: bool) -> Result<(), Fault> {
    let mut totals = totals(state)?;
    let counted = match more {
        true => totals.candidates.checked_add(1),
        false => totals.candidates.checked_sub(1),
    };
    totals.candidates = counted.ok_or_else(|| Fault::Invariant("number of candidates".into()))?;
    save_totals(state, totals);
    Ok(())
}

pub fn candidate(state: &impl Read, operator: &Address) -> Result<Option<Candidate>, Fault> {
    record::load::<CandidateRecord>(state, Space::Main, &keys::candidate(operator))?
        .map(|found| found.read(*operator))
        .transpose()
}

pub fn save_candidate(state: &mut Overlay, candidate: &Candidate) {
    let key = keys::candidate(&candidate.operator);
    record::store(state, key, &CandidateRecord::from(candidate));
}

pub fn remove_candidate(state: &mut Overlay, operator: &Address) {
    state.delete(Space::Main, &keys::candidate(operator));
}

/// All candidates, in the order of their keys.
pub fn candidates(state: &impl Read) -> impl Iterator<Item = Result<Candidate, Fault>> {
    let entries = state.prefix(Space::Main, keys::CANDIDATE, Order::Ascending);
    entries.map(|entry| {
        let (key, value) = entry?;
        let operator = key.strip_prefix(keys::CANDIDATE).and_then(keys::one);
        let operator = operator.ok_or_else(|| Fault::corrupt("a candidate's key"))?;
        record::decode::<CandidateRecord>(&value, &key)?.read(operator)
    })
}

pub fn operator_of(state: &impl Read, consensus: &Address) -> Result<Option<Address>, Fault> {
    let found = state.get(Space::Main, &keys::key(consensus))?;
    found
        .map(|bytes| Address::from_bytes(&bytes).map_err(|_| Fault::corrupt("the owner of a consensus key")))
        .transpose()
}

/// Keeps a consensus key for an operator, for ever.
pub fn reserve_key(state: &mut Overlay, consensus: &Address, operator: &Address) {
    state.set(Space::Main, keys::key(consensus), operator.as_bytes().to_vec());
}

/// Shares of a delegation; zero if there is none.
pub fn shares(state: &impl Read, delegator: &Address, operator: &Address) -> Result<Dec, Fault> {
    let found = state.get(Space::Main, &keys::delegation(delegator, operator))?;
    found.map_or(Ok(Dec::ZERO), |bytes| records::read_dec(&bytes))
}

/// How many slashes a candidate had.
pub fn slash_count(state: &impl Read, operator: &Address) -> Result<u32, Fault> {
    let Some(bytes) = state.get(Space::Main, &keys::slashes(operator))? else {
        return Ok(0);
    };
    let bytes = bytes
        .try_into()
        .map_err(|_| Fault::corrupt("the number of a candidate's slashes"))?;
    Ok(u32::from_be_bytes(bytes))
}

/// Writes a slash, which is its candidate's latest.
pub fn record_slash(state: &mut Overlay, slash: &Slash) {
    let Slash {
        operator,
        height,
        number,
        ..
    } = slash;
    record::store(
        state,
        keys::slash(operator, *height, *number),
        &SlashRecord::from(slash),
    );
    let count = number.saturating_add(1).to_be_bytes().to_vec();
    state.set(Space::Main, keys::slashes(operator), count);
}

/// Reads a slash from its key without [`keys::SLASH`] and its record.
pub fn read_slash(key: &[u8], value: &[u8]) -> Result<Slash, Fault> {
    let parts = keys::split(key).and_then(|(operator, rest)| {
        let (height, number) = rest.split_first_chunk::<8>()?;
        Some((operator, u64::from_be_bytes(*height), number.try_into().ok()?))
    });
    let (operator, height, number) = parts.ok_or_else(|| Fault::corrupt("a slash's key"))?;
    record::decode::<SlashRecord>(value, key)?.read(operator, height, u32::from_be_bytes(number))
}

/// Writes an index or queue entry.
pub fn mark(state: &mut Overlay, key: Vec<u8>) {
    state.set(Space::Main, key, PRESENT.to_vec());
}
