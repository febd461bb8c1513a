//! What an epoch pays to those who have staked: its fees, and the mining rewards
//! for stake.

use std::collections::BTreeMap;

use slsbft_mechanism::reward::split;
use slsbft_types::{Address, Amount};

use super::modules::{DISTRIBUTION, FEES, INCENTIVES, VALIDATORS};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{consensus, election::Snapshot, incentives::Held, slashing::Stakes},
};

/// Pays at an epoch's last block; `candidates` are those of now.
pub fn pay(ctx: &mut Context<'_>, candidates: &Snapshot) -> Result<(), ExecError> {
    FEES.end_epoch(ctx)?;
    let mut rewards = fees(ctx)?;
    let held: Vec<Held> = candidates
        .standing()
        .into_iter()
        .map(|candidate| Held {
            operator: candidate.operator,
            stake: candidate.stake,
            level: candidate.level,
        })
        .collect();
    for (operator, reward) in INCENTIVES.end_epoch(ctx, &held)? {
        let sum = rewards.entry(operator).or_default();
        *sum = sound(sum.add(reward))?;
    }
    for (operator, reward) in rewards {
        DISTRIBUTION.allocate(ctx, &operator, reward)?;
    }
    Ok(())
}

/// The validators' part of the fees, by the power that each had in the blocks it
/// signed and did not hold up. What nobody has earned waits for the next epoch.
fn fees(ctx: &Context<'_>) -> Result<BTreeMap<Address, Amount>, ExecError> {
    let mut credits: BTreeMap<Address, Amount> = BTreeMap::new();
    for (address, uptime) in consensus::running_uptimes(ctx.state)? {
        if let Some(operator) = VALIDATORS.operator_of(ctx.state, &address)? {
            let credit = credits.entry(operator).or_default();
            *credit = sound(credit.add(Amount::new(uptime.credit)))?;
        }
    }
    let pot = DISTRIBUTION.undistributed(ctx.state)?;
    let weights: Vec<Amount> = credits.values().copied().collect();
    let shares = sound(split(pot, &weights))?.shares;
    Ok(credits.into_keys().zip(shares).collect())
}

fn sound<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Invariant(format!("rewards of an epoch: {error}")))
}
