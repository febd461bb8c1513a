//! Candidates as the election, the beacon, slashing and service see them: what
//! `staking`, `beacon` and `service` keep, put together.

use slsbft_store::Read;
use slsbft_types::{Address, Amount, Ratio, Time};

use super::modules::STAKING;
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        beacon,
        consensus::ConsensusAddress,
        election::{self, Candidate},
        service,
        slashing::{self, Slash, Standing},
        staking,
    },
};

/// The candidates in state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validators;

impl beacon::Candidates for Validators {
    fn exists(&self, state: &impl Read, operator: &Address) -> Result<bool, Fault> {
        Ok(staking::candidate(state, operator)?.is_some())
    }
}

impl election::Candidates for Validators {
    fn all(&self, state: &impl Read, now: Time) -> Result<Vec<Candidate>, Fault> {
        let levels = service::Params::load(state)?.levels;
        let mut candidates = staking::candidates(state)
            .map(|found| {
                let found = found?;
                let (self_stake, has_self_stake) = staking::self_stake(state, &found)?;
                let record = service::record_of(state, &found.operator)?;
                let scores = record.scores(now, &levels);
                Ok(Candidate {
                    operator: found.operator,
                    stake: found.pool.tokens(),
                    self_stake,
                    has_self_stake,
                    jailed: found.is_jailed(),
                    tombstoned: found.tombstoned,
                    consensus_key: found.consensus_key.0,
                    vrf_key: beacon::vrf_key(state, &found.operator)?,
                    service: election::Service {
                        scores: [
                            scores.consensus,
                            scores.endpoint,
                            scores.resource,
                            scores.consumer,
                        ],
                        level: record.level(now, &levels),
                        paused: record.is_paused(),
                        spared: false,
                    },
                    moniker: found.description.moniker,
                })
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        // The store has shorter addresses first.
        candidates.sort_unstable_by_key(|candidate| candidate.operator);
        Ok(candidates)
    }

    fn lost(&self, state: &impl Read, operator: &Address) -> Result<(bool, bool), Fault> {
        let found = staking::candidate(state, operator)?;
        Ok(found.map_or((true, false), |found| (found.is_jailed(), found.tombstoned)))
    }
}

impl slashing::Stakes for Validators {
    fn operator_of(&self, state: &impl Read, key: &ConsensusAddress) -> Result<Option<Address>, Fault> {
        let address = Address::from_bytes(key).map_err(|_| Fault::corrupt("a consensus address"))?;
        staking::operator_of(state, &address)
    }

    fn standing(&self, state: &impl Read, operator: &Address) -> Result<Option<Standing>, Fault> {
        let Some(found) = staking::candidate(state, operator)? else {
            return Ok(None);
        };
        Ok(Some(Standing {
            jailed: found.is_jailed(),
            jailed_until: found.jailed_until.unwrap_or_default(),
            tombstoned: found.tombstoned,
            has_self_stake: staking::self_stake(state, &found)?.1,
        }))
    }

    fn slash(&self, ctx: &mut Context<'_>, slash: &Slash) -> Result<Amount, ExecError> {
        let slashed = STAKING.slash(
            ctx,
            &staking::Slash {
                operator: slash.operator,
                infraction_height: slash.since,
                recorded_stake: slash.recorded_stake,
                fraction: slash.fraction,
                reason: slash.reason,
            },
        )?;
        Ok(slashed.burned)
    }

    fn jail(&self, ctx: &mut Context<'_>, operator: &Address, until: Time) -> Result<(), ExecError> {
        Ok(staking::jail(ctx.state, operator, until)?)
    }

    fn tombstone(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError> {
        Ok(staking::tombstone(ctx.state, operator)?)
    }

    fn unjail(&self, ctx: &mut Context<'_>, operator: &Address) -> Result<(), ExecError> {
        Ok(staking::unjail(ctx.state, operator)?)
    }
}

impl service::Validators for Validators {
    fn exists(&self, state: &impl Read, operator: &Address) -> Result<bool, Fault> {
        Ok(staking::candidate(state, operator)?.is_some())
    }

    fn operator_of(&self, state: &impl Read, key: &ConsensusAddress) -> Result<Option<Address>, Fault> {
        slashing::Stakes::operator_of(self, state, key)
    }

    fn slash_self(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        fraction: Ratio,
    ) -> Result<Amount, ExecError> {
        STAKING.slash_self(ctx, operator, fraction)
    }
}
