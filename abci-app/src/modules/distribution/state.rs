//! Records in and out of state.

use prost::Message;
use slsbft_mechanism::share::{Accrued, Dec, Holding, PerShare, RewardIndex};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount};

use super::{keys, sound};
use crate::{errors::Fault, modules::record};

/// What is outstanding with a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// uankr that were allocated and not paid yet.
    pub total: Amount,
    /// uankr of them that are the candidate's own.
    pub commission: Amount,
    pub index: RewardIndex,
}

/// The stored form.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(string, tag = "1")]
    total: String,
    #[prost(string, tag = "2")]
    commission: String,
    #[prost(bytes = "vec", tag = "3")]
    per_share: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    carried: Vec<u8>,
}

pub fn outstanding(state: &impl Read, operator: &Address) -> Result<Option<Outstanding>, Fault> {
    let key = keys::validator(operator);
    let found = state.get(Space::Main, &key)?;
    found.map(|value| read_outstanding(&value, &key)).transpose()
}

/// Reads the record that was under `key`.
pub fn read_outstanding(value: &[u8], key: &[u8]) -> Result<Outstanding, Fault> {
    let found: Record = record::decode(value, key)?;
    let corrupt = || Fault::corrupt(String::from_utf8_lossy(key));
    let amount = |text: &str| text.parse::<Amount>().map_err(|_| corrupt());
    let bytes = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| corrupt());
    Ok(Outstanding {
        total: amount(&found.total)?,
        commission: amount(&found.commission)?,
        index: RewardIndex {
            per_share: PerShare::from_be_bytes(bytes(found.per_share)?),
            carried: Accrued::from_be_bytes(bytes(found.carried)?),
        },
    })
}

pub fn save_outstanding(state: &mut Overlay, operator: &Address, outstanding: &Outstanding) {
    let record = Record {
        total: outstanding.total.to_string(),
        commission: outstanding.commission.to_string(),
        per_share: outstanding.index.per_share.to_be_bytes().to_vec(),
        carried: outstanding.index.carried.to_be_bytes().to_vec(),
    };
    record::store(state, keys::validator(operator), &record);
}

pub fn remove_outstanding(state: &mut Overlay, operator: &Address) {
    state.delete(Space::Main, &keys::validator(operator));
}

/// A delegation's claim; its shares are given.
pub fn holding(
    state: &impl Read,
    delegator: &Address,
    operator: &Address,
    shares: Dec,
) -> Result<Option<Holding>, Fault> {
    let found = state.get(Space::Main, &keys::holding(delegator, operator))?;
    found.map(|value| read_holding(&value, shares)).transpose()
}

pub fn read_holding(value: &[u8], shares: Dec) -> Result<Holding, Fault> {
    let parts = value
        .split_first_chunk::<32>()
        .and_then(|(since, unpaid)| Some((*since, <[u8; 32]>::try_from(unpaid).ok()?)));
    let (since, unpaid) = parts.ok_or_else(|| Fault::corrupt("what a delegation is owed"))?;
    Ok(Holding {
        shares,
        since: PerShare::from_be_bytes(since),
        unpaid: Accrued::from_be_bytes(unpaid),
    })
}

pub fn save_holding(state: &mut Overlay, delegator: &Address, operator: &Address, holding: &Holding) {
    let value = [holding.since.to_be_bytes(), holding.unpaid.to_be_bytes()].concat();
    state.set(Space::Main, keys::holding(delegator, operator), value);
}

pub fn remove_holding(state: &mut Overlay, delegator: &Address, operator: &Address) {
    state.delete(Space::Main, &keys::holding(delegator, operator));
}

/// All that is outstanding, in uankr.
pub fn owed(state: &impl Read) -> Result<Amount, Fault> {
    let Some(bytes) = state.get(Space::Main, keys::OWED)? else {
        return Ok(Amount::ZERO);
    };
    let bytes = bytes.try_into().map_err(|_| Fault::corrupt("all that is owed"))?;
    Ok(Amount::new(u128::from_be_bytes(bytes)))
}

/// More is outstanding.
pub fn owe(state: &mut Overlay, amount: Amount) -> Result<(), Fault> {
    let sum = sound(owed(state)?.add(amount))?;
    save_owed(state, sum);
    Ok(())
}

/// Less is outstanding.
pub fn pay(state: &mut Overlay, amount: Amount) -> Result<(), Fault> {
    let rest = sound(owed(state)?.sub(amount))?;
    save_owed(state, rest);
    Ok(())
}

fn save_owed(state: &mut Overlay, amount: Amount) {
    if amount.is_zero() {
        state.delete(Space::Main, keys::OWED);
    } else {
        let value = amount.value().to_be_bytes().to_vec();
        state.set(Space::Main, keys::OWED.to_vec(), value);
    }
}

/// Where a delegator's rewards go: to itself, unless it said otherwise.
pub fn withdraw_address(state: &impl Read, delegator: &Address) -> Result<Address, Fault> {
    let found = state.get(Space::Main, &keys::withdraw_address(delegator))?;
    found.map_or(Ok(*delegator), |bytes| read_address(&bytes))
}

pub fn read_address(bytes: &[u8]) -> Result<Address, Fault> {
    Address::from_bytes(bytes).map_err(|_| Fault::corrupt("a withdraw address"))
}

/// Its own address is the default, and not kept.
pub fn set_withdraw_address(state: &mut Overlay, delegator: &Address, address: &Address) {
    let key = keys::withdraw_address(delegator);
    if address == delegator {
        state.delete(Space::Main, &key);
    } else {
        state.set(Space::Main, key, address.as_bytes().to_vec());
    }
}
