//! A pair and its candidate while something is done to them: opened as they stand at this
//! block, changed in memory, closed.

use slsbft_genesis::staking::{Arrival, Candidate, Term, UnbondingEntry};
use slsbft_mechanism::share::{Dec, ShareError};
use slsbft_types::{Address, Amount, Coins};

use super::{
    Rewards, Staking, bonded_account, errors::StakingError, events, leaving, not_bonded_account, pair::Pair,
    sound, state,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::{Bonding, Ledger},
};

/// A delegator's pair with a candidate.
pub struct Position {
    pub candidate: Candidate,
    pub pair: Pair,
}

/// Where stake that is put in comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The delegator's balance.
    Account,
    /// What is on its way back.
    NotBonded,
    /// Another candidate's pool.
    Bonded,
}

impl<L: Bonding, R: Rewards> Staking<L, R> {
    /// Opens a position: slashes that it had its part in are paid, what is over completes.
    pub(super) fn open(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        operator: &Address,
    ) -> Result<Position, ExecError> {
        let candidate = state::candidate(ctx.state, operator)?;
        let candidate = candidate.ok_or(StakingError::NoValidator(*operator))?;
        self.open_with(ctx, delegator, candidate)
    }

    pub(super) fn open_with(
        &self,
        ctx: &mut Context<'_>,
        delegator: &Address,
        mut candidate: Candidate,
    ) -> Result<Position, ExecError> {
        let mut pair = Pair::load(ctx.state, delegator, &candidate.operator)?;
        let before = pair.now.shares;
        let answer = pair.answer(ctx.state, &mut candidate.pool)?;
        if pair.now.shares != before {
            self.rewards.settle(ctx, delegator, &candidate.operator, before)?;
        }
        if !answer.bonded.is_zero() {
            state::unbond(ctx.state, answer.bonded)?;
            burn(&self.ledger, ctx, &bonded_account(), answer.bonded)?;
        }
        if !answer.not_bonded.is_zero() {
            burn(&self.ledger, ctx, &not_bonded_account(), answer.not_bonded)?;
        }
        self.complete(ctx, &mut pair)?;
        Ok(Position { candidate, pair })
    }

    /// Writes a position.
    pub(super) fn close(&self, ctx: &mut Context<'_>, position: Position) -> Result<(), ExecError> {
        let Position { candidate, pair } = position;
        pair.save(ctx.state);
        if pair.now.shares.is_zero() && !pair.stored_shares().is_zero() {
            self.rewards
                .end(ctx.state, &pair.delegator, &candidate.operator)?;
        }
        state::save_candidate(ctx.state, &candidate);
        self.retire(ctx, &candidate)
    }

    /// Removes a candidate that nobody has a share of, and that nothing answers for any more.
    /// A tombstone stays.
    fn retire(&self, ctx: &mut Context<'_>, candidate: &Candidate) -> Result<(), ExecError> {
        let operator = &candidate.operator;
        if !candidate.pool.shares().is_zero() || leaving::anything_left(ctx.state, operator)? {
            return Ok(());
        }
        self.rewards.close(ctx, operator)?;
        if candidate.tombstoned {
            self.rewards.begin(ctx.state, operator);
        } else {
            state::remove_candidate(ctx.state, operator);
            state::count_candidate(ctx.state, false)?;
        }
        Ok(())
    }

    /// Completes the entries of a pair that are over.
    pub(super) fn complete(&self, ctx: &mut Context<'_>, pair: &mut Pair) -> Result<(), ExecError> {
        let (height, now) = (ctx.block.height, ctx.block.time);
        let (delegator, operator) = (pair.delegator, pair.operator);
        let over = |term: &Term| term.is_over(height, now);
        let (done, left) = std::mem::take(&mut pair.now.unbonding)
            .into_iter()
            .partition::<Vec<UnbondingEntry>, _>(|entry| over(&entry.term));
        pair.now.unbonding = left;
        let mut paid = Amount::ZERO;
        for entry in &done {
            leaving::arrive(ctx.state, &operator, entry.term.created_height, entry.initial)?;
            paid = sound(paid.add(entry.balance))?;
        }
        if !paid.is_zero() {
            let moved = self
                .ledger
                .undelegate(ctx, &not_bonded_account(), &delegator, paid);
            moved.map_err(|error| held("unbonding stake", error))?;
        }
        if !done.is_empty() {
            events::unbonded(ctx, &delegator, &operator, paid);
        }
        let (done, left) = std::mem::take(&mut pair.now.arrivals)
            .into_iter()
            .partition::<Vec<Arrival>, _>(|entry| over(&entry.term));
        pair.now.arrivals = left;
        for entry in &done {
            leaving::arrive(ctx.state, &entry.source, entry.term.created_height, entry.initial)?;
            let way = [&entry.source, &operator];
            events::redelegation_completed(ctx, &delegator, way, entry.initial);
            if let Some(source) = state::candidate(ctx.state, &entry.source)? {
                self.retire(ctx, &source)?;
            }
        }
        Ok(())
    }

