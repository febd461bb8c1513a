//! Telling all subscribed contracts that an epoch is over, some in each block. The round goes on where
//! the last one stopped, so that none is left out for ever if they are too many for one epoch.

use prost::Message;
use slsbft_proto::hooks::v1::Hook;
use slsbft_store::{Order, Overlay, Read, Space, prefix_end};
use slsbft_types::Address;

use super::{News, inbox, keys, subscriptions};
use crate::{
    errors::Fault,
    modules::{key, record},
};

/// Contracts told in one block.
const MOST_PER_BLOCK: u64 = 100;

/// Where a round is.
#[derive(Clone, PartialEq, Message)]
pub struct Round {
    /// The epoch that is over.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Contracts still to be told.
    #[prost(uint64, tag = "2")]
    pub left: u64,
    /// The contract that was told last, as in the keys of subscriptions.
    #[prost(bytes = "vec", tag = "3")]
    pub last: Vec<u8>,
}

pub fn load(state: &impl Read) -> Result<Round, Fault> {
    Ok(record::load(state, Space::Main, keys::ROUND)?.unwrap_or_default())
}

pub fn save(state: &mut Overlay, round: &Round) {
    record::store(state, keys::ROUND.to_vec(), round);
}

/// Begins the round of an epoch that is over.
pub fn begin(state: &mut Overlay, epoch: u64) -> Result<(), Fault> {
    let left = subscriptions::listeners(state)?;
    if left > 0 {
        let last = load(state)?.last;
        save(state, &Round { epoch, left, last });
    }
    Ok(())
}

/// Tells those whose turn it is in this block.
pub fn go_on(state: &mut Overlay) -> Result<(), Fault> {
    let mut round = load(state)?;
    if round.left == 0 {
        return Ok(());
    }
    for _ in 0..MOST_PER_BLOCK.min(round.left) {
        let Some((contract, gas_limit)) = next(state, &mut round)? else {
            round.left = 0;
            break;
        };
        round.left = round.left.saturating_sub(1);
        let msg = News::EpochEnded { epoch: round.epoch }.to_json()?;
        inbox::push(state, &contract, Hook::EpochEnded, gas_limit, msg)?;
    }
    save(state, &round);
    Ok(())
}

/// The next contract after the last; after the end comes the beginning.
fn next(state: &impl Read, round: &mut Round) -> Result<Option<(Address, u64)>, Fault> {
    let prefix = keys::subscriptions(Hook::EpochEnded);
    let after = [prefix.as_slice(), &round.last, &[0]].concat();
    let found = match first(state, &prefix, &after)? {
        Some(found) => Some(found),
        None => first(state, &prefix, &prefix)?,
    };
    let Some((last, gas_limit)) = found else {
        return Ok(None);
    };
    let contract = key::one(&last).ok_or_else(|| Fault::corrupt("a subscription's key"))?;
    round.last = last;
    Ok(Some((contract, gas_limit)))
}

fn first(state: &impl Read, prefix: &[u8], from: &[u8]) -> Result<Option<(Vec<u8>, u64)>, Fault> {
    let end = prefix_end(prefix);
    let mut found = state.range(Space::Main, from, end.as_deref(), Order::Ascending);
    let Some(entry) = found.next() else {
        return Ok(None);
    };
    let (key, value) = entry?;
    let limit = value.try_into().map_err(|_| Fault::corrupt("a subscription"))?;
    let contract = key.strip_prefix(prefix).unwrap_or_default().to_vec();
    Ok(Some((contract, u64::from_be_bytes(limit))))
}
