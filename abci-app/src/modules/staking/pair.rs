//! What one delegator has with one candidate: shares, stake on its way back, and stake
//! that came from other candidates.

use slsbft_genesis::staking::{Arrival, UnbondingEntry};
use slsbft_mechanism::share::{Dec, Pool, ShareError};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Amount};

use super::{
    keys, leaving,
    records::{RedelegationRecord, UnbondingRecord},
    sound,
    state::{self, mark},
};
use crate::{errors::Fault, modules::record};

/// A pair, as it was stored and as it is now.
#[derive(Clone, Debug)]
pub struct Pair {
    pub delegator: Address,
    pub operator: Address,
    pub now: Parts,
    stored: Parts,
}

/// The parts of a pair that have records of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub shares: Dec,
    /// In the order in which they were made.
    pub unbonding: Vec<UnbondingEntry>,
    /// In the order in which they were made.
    pub arrivals: Vec<Arrival>,
}

/// What slashes took from a pair when it answered for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Of what is on its way back.
    pub not_bonded: Amount,
    /// Of the candidate's pool, with the delegation's shares.
    pub bonded: Amount,
}

impl Pair {
    /// One that nothing is stored of yet.
    pub fn new(delegator: Address, operator: Address, now: Parts) -> Self {
        Self {
            delegator,
            operator,
            now,
            stored: Parts::default(),
        }
    }

    pub fn load(state: &impl Read, delegator: &Address, operator: &Address) -> Result<Self, Fault> {
        let stored = Parts {
            shares: state::shares(state, delegator, operator)?,
            unbonding: unbonding(state, delegator, operator)?,
            arrivals: arrivals(state, delegator, operator)?,
        };
        Ok(Self {
            delegator: *delegator,
            operator: *operator,
            now: stored.clone(),
            stored,
        })
    }

    /// Shares as they are in state.
    pub const fn stored_shares(&self) -> Dec {
        self.stored.shares
    }

    /// Writes what has changed.
    pub fn save(&self, state: &mut Overlay) {
        let Self {
            delegator,
            operator,
            now,
            stored,
        } = self;
        if now.shares != stored.shares {
            let (key, index) = (
                keys::delegation(delegator, operator),
                keys::delegator(operator, delegator),
            );
            let value = now.shares.to_be_bytes().to_vec();
            let value = (!now.shares.is_zero()).then_some(value);
            put(state, key, index, value, stored.shares.is_zero());
        }
        if now.unbonding != stored.unbonding {
            let (key, index) = (
                keys::unbonding(delegator, operator),
                keys::unbonding_from(operator, delegator),
            );
            let value = UnbondingRecord::from(now.unbonding.as_slice());
            let value = (!now.unbonding.is_empty()).then(|| prost::Message::encode_to_vec(&value));
            put(state, key, index, value, stored.unbonding.is_empty());
        }
        if now.arrivals != stored.arrivals {
            self.save_arrivals(state);
        }
    }

    fn save_arrivals(&self, state: &mut Overlay) {
        let key = keys::redelegation(&self.delegator, &self.operator);
        let entries = self.now.arrivals.as_slice();
        if entries.is_empty() {
            state.delete(Space::Main, &key);
        } else {
            record::store(state, key, &RedelegationRecord::from(entries));
        }
        let index =
            |arrival: &Arrival| keys::redelegation_from(&arrival.source, &self.delegator, &self.operator);
        let comes_from = |arrivals: &[Arrival], source| arrivals.iter().any(|a| a.source == source);
        for gone in &self.stored.arrivals {
            if !comes_from(entries, gone.source) {
                state.delete(Space::Main, &index(gone));
            }
        }
        for entry in entries {
            if !comes_from(&self.stored.arrivals, entry.source) {
                mark(state, index(entry));
            }
        }
    }

    /// Pays for slashes that came since the pair was last looked at. What is on its way back
    /// pays for its own candidate; what came from another pays for that one, first from what
    /// has left since, then with shares, as Cosmos does. `pool` is the candidate's.
    pub fn answer(&mut self, state: &impl Read, pool: &mut Pool) -> Result<Answer, Fault> {
        let mut answer = Answer::default();
        if !self.now.unbonding.is_empty() && state::slash_count(state, &self.operator)? > 0 {
            for entry in &mut self.now.unbonding {
                let liable = leaving::liable(state, &self.operator, entry.term.created_height)?;
                let due = leaving::due(entry.initial, entry.answered, liable);
                entry.answered = liable;
                answer.not_bonded = sound(answer.not_bonded.add(take(entry, due)?))?;
            }
        }
        for position in 0..self.now.arrivals.len() {
            self.answer_for(state, position, pool, &mut answer)?;
        }
        Ok(answer)
    }

    fn answer_for(
        &mut self,
        state: &impl Read,
        position: usize,
        pool: &mut Pool,
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let Some(arrival) = self.now.arrivals.get_mut(position) else {
            return Ok(());
        };
        if state::slash_count(state, &arrival.source)? == 0 {
            return Ok(());
        }
        let came = arrival.term.created_height;
        let liable = leaving::liable(state, &arrival.source, came)?;
        let mut due = leaving::due(arrival.initial, arrival.answered, liable);
        arrival.answered = liable;
        for entry in &mut self.now.unbonding {
            if entry.term.created_height >= came {
                let taken = take(entry, due)?;
                due = sound(due.sub(taken))?;
                answer.not_bonded = sound(answer.not_bonded.add(taken))?;
            }
        }
        let bonded = self.sell(pool, due)?;
        answer.bonded = sound(answer.bonded.add(bonded))?;
        Ok(())
    }

    /// Takes shares worth `tokens` out of the pool, or all there are.
    fn sell(&mut self, pool: &mut Pool, tokens: Amount) -> Result<Amount, Fault> {
        let owned = self.now.shares;
        if tokens.is_zero() || owned.is_zero() || pool.tokens().is_zero() {
            return Ok(Amount::ZERO);
        }
        let sold = match pool.shares_to_undelegate(owned, tokens) {
            Err(ShareError::NotEnough) => owned,
            sold => sound(sold)?,
        };
        let taken = sound(pool.undelegate(sold))?;
        self.now.shares = sound(owned.sub(sold))?;
        Ok(taken)
    }
}

/// Writes a record and its index, or deletes both.
fn put(state: &mut Overlay, key: Vec<u8>, index: Vec<u8>, value: Option<Vec<u8>>, is_new: bool) {
    match value {
        Some(value) => {
            state.set(Space::Main, key, value);
            if is_new {
                mark(state, index);
            }
        }
        None => {
            state.delete(Space::Main, &key);
            state.delete(Space::Main, &index);
        }
    }
}

/// Takes up to `due` from an entry's balance.
fn take(entry: &mut UnbondingEntry, due: Amount) -> Result<Amount, Fault> {
    let taken = due.min(entry.balance);
    entry.balance = sound(entry.balance.sub(taken))?;
    Ok(taken)
}

fn unbonding(
    state: &impl Read,
    delegator: &Address,
    operator: &Address,
) -> Result<Vec<UnbondingEntry>, Fault> {
    let key = keys::unbonding(delegator, operator);
    let found: Option<UnbondingRecord> = record::load(state, Space::Main, &key)?;
    found.unwrap_or_default().read()
}

fn arrivals(state: &impl Read, delegator: &Address, operator: &Address) -> Result<Vec<Arrival>, Fault> {
    let key = keys::redelegation(delegator, operator);
    let found: Option<RedelegationRecord> = record::load(state, Space::Main, &key)?;
    found.unwrap_or_default().read()
}
