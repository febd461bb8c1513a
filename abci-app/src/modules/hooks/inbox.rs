//! What waits for contracts: a queue for each, and whose turn it is.

use prost::Message;
use slsbft_proto::hooks::v1::{Hook, Waiting};
use slsbft_store::{Order, Overlay, Read, Space, prefix_end};
use slsbft_types::Address;

use super::keys;
use crate::{
    errors::Fault,
    modules::{key, record},
};

/// Messages that wait for one contract at most. What comes when they do is lost to it: nobody but the
/// contract could keep up with its own deals.
pub const MOST: u64 = 1_000;

/// Which messages of a contract wait: those from `first` up to `next`, without `next`.
#[derive(Clone, PartialEq, Message)]
pub struct Numbers {
    #[prost(uint64, tag = "1")]
    pub first: u64,
    #[prost(uint64, tag = "2")]
    pub next: u64,
}

/// The message whose turn it is.
pub struct Turn {
    pub contract: Address,
    pub number: u64,
    pub waiting: Waiting,
}

/// Puts a message at the end of a contract's queue, unless that is full.
pub fn push(
    state: &mut Overlay,
    contract: &Address,
    hook: Hook,
    gas_limit: u64,
    msg: Vec<u8>,
) -> Result<(), Fault> {
    let mut numbers = numbers(state, contract)?;
    if numbers.next.saturating_sub(numbers.first) >= MOST {
        return Ok(());
    }
    let waiting = Waiting {
        hook: hook.into(),
        gas_limit,
        msg: msg.into(),
    };
    record::store(state, keys::waiting(contract, numbers.next), &waiting);
    numbers.next = numbers.next.saturating_add(1);
    record::store(state, keys::numbers(contract), &numbers);
    Ok(())
}

/// The first message of the contract after the one that was called last; after the end comes the
/// beginning.
pub fn peek(state: &impl Read) -> Result<Option<Turn>, Fault> {
    let last = state.get(Space::Main, keys::TURN)?.unwrap_or_default();
    let from = prefix_end(&[keys::INBOX, &last].concat());
    if let Some(from) = from.filter(|_| !last.is_empty())
        && let Some(turn) = first(state, &from)?
    {
        return Ok(Some(turn));
    }
    first(state, keys::INBOX)
}

/// Takes a message out of its queue; the next turn is another contract's.
pub fn take(state: &mut Overlay, turn: &Turn) -> Result<(), Fault> {
    state.delete(Space::Main, &keys::waiting(&turn.contract, turn.number));
    let mut numbers = numbers(state, &turn.contract)?;
    numbers.first = turn.number.saturating_add(1);
    if numbers.first >= numbers.next {
        numbers = Numbers::default();
    }
    record::store(state, keys::numbers(&turn.contract), &numbers);
    let last = key::with(&[], &[&turn.contract]);
    state.set(Space::Main, keys::TURN.to_vec(), last);
    Ok(())
}

fn first(state: &impl Read, from: &[u8]) -> Result<Option<Turn>, Fault> {
    let end = prefix_end(keys::INBOX);
    let mut found = state.range(Space::Main, from, end.as_deref(), Order::Ascending);
    let Some(entry) = found.next() else {
        return Ok(None);
    };
    let (found, value) = entry?;
    let (contract, number) = found
        .strip_prefix(keys::INBOX)
        .and_then(key::split)
        .and_then(|(contract, number)| Some((contract, number.try_into().ok()?)))
        .ok_or_else(|| Fault::corrupt("the key of a contract's message"))?;
    Ok(Some(Turn {
        contract,
        number: u64::from_be_bytes(number),
        waiting: record::decode(&value, &found)?,
    }))
}

fn numbers(state: &impl Read, contract: &Address) -> Result<Numbers, Fault> {
    Ok(record::load(state, Space::Main, &keys::numbers(contract))?.unwrap_or_default())
}
