//! What other modules see of staking.

use slsbft_genesis::staking::{Candidate, Params, Slash};
use slsbft_mechanism::share::{Dec, Pool};
use slsbft_store::{Order, Read, Space};
use slsbft_types::{Address, Amount};

use super::{keys, pair::Pair, sound, state};
use crate::{
    errors::Fault,
    modules::distribution::{Staked, Stakes},
};

pub use super::state::{candidate, candidates, operator_of};

/// uankr staked with all candidates together.
pub fn total_bonded(state: &impl Read) -> Result<Amount, Fault> {
    Ok(state::totals(state)?.bonded)
}

/// uankr that a candidate's operator has staked with it, and whether that is enough to be
/// elected: what the chain asks for, and what it asks of itself.
pub fn self_stake(state: &impl Read, candidate: &Candidate) -> Result<(Amount, bool), Fault> {
    let (pool, pair) = standing(state, &candidate.operator, candidate)?;
    let held = sound(pool.tokens_for(pair.now.shares))?;
    let Params { min_self_stake, .. } = state::params(state)?;
    Ok((held, held >= min_self_stake.max(candidate.min_self_delegation)))
}

/// A delegator's pair with a candidate, and its pool, as they stand once the pair has
/// answered for all slashes until now.
pub fn standing(
    state: &impl Read,
    delegator: &Address,
    candidate: &Candidate,
) -> Result<(Pool, Pair), Fault> {
    let mut pool = candidate.pool;
    let mut pair = Pair::load(state, delegator, &candidate.operator)?;
    pair.answer(state, &mut pool)?;
    Ok((pool, pair))
}

/// Slashes of a candidate between two heights, both included.
pub fn slash_range(operator: &Address, from: u64, to: u64) -> (Vec<u8>, Vec<u8>) {
    (
        keys::slash(operator, from, 0),
        keys::slash(operator, to.saturating_add(1), 0),
    )
}

/// What distribution sees.
#[derive(Clone, Copy, Debug, Default)]
pub struct View;

impl Stakes for View {
    fn staked(&self, state: &impl Read, operator: &Address) -> Result<Option<Staked>, Fault> {
        let found = state::candidate(state, operator)?;
        Ok(found.map(|candidate| Staked {
            shares: candidate.pool.shares(),
            commission: candidate.commission.rate,
        }))
    }

    fn shares(&self, state: &impl Read, delegator: &Address, operator: &Address) -> Result<Dec, Fault> {
        state::shares(state, delegator, operator)
    }

    fn delegations(
        &self,
        state: &impl Read,
        delegator: &Address,
        most: usize,
    ) -> Result<Vec<(Address, Dec)>, Fault> {
        let prefix = keys::delegations_of(delegator);
        let entries = state.prefix(Space::Main, &prefix, Order::Ascending);
        entries
            .take(most)
            .map(|entry| {
                let (key, value) = entry?;
                let operator = key.strip_prefix(prefix.as_slice()).and_then(keys::one);
                let operator = operator.ok_or_else(|| Fault::corrupt("a delegation's key"))?;
                Ok((operator, super::records::read_dec(&value)?))
            })
            .collect()
    }

    fn slashes(
        &self,
        state: &impl Read,
        operator: &Address,
        heights: std::ops::RangeInclusive<u64>,
        most: usize,
    ) -> Result<Vec<Slash>, Fault> {
        let (first, last) = slash_range(operator, *heights.start(), *heights.end());
        let entries = state.range(Space::Main, &first, Some(&last), Order::Ascending);
        entries
            .take(most)
            .map(|entry| {
                let (key, value) = entry?;
                state::read_slash(key.get(keys::SLASH.len()..).unwrap_or_default(), &value)
            })
            .collect()
    }
}
