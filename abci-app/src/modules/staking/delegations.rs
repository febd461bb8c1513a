//! Stake comes, goes, comes back, and moves.

use cosmos_sdk_proto::cosmos::staking::v1beta1::{MsgBeginRedelegateResponse, MsgUndelegateResponse};
use slsbft_genesis::staking::{Arrival, Params, Term, UnbondingEntry};
use slsbft_mechanism::share::{Dec, ShareError};
use slsbft_store::Read;
use slsbft_types::{Address, Amount, Coin};

use super::{
    Rewards, Staking, bonded_account,
    errors::{StakingError, not_enough},
    events, leaving, not_bonded_account,
    position::{Position, Source},
    queue, sound, state,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault, sdk},
    modules::{consensus, ledger::Bonding},
};

impl<L: Bonding, R: Rewards> Staking<L, R> {
    pub(super) fn delegate(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
        amount: Amount,
    ) -> Result<(), ExecError> {
        let mut position = self.open(ctx, delegator, operator)?;
        let shares = self.put_in(ctx, &mut position, amount, Source::Account)?;
        self.close(ctx, position)?;
        events::delegated(ctx, delegator, operator, amount, shares);
        Ok(())
    }

    /// Takes stake out and sends it on its way back. Where all goes, the amount may be 1 uankr
    /// less or more than what was asked for.
    pub(super) fn undelegate(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
        amount: Amount,
    ) -> Result<MsgUndelegateResponse, ExecError> {
        let params = state::params(ctx.state)?;
        let mut position = self.open(ctx, delegator, operator)?;
        let term = term(ctx, &params)?;
        let entries = &position.pair.now.unbonding;
        let same_block = entries.last().is_some_and(|entry| entry.term == term);
        if !same_block && entries.len() >= params.max_entries as usize {
            return Err(StakingError::TooManyUnbondings.into());
        }
        let shares = shares_for(&position, amount)?;
        let amount = self.take_out(ctx, &mut position, shares)?;
        if !amount.is_zero() {
            let entry = UnbondingEntry {
                term,
                initial: amount,
                balance: amount,
                answered: liable(ctx.state, operator, term.created_height)?,
            };
            leaving::leave(ctx.state, operator, term.created_height, amount)?;
            add_entry(&mut position.pair.now.unbonding, entry)?;
            queue::place(ctx.state, term.until, delegator, operator);
            self.between_pools(ctx, [&bonded_account(), &not_bonded_account()], amount)?;
        }
        self.close(ctx, position)?;
        events::unbonding(ctx, delegator, operator, amount, term.until);
        Ok(MsgUndelegateResponse {
            completion_time: Some(term.until.into()),
            amount: Some((&Coin::base(amount)).into()),
        })
    }

    /// Puts stake that is on its way back into its candidate's pool again.
    pub(super) fn cancel_unbonding(
        &self,
        ctx: &mut Context<'_>,
        [delegator, operator]: [&Address; 2],
        amount: Amount,
        created_height: u64,
    ) -> Result<(), ExecError> {
        let mut position = self.open(ctx, delegator, operator)?;
        if position.candidate.is_jailed() {
            return Err(StakingError::Jailed.into());
        }
        let entries = &mut position.pair.now.unbonding;
        if entries.is_empty() {
            return Err(StakingError::NoUnbonding.into());
        }
        let found = entries
            .iter_mut()
            .find(|entry| entry.term.created_height == created_height);
        let entry = found.ok_or_else(|| {
            sdk::not_found(format!(
                "unbonding delegation entry is not found at block height {created_height}"
            ))
        })?;
        if ctx.block.time >= entry.term.until {
            return Err(sdk::invalid_request("unbonding delegation is already processed").into());
        }
        if entry.balance < amount {
            return Err(sdk::invalid_request(format!(
                "amount is greater than the unbonding delegation entry balance, which is {}",
                Coin::base(entry.balance)
            ))
            .into());
        }
        entry.balance = sound(entry.balance.sub(amount))?;
        // What was slashed of it stays with an entry that stays.
        let back = if entry.balance.is_zero() {
            entry.initial
        } else {
            amount
        };
        entry.initial = sound(entry.initial.sub(back))?;
        entries.retain(|entry| !entry.initial.is_zero());
        leaving::arrive(ctx.state, operator, created_height, back)?;
        self.put_in(ctx, &mut position, amount, Source::NotBonded)?;
        self.close(ctx, position)?;
        events::unbonding_cancelled(ctx, delegator, operator, amount, created_height);
        Ok(())
    }

