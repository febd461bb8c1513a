//! How many seats the validator set has, and how they are filled.

use serde::{Deserialize, Serialize};
use slsbft_types::Ratio;

use crate::error::{GenesisError, ensure};

/// Most seats that CometBFT is run with; each signs every block.
const MOST_SEATS: u32 = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Election {
    pub params: ElectionParams,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectionParams {
    /// Most seats of the validator set.
    pub max_validators: u32,
    /// With fewer seats they go by weight alone: no draw of few seats is safe.
    pub draw_min_seats: u32,
    /// Most of the stake that pauses bar at one boundary; more at once are an attack.
    pub max_paused: Ratio,
}

impl Default for ElectionParams {
    fn default() -> Self {
        Self {
            max_validators: 100,
            draw_min_seats: 64,
            max_paused: Ratio::from_percent(10),
        }
    }
}

impl Election {
    pub fn validate(&self) -> Result<(), GenesisError> {
        ensure(
            (1..=MOST_SEATS).contains(&self.params.max_validators),
            "params.max_validators",
            format!("must be between 1 and {MOST_SEATS}"),
        )
    }
}
