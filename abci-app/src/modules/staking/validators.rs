//! Candidates: how they come, change, are jailed.

use slsbft_genesis::{
    ConsensusKey,
    staking::{Candidate, Commission, Description},
};
use slsbft_mechanism::share::{Dec, Pool};
use slsbft_store::Overlay;
use slsbft_types::{Address, Time};

use super::{
    Rewards, Staking,
    errors::StakingError,
    events,
    msg::{self, CreateValidator, EditValidator},
    position::Source,
    sound, state,
};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::ledger::Bonding,
};

/// How long a commission rate stays.
const COMMISSION_NANOS: u128 = 24 * 3_600 * 1_000_000_000;

impl<L: Bonding, R: Rewards> Staking<L, R> {
    pub(super) fn create_validator(
        &self,
        ctx: &mut Context<'_>,
        msg: &CreateValidator,
    ) -> Result<(), ExecError> {
        let operator = msg.operator;
        if let Some(found) = state::candidate(ctx.state, &operator)? {
            let error = match found.tombstoned {
                true => StakingError::Tombstoned,
                false => StakingError::OperatorExists,
            };
            return Err(error.into());
        }
        let consensus = msg.key.consensus_address();
        if state::operator_of(ctx.state, &consensus)?.is_some() {
            return Err(StakingError::KeyExists.into());
        }
        let least = state::params(ctx.state)?.min_self_stake;
        if msg.stake < least {
            let found = msg.stake;
            return Err(StakingError::SelfStakeTooSmall { found, least }.into());
        }
        let candidate = Candidate {
            operator,
            consensus_key: msg.key,
            pool: Pool::default(),
            description: msg.description.clone(),
            commission: Commission {
                updated_at: ctx.block.time,
                ..msg.commission
            },
            min_self_delegation: msg.min_self_delegation,
            created_height: ctx.block.height,
            jailed_until: None,
            tombstoned: false,
        };
        state::reserve_key(ctx.state, &consensus, &operator);
        state::count_candidate(ctx.state, true)?;
        self.rewards.begin(ctx.state, &operator);
        let mut position = self.open_with(ctx, &operator, candidate)?;
        self.put_in(ctx, &mut position, msg.stake, Source::Account)?;
        self.close(ctx, position)?;
        events::created(ctx, &operator, msg.stake);
        Ok(())
    }
}

pub fn edit(ctx: &mut Context<'_>, msg: &EditValidator) -> Result<(), ExecError> {
    let mut candidate = existing(ctx, &msg.operator)?;
    candidate.description = edited(&candidate.description, &msg.description);
    if let Some(error) = msg::too_long(&candidate.description) {
        return Err(error.into());
    }
    if let Some(rate) = msg.commission_rate {
        candidate.commission = changed(&candidate.commission, rate, ctx.block.time)?;
    }
    if let Some(least) = msg.min_self_delegation {
        if least <= candidate.min_self_delegation {
            return Err(StakingError::MinSelfDelegationDecreased.into());
        }
        if least > candidate.pool.tokens() {
            return Err(StakingError::SelfDelegationBelowMinimum.into());
        }
        candidate.min_self_delegation = least;
    }
    state::save_candidate(ctx.state, &candidate);
    events::edited(ctx, &candidate);
    Ok(())
}

/// Takes another consensus key, one that nobody ever had. Seats that are given already keep
/// the old one, and it stays its operator's.
pub fn rotate_key(ctx: &mut Context<'_>, operator: &Address, key: ConsensusKey) -> Result<(), ExecError> {
    let mut candidate = existing(ctx, operator)?;
    if candidate.tombstoned {
        return Err(StakingError::Tombstoned.into());
    }
    let consensus = key.consensus_address();
    if state::operator_of(ctx.state, &consensus)?.is_some() {
        return Err(StakingError::KeyUsed.into());
    }
    state::reserve_key(ctx.state, &consensus, operator);
    candidate.consensus_key = key;
    state::save_candidate(ctx.state, &candidate);
    events::key_rotated(ctx, operator, &consensus);
    Ok(())
}

fn existing(ctx: &Context<'_>, operator: &Address) -> Result<Candidate, ExecError> {
    let found = state::candidate(ctx.state, operator)?;
    found.ok_or_else(|| StakingError::NoValidator(*operator).into())
}

fn edited(old: &Description, new: &Description) -> Description {
    let field = |old: &String, new: &String| match new.as_str() {
        msg::DO_NOT_MODIFY => old.clone(),
        _ => new.clone(),
    };
    Description {
        moniker: field(&old.moniker, &new.moniker),
        identity: field(&old.identity, &new.identity),
        website: field(&old.website, &new.website),
        security_contact: field(&old.security_contact, &new.security_contact),
        details: field(&old.details, &new.details),
    }
}

/// A commission with another rate, as Cosmos's `Commission.ValidateNewRate` allows it.
fn changed(commission: &Commission, rate: Dec, now: Time) -> Result<Commission, ExecError> {
    if now.nanos_since(commission.updated_at) < COMMISSION_NANOS {
        return Err(StakingError::CommissionTooSoon.into());
    }
    if rate > commission.max_rate {
        return Err(StakingError::CommissionAboveMax.into());
    }
    if rate > sound(commission.rate.add(commission.max_change_rate))? {
        return Err(StakingError::CommissionStep.into());
    }
    Ok(Commission {
        rate,
        updated_at: now,
        ..*commission
    })
}

/// Jails a candidate until a time at least. One that is gone or jailed for longer stays so.
pub fn jail(state: &mut Overlay, operator: &Address, until: Time) -> Result<(), Fault> {
    let Some(mut candidate) = state::candidate(state, operator)? else {
        return Ok(());
    };
    candidate.jailed_until = candidate.jailed_until.max(Some(until));
    state::save_candidate(state, &candidate);
    Ok(())
}

/// Lets a candidate out. Whether it may leave yet is for the caller to judge; a tombstoned
/// one never does.
pub fn unjail(state: &mut Overlay, operator: &Address) -> Result<(), Fault> {
    let found = state::candidate(state, operator)?.filter(|candidate| !candidate.tombstoned);
    if let Some(mut candidate) = found {
        candidate.jailed_until = None;
        state::save_candidate(state, &candidate);
    }
    Ok(())
}

/// Jails a candidate for ever: neither it nor its operator under another key comes back.
pub fn tombstone(state: &mut Overlay, operator: &Address) -> Result<(), Fault> {
    let found = state::candidate(state, operator)?.filter(|candidate| !candidate.tombstoned);
    if let Some(mut candidate) = found {
        candidate.jailed_until = Some(Time::default().plus_seconds(u64::MAX));
        candidate.tombstoned = true;
        state::save_candidate(state, &candidate);
        state::count_candidate(state, false)?;
    }
    Ok(())
}
