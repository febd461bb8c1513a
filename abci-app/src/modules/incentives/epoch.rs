//! An epoch's end: release, pay, roll over.

use std::collections::BTreeMap;

use slsbft_mechanism::reward::{Bases, Factor, release, reputation, split};
use slsbft_types::{Address, Amount, BASE_DENOM, Ratio, Time};

use super::{
    INCENTIVES, Incentives, MINING_REWARDS,
    accounts::{self, Factors, sound},
    params,
    pools::{self, Pool},
};
use crate::{
    context::Context,
    errors::ExecError,
    events::event,
    modules::{
        epochs,
        fees::{DISTRIBUTION, TREASURY},
        ledger::Ledger,
    },
};

/// A candidate's stake and service level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub operator: Address,
    /// uankr.
    pub stake: Amount,
    pub level: Ratio,
}

impl<L: Ledger> Incentives<L> {
    /// Releases the epoch's rewards. Those for stake go to the account of `distribution`;
    /// returns whose they are. Those for settlements are owed.
    pub fn end_epoch(
        &self,
        ctx: &mut Context<'_>,
        held: &[Held],
    ) -> Result<BTreeMap<Address, Amount>, ExecError> {
        let rules = params::load(ctx.state)?;
        let epoch = epochs::current(ctx.state)?;
        let now = ctx.block.time;
        let mining = Address::module(MINING_REWARDS);
        let remaining = self.ledger.balance(ctx.state, &mining, BASE_DENOM)?;
        let parts = sound(release(remaining, &(epoch.started_at..now), &rules))?;
        let released = sound(parts.total())?;
        self.send(ctx, MINING_REWARDS, &Address::module(INCENTIVES), released)?;

        let mut pools = pools::load(ctx.state)?;
        (pools.epoch, pools.ended_at) = (epoch.number, now);
        let mut rewards = BTreeMap::new();
        let mut expired = Amount::ZERO;
        let mut close = |pool: &mut Pool, fresh: Amount, paid: Amount, now: Time| {
            (pool.released, pool.paid) = (fresh, paid);
            let late = sound(pool.rollover.close(fresh, paid, now, &rules))?;
            expired = sound(expired.add(late))?;
            Ok::<(), ExecError>(())
        };

        let stakes: Vec<Amount> = held.iter().map(|held| held.stake).collect();
        let paid = give(&pools.held, parts.held, held, &stakes, &mut rewards)?;
        close(&mut pools.held, parts.held, paid, now)?;
        let weights = held.iter().map(|held| reputation(held.stake, held.level, &rules));
        let weights = sound(weights.collect::<Result<Vec<_>, _>>())?;
        let paid = give(&pools.reputation, parts.reputation, held, &weights, &mut rewards)?;
        close(&mut pools.reputation, parts.reputation, paid, now)?;

        let bases = accounts::running(ctx.state)?;
        let factors = Factors {
            provider: Factor::new(available(&pools.provided, parts.provided)?, bases.provider),
            consumer: Factor::new(available(&pools.consumed, parts.consumed)?, bases.consumer),
        };
        let Factors { provider, consumer } = factors;
        close(&mut pools.provided, parts.provided, provider.paid, now)?;
        close(&mut pools.consumed, parts.consumed, consumer.paid, now)?;
        pools.owed = sound(pools.owed.add(sound(provider.paid.add(consumer.paid))?))?;
        if !accounts::is_zero(&bases) {
            accounts::set_factors(ctx.state, epoch.number, &factors);
            accounts::set_running(ctx.state, &Bases::default());
        }

        pools.expired = sound(pools.expired.add(expired))?;
        let nothing_happened = released.is_zero() && pools == pools::load(ctx.state)?;
        if !nothing_happened {
            pools::save(ctx.state, &pools);
        }
        self.send(ctx, INCENTIVES, &Address::module(TREASURY), expired)?;
        let to_stake = rewards
            .values()
            .try_fold(Amount::ZERO, |sum, reward| sum.add(*reward));
        let to_stake = sound(to_stake)?;
        self.send(ctx, INCENTIVES, &Address::module(DISTRIBUTION), to_stake)?;
        ctx.emit(
            event("incentives")
                .attr("epoch", epoch.number)
                .note("released", released)
                .note("to_stake", to_stake)
                .note("to_providers", provider.paid)
                .note("to_consumers", consumer.paid)
                .note("expired", expired),
        );
        Ok(rewards)
    }
}

/// Divides what a part has among candidates by weight; returns how much that is.
fn give(
    pool: &Pool,
    fresh: Amount,
    held: &[Held],
    weights: &[Amount],
    rewards: &mut BTreeMap<Address, Amount>,
) -> Result<Amount, ExecError> {
    let available = available(pool, fresh)?;
    let split = sound(split(available, weights))?;
    for (held, share) in held.iter().zip(split.shares) {
        let reward = rewards.entry(held.operator).or_default();
        *reward = sound(reward.add(share))?;
    }
    Ok(sound(available.sub(split.rest))?)
}

fn available(pool: &Pool, fresh: Amount) -> Result<Amount, ExecError> {
    Ok(sound(
        pool.rollover.total().and_then(|waiting| waiting.add(fresh)),
    )?)
}