    /// Adds stake to a position and returns its shares.
    pub(super) fn put_in(
        &self,
        ctx: &mut Context<'_>,
        position: &mut Position,
        amount: Amount,
        from: Source,
    ) -> Result<Dec, ExecError> {
        let Position { candidate, pair } = position;
        if candidate.tombstoned {
            return Err(StakingError::Tombstoned.into());
        }
        self.rewards
            .settle(ctx, &pair.delegator, &pair.operator, pair.now.shares)?;
        match from {
            Source::Account => self
                .ledger
                .delegate(ctx, &pair.delegator, &bonded_account(), amount)?,
            Source::NotBonded => {
                self.between_pools(ctx, [&not_bonded_account(), &bonded_account()], amount)?;
            }
            Source::Bonded => {}
        }
        check_share(ctx, candidate, amount)?;
        let shares = candidate
            .pool
            .delegate(amount)
            .map_err(|error| refused(error, amount))?;
        pair.now.shares = sound(pair.now.shares.add(shares))?;
        state::bond(ctx.state, amount)?;
        Ok(shares)
    }

    pub(super) fn between_pools(
        &self,
        ctx: &mut Context<'_>,
        [from, to]: [&Address; 2],
        amount: Amount,
    ) -> Result<(), ExecError> {
        let moved = self.ledger.transfer(ctx, from, to, &Coins::base(amount));
        moved.map_err(|error| held("stake", error))
    }

    /// Takes shares out of a position; where their tokens go is the caller's. Returns them.
    pub(super) fn take_out(
        &self,
        ctx: &mut Context<'_>,
        position: &mut Position,
        shares: Dec,
    ) -> Result<Amount, ExecError> {
        let Position { candidate, pair } = position;
        self.rewards
            .settle(ctx, &pair.delegator, &pair.operator, pair.now.shares)?;
        let tokens = sound(candidate.pool.undelegate(shares))?;
        pair.now.shares = sound(pair.now.shares.sub(shares))?;
        state::unbond(ctx.state, tokens)?;
        Ok(tokens)
    }
}

/// Destroys stake of a pool's account, which always holds enough: a failure is the node's.
pub(super) fn burn(
    ledger: &impl Ledger,
    ctx: &mut Context<'_>,
    account: &Address,
    amount: Amount,
) -> Result<(), ExecError> {
    let burned = ledger.burn(ctx, account, &Coins::base(amount));
    burned.map_err(|error| held("slashed stake", error))
}

/// What a pool's account must hold it holds: that it does not is not a transaction's fault.
fn held(what: &str, error: ExecError) -> ExecError {
    match error {
        ExecError::Tx(error) => Fault::Invariant(format!("{what}: {error}")).into(),
        fault => fault,
    }
}

/// Refuses stake that would lift a candidate above its part of all.
fn check_share(ctx: &Context<'_>, candidate: &Candidate, amount: Amount) -> Result<(), ExecError> {
    let (params, totals) = (state::params(ctx.state)?, state::totals(ctx.state)?);
    if totals.candidates < params.max_share_from {
        return Ok(());
    }
    let grown = |sum: Amount| sum.add(amount).map_err(|_| StakingError::TooManyShares);
    let (stake, all) = (grown(candidate.pool.tokens())?, grown(totals.bonded)?);
    let most = params.max_stake_share;
    if stake > sound(most.of(all))? {
        return Err(StakingError::TooMuchStake { stake, all, most }.into());
    }
    Ok(())
}

/// Why a pool takes no more stake.
fn refused(error: ShareError, amount: Amount) -> ExecError {
    match error {
        ShareError::Worthless => StakingError::Worthless.into(),
        ShareError::TooSmall => StakingError::TooSmall(amount).into(),
        ShareError::Overflow => StakingError::TooManyShares.into(),
        other => Fault::Invariant(format!("staking: {other}")).into(),
    }
}
