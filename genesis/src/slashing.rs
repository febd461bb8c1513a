//! What misbehaviour costs, and the stakes by which late evidence is measured.

use serde::{Deserialize, Serialize};
use slsbft_types::{Address, Amount, Ratio};

use crate::error::{GenesisError, ensure, ensure_countable};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slashing {
    pub params: SlashingParams,
    /// Of a chain that goes on: by height, ascending.
    #[serde(default)]
    pub recorded: Vec<RecordedStakes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlashingParams {
    /// Of the recorded stake, for two blocks of one height or an attack on light clients.
    pub double_sign_fraction: Ratio,
    /// Of the recorded stake, for an epoch mostly missed.
    pub downtime_fraction: Ratio,
    pub downtime_jail_seconds: u64,
    /// Least part of an epoch's blocks that a validator must sign.
    pub min_signed: Ratio,
    /// Most of the power that is jailed for absence at one boundary; more at once are an attack.
    pub max_absent: Ratio,
}

/// Stakes that count for infractions from a height on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStakes {
    pub height: u64,
    /// Unix seconds of the block that recorded them.
    pub time: i64,
    /// What left the validators at this height or later answers too.
    pub since: u64,
    pub stakes: Vec<RecordedStake>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStake {
    pub operator: Address,
    /// uankr.
    pub stake: Amount,
}

impl Default for SlashingParams {
    fn default() -> Self {
        Self {
            double_sign_fraction: Ratio::from_percent(5),
            // 0.01 %.
            downtime_fraction: Ratio::from_billionths(100_000).unwrap_or(Ratio::ZERO),
            downtime_jail_seconds: 600,
            min_signed: Ratio::from_percent(50),
            max_absent: Ratio::from_percent(10),
        }
    }
}

impl Slashing {
    pub fn validate(&self) -> Result<(), GenesisError> {
        ensure_countable(self.params.downtime_jail_seconds, "params.downtime_jail_seconds")?;
        ensure(
            self.recorded.is_sorted_by(|a, b| a.height < b.height),
            "recorded",
            "must be sorted by height, without duplicates",
        )?;
        for (i, entry) in self.recorded.iter().enumerate() {
            ensure(
                entry.since <= entry.height,
                &format!("recorded[{i}].since"),
                "must not be after its height",
            )?;
        }
        Ok(())
    }
}
