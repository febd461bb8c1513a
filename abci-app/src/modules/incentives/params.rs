//! The schedule and the parts.

use slsbft_mechanism::reward::{Parts, Rules};
use slsbft_proto::incentives::v1;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::Ratio;

use super::keys;
use crate::{errors::Fault, modules::record};

pub fn load(state: &impl Read) -> Result<Rules, Fault> {
    let stored: v1::Params = record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default();
    let ratio = |parts| Ratio::from_billionths(parts).map_err(|_| Fault::corrupt("incentives' parameters"));
    Ok(Rules {
        half_life_seconds: stored.half_life_seconds,
        longest_step_seconds: stored.longest_step_seconds,
        parts: Parts {
            held: ratio(stored.stake_held)?,
            consumed: ratio(stored.stake_consumed)?,
            provided: ratio(stored.service_provided)?,
            reputation: ratio(stored.reputation)?,
        },
        bound: ratio(stored.settlement_bound)?,
        provider_part: ratio(stored.provider_part)?,
        reputation_above: ratio(stored.reputation_above)?,
        rollover_seconds: stored.rollover_seconds,
    })
}

pub fn save(state: &mut Overlay, rules: &Rules) {
    record::store(state, keys::PARAMS.to_vec(), &to_proto(rules));
}

pub fn to_proto(rules: &Rules) -> v1::Params {
    v1::Params {
        half_life_seconds: rules.half_life_seconds,
        longest_step_seconds: rules.longest_step_seconds,
        stake_held: rules.parts.held.billionths(),
        stake_consumed: rules.parts.consumed.billionths(),
        service_provided: rules.parts.provided.billionths(),
        reputation: rules.parts.reputation.billionths(),
        settlement_bound: rules.bound.billionths(),
        provider_part: rules.provider_part.billionths(),
        reputation_above: rules.reputation_above.billionths(),
        rollover_seconds: rules.rollover_seconds,
    }
}
