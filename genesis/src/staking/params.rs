//! The rules of staking.

use serde::{Deserialize, Serialize};
use slsbft_types::{Amount, Ratio, UANKR_PER_ANKR};

use crate::error::{GenesisError, ensure};

/// Ten years: the longest unbonding that parameters may ask for.
const MOST_SECONDS: u64 = 315_360_000;
/// Most entries per pair that parameters may allow: each is looked at whenever its pair is.
const MOST_ENTRIES: u32 = 16;
/// Most queue entries per block that parameters may allow.
const MOST_SWEPT: u32 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What a candidate must have staked with itself, in uankr.
    pub min_self_stake: Amount,
    /// Stake that leaves waits so long, and until evidence of its time has expired.
    pub unbonding_seconds: u64,
    /// Most unbonding entries of a delegator and a validator, and most redelegation
    /// entries of a delegator between two of them.
    pub max_entries: u32,
    /// No delegation may lift a candidate above this part of all stake …
    pub max_stake_share: Ratio,
    /// … once there are so many candidates.
    pub max_share_from: u32,
    /// Queue entries handled per block.
    pub sweep_limit: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            min_self_stake: Amount::new(100_000 * UANKR_PER_ANKR),
            unbonding_seconds: 21 * 86_400,
            max_entries: 7,
            max_stake_share: Ratio::from_percent(20),
            max_share_from: 16,
            sweep_limit: 100,
        }
    }
}

impl Params {
    /// Most redelegation entries that a delegator may have towards one validator.
    pub const fn max_arrivals(&self) -> usize {
        self.max_entries as usize * 4
    }

    pub(super) fn validate(&self) -> Result<(), GenesisError> {
        let count = |value: u64, most: u64, path: &str| {
            ensure(
                (1..=most).contains(&value),
                path,
                format!("must be 1 to {most}, found {value}"),
            )
        };
        ensure(
            !self.min_self_stake.is_zero(),
            "min_self_stake",
            "must be positive",
        )?;
        count(self.unbonding_seconds, MOST_SECONDS, "unbonding_seconds")?;
        count(self.max_entries.into(), MOST_ENTRIES.into(), "max_entries")?;
        ensure(
            self.max_stake_share > Ratio::ZERO,
            "max_stake_share",
            "must be positive",
        )?;
        count(self.sweep_limit.into(), MOST_SWEPT.into(), "sweep_limit")
    }
}