    /// Moves stake to another candidate. It goes on answering for the first.
    pub(super) fn redelegate(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        [source, destination]: [&Address; 2],
        amount: Amount,
    ) -> Result<MsgBeginRedelegateResponse, ExecError> {
        let params = state::params(ctx.state)?;
        if state::candidate(ctx.state, destination)?.is_none() {
            return Err(StakingError::NoDestination.into());
        }
        let mut from = self.open(ctx, delegator, source)?;
        if !from.pair.now.arrivals.is_empty() {
            return Err(StakingError::TransitiveRedelegation.into());
        }
        let shares = shares_for(&from, amount)?;
        let amount = self.take_out(ctx, &mut from, shares)?;
        if amount.is_zero() {
            return Err(StakingError::TinyRedelegation.into());
        }
        let term = term(ctx, &params)?;
        leaving::leave(ctx.state, source, term.created_height, amount)?;
        self.close(ctx, from)?;

        // What came from the destination and has answered is done with when the source is opened; if
        // that was all that kept the destination, it is gone.
        let target = state::candidate(ctx.state, destination)?.ok_or(StakingError::NoDestination)?;
        let mut to = self.open_with(ctx, delegator, target)?;
        check_arrivals(&to.pair.now.arrivals, source, &term, &params)?;
        let arrival = Arrival {
            source: *source,
            term,
            initial: amount,
            shares: self.put_in(ctx, &mut to, amount, Source::Bonded)?,
            answered: liable(ctx.state, source, term.created_height)?,
        };
        add_arrival(&mut to.pair.now.arrivals, arrival)?;
        queue::place(ctx.state, term.until, delegator, destination);
        self.close(ctx, to)?;
        events::redelegated(ctx, delegator, [source, destination], amount, term.until);
        Ok(MsgBeginRedelegateResponse {
            completion_time: Some(term.until.into()),
        })
    }
}

/// How long stake that leaves in this block answers for its candidate: the unbonding time,
/// and as many blocks as evidence counts.
fn term(ctx: &Context<'_>, params: &Params) -> Result<Term, Fault> {
    let evidence = consensus::params(ctx.state)?.evidence;
    let blocks = evidence.map_or(0, |evidence| evidence.max_age_num_blocks);
    let blocks = u64::try_from(blocks).unwrap_or(0);
    Ok(Term {
        created_height: ctx.block.height,
        until_height: ctx.block.height.saturating_add(blocks),
        until: ctx.block.time.plus_seconds(params.unbonding_seconds),
    })
}

/// The shares of a delegation that are worth an amount.
fn shares_for(position: &Position, amount: Amount) -> Result<Dec, ExecError> {
    let (owned, pool) = (position.pair.now.shares, &position.candidate.pool);
    if owned.is_zero() {
        return Err(StakingError::NoDelegation.into());
    }
    match pool.shares_to_undelegate(owned, amount) {
        Ok(shares) => Ok(shares),
        Err(ShareError::NotEnough | ShareError::Overflow) => {
            Err(not_enough(amount, sound(pool.tokens_for(owned))?, owned))
        }
        Err(error) => Err(Fault::Invariant(format!("staking: {error}")).into()),
    }
}

/// What leavers of this height owe already, for slashes that were before they left.
fn liable(state: &impl Read, operator: &Address, height: u64) -> Result<u64, Fault> {
    match state::slash_count(state, operator)? {
        0 => Ok(0),
        _ => leaving::liable(state, operator, height),
    }
}

/// Adds an entry to those of its block, or as a new one.
fn add_entry(entries: &mut Vec<UnbondingEntry>, entry: UnbondingEntry) -> Result<(), Fault> {
    match entries.last_mut().filter(|last| last.term == entry.term) {
        None => entries.push(entry),
        Some(last) => {
            last.initial = sound(last.initial.add(entry.initial))?;
            last.balance = sound(last.balance.add(entry.balance))?;
        }
    }
    Ok(())
}

fn check_arrivals(
    arrivals: &[Arrival],
    source: &Address,
    term: &Term,
    params: &Params,
) -> Result<(), StakingError> {
    let mut alike = arrivals.iter().filter(|arrival| arrival.source == *source);
    if alike.clone().any(|arrival| arrival.term == *term) {
        return Ok(());
    }
    let most = params.max_entries as usize;
    if alike.nth(most.saturating_sub(1)).is_some() {
        return Err(StakingError::TooManyRedelegations);
    }
    if arrivals.len() >= params.max_arrivals() {
        return Err(StakingError::TooManyArrivals(arrivals.len()));
    }
    Ok(())
}

/// Adds an arrival to those of its block and source, or as a new one.
fn add_arrival(arrivals: &mut Vec<Arrival>, arrival: Arrival) -> Result<(), Fault> {
    let same = |known: &&mut Arrival| known.source == arrival.source && known.term == arrival.term;
    match arrivals.iter_mut().find(same) {
        None => arrivals.push(arrival),
        Some(known) => {
            known.initial = sound(known.initial.add(arrival.initial))?;
            known.shares = sound(known.shares.add(arrival.shares))?;
        }
    }
    Ok(())
}
