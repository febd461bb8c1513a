//! Stake that is taken for what a candidate did.

use slsbft_genesis::staking::Slash as Record;
use slsbft_types::{Address, Amount, Ratio};

use super::{Rewards, Staking, bonded_account, events, leaving, position::burn, sound, state};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::Bonding,
};

/// A slash of a candidate and all who staked with it.
#[derive(Clone, Copy, Debug)]
pub struct Slash<'a> {
    pub operator: Address,
    /// Stake that left at this height or later had its part in it. If the recorded stake is
    /// that of an earlier boundary, this is the height after that boundary: what left since
    /// is in it too.
    pub infraction_height: u64,
    /// uankr with the candidate when it did what it is slashed for.
    pub recorded_stake: Amount,
    pub fraction: Ratio,
    /// For people and indexers.
    pub reason: &'a str,
}

/// What a slash comes to: together the fraction of the recorded stake, unless the pool has
/// less, or more has left since than was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slashed {
    /// uankr burned at once, of the candidate's pool.
    pub burned: Amount,
    /// uankr that stake which has left will lose, each part when it is next looked at or
    /// completes. Less is burned of what was slashed to nothing before.
    pub owed: Amount,
}

impl<L: Bonding, R: Rewards> Staking<L, R> {
    /// Takes `fraction` of the recorded stake: from what left since, its part; from the
    /// candidate's pool, the rest. Costs the same however many delegators there are. Of a
    /// candidate that is gone there is nothing left to take.
    ///
    /// An infraction after this block is a fault.
    pub fn slash(&self, ctx: &mut Context<'_>, slash: &Slash<'_>) -> Result<Slashed, ExecError> {
        let (operator, height) = (slash.operator, ctx.block.height);
        if slash.infraction_height > height {
            let at = slash.infraction_height;
            return Err(Fault::Invariant(format!("slash of {operator} for a deed at height {at}")).into());
        }
        let Some(mut candidate) = state::candidate(ctx.state, &operator)? else {
            return Ok(Slashed::default());
        };
        let total = sound(slash.fraction.of(slash.recorded_stake))?;
        let left = leaving::left_since(ctx.state, &operator, slash.infraction_height)?;
        if !left.is_zero() {
            let (from, fraction) = (slash.infraction_height, slash.fraction);
            leaving::add_liability(ctx.state, &operator, from, height, fraction)?;
        }
        let owed = sound(slash.fraction.of(left))?;
        let burned = candidate.pool.slash(total.saturating_sub(owed));
        state::save_candidate(ctx.state, &candidate);
        if !burned.is_zero() {
            state::unbond(ctx.state, burned)?;
            burn(&self.ledger, ctx, &bonded_account(), burned)?;
        }
        let record = Record {
            operator,
            height,
            number: state::slash_count(ctx.state, &operator)?,
            infraction_height: slash.infraction_height,
            fraction: slash.fraction,
            burned,
            owed,
            reason: slash.reason.to_owned(),
        };
        state::record_slash(ctx.state, &record);
        events::slashed(ctx, &candidate, &record);
        Ok(Slashed { burned, owed })
    }

    /// Takes a fraction of what a candidate has staked with itself, and of nobody else.
    /// Returns the uankr burned.
    pub fn slash_self(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        fraction: Ratio,
    ) -> Result<Amount, ExecError> {
        if state::candidate(ctx.state, operator)?.is_none() {
            return Ok(Amount::ZERO);
        }
        let mut own = self.open(ctx, operator, operator)?;
        let worth = sound(own.candidate.pool.tokens_for(own.pair.now.shares))?;
        let due = sound(fraction.of(worth))?;
        let mut burned = Amount::ZERO;
        if !due.is_zero() {
            let shares = sound(own.candidate.pool.shares_to_undelegate(own.pair.now.shares, due))?;
            burned = self.take_out(ctx, &mut own, shares)?;
            burn(&self.ledger, ctx, &bonded_account(), burned)?;
            events::self_slashed(ctx, &own.candidate, burned);
        }
        self.close(ctx, own)?;
        Ok(burned)
    }
}
