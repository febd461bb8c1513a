//! State from a genesis document, and a genesis document from state.

use slsbft_genesis::AppState;
use slsbft_store::{Overlay, Read};
use slsbft_types::Time;
use tendermint_proto::v0_38::types::ConsensusParams;

use super::modules::{BANK, METERING};
use crate::{
    context::BlockInfo,
    errors::{ExecError, Fault},
    modules::{auth, bank, consensus, epochs, fees, metering},
};

/// Writes a validated genesis state.
pub fn init(
    state: &mut Overlay,
    block: &BlockInfo,
    params: &ConsensusParams,
    app_state: &AppState,
) -> Result<(), Fault> {
    consensus::genesis::init(state, &block.chain_id, params);
    auth::genesis::init(state, &app_state.auth)?;
    bank::genesis::init(&BANK, state, &app_state.bank).map_err(as_fault)?;
    fees::genesis::init(state, &app_state.fees)?;
    epochs::genesis::init(state, &app_state.epochs, block.height, block.time)?;
    METERING.init(state, &app_state.metering).map_err(as_fault)
}

/// The state after `height`, for a chain that goes on from there under the same
/// or another id. Signing counts of the running epoch start anew.
pub fn export(state: &impl Read, height: u64) -> Result<AppState, Fault> {
    Ok(AppState {
        auth: auth::genesis::export(state)?,
        bank: bank::genesis::export(state)?,
        fees: fees::genesis::export(state)?,
        epochs: epochs::genesis::export(state, height)?,
        metering: metering::genesis::export(state)?,
    })
}

/// Time of genesis or of a block; CometBFT gives only valid ones.
pub fn block_time(time: Option<tendermint_proto::google::protobuf::Timestamp>) -> Result<Time, Fault> {
    let time = time.unwrap_or_default();
    Time::try_from(&time).map_err(|e| Fault::OutOfStep(e.to_string()))
}

fn as_fault(error: ExecError) -> Fault {
    match error {
        ExecError::Fault(fault) => fault,
        ExecError::Tx(error) => Fault::Genesis(error.to_string()),
    }
}
