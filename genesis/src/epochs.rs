//! Epochs: how long they are and which one the chain starts in.

use serde::{Deserialize, Serialize};

use crate::error::{GenesisError, ensure, ensure_countable};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epochs {
    pub params: EpochsParams,
    /// Number of the epoch that the first block belongs to; above 0 after an export.
    #[serde(default)]
    pub epoch: u64,
    /// Blocks of that epoch that were made before the first block.
    #[serde(default)]
    pub blocks_done: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochsParams {
    /// 10 × the seats of the validator set: a newcomer starts at −1.125 × the
    /// total power and would not propose in a shorter epoch.
    pub blocks_per_epoch: u64,
}

impl Default for EpochsParams {
    fn default() -> Self {
        Self {
            blocks_per_epoch: 1_000,
        }
    }
}

impl Epochs {
    pub fn validate(&self) -> Result<(), GenesisError> {
        ensure(
            self.params.blocks_per_epoch > 0,
            "params.blocks_per_epoch",
            "must be positive",
        )?;
        ensure_countable(self.params.blocks_per_epoch, "params.blocks_per_epoch")?;
        ensure_countable(self.epoch, "epoch")?;
        ensure(
            self.blocks_done < self.params.blocks_per_epoch,
            "blocks_done",
            "must be below params.blocks_per_epoch",
        )
    }
}
