//! Epochs in and out of a genesis document.

use slsbft_genesis::epochs::{Epochs as Section, EpochsParams};
use slsbft_proto::epochs::v1::Params;
use slsbft_store::{Overlay, Read};
use slsbft_types::Time;

use super::{PARAMS, current, params, start};
use crate::{errors::Fault, modules::record};

/// Starts the section's epoch so that `initial_height` is its block number `blocks_done`.
pub fn init(state: &mut Overlay, section: &Section, initial_height: u64, time: Time) -> Result<(), Fault> {
    let params = Params {
        blocks_per_epoch: section.params.blocks_per_epoch,
    };
    record::store(state, PARAMS.to_vec(), &params);
    // A chain may begin in the middle of an epoch whose start lies before its first height.
    let first_height = initial_height.saturating_sub(section.blocks_done);
    let shortened = section.blocks_done - initial_height.saturating_sub(first_height);
    start(state, section.epoch, first_height, time)?;
    if shortened > 0 {
        let mut epoch = current(state)?;
        epoch.last_height = epoch.last_height.saturating_sub(shortened).max(initial_height);
        super::save(state, epoch);
    }
    Ok(())
}

/// The section for a chain that goes on after `height`.
pub fn export(state: &impl Read, height: u64) -> Result<Section, Fault> {
    let params = params(state)?;
    let epoch = current(state)?;
    let next = height.saturating_add(1);
    // Counted from the end, which is right for a shortened first epoch too.
    let left = epoch.last_height.saturating_add(1).saturating_sub(next);
    Ok(Section {
        params: EpochsParams {
            blocks_per_epoch: params.blocks_per_epoch,
        },
        epoch: epoch.number,
        blocks_done: params
            .blocks_per_epoch
            .saturating_sub(left)
            .min(params.blocks_per_epoch.saturating_sub(1)),
    })
}
