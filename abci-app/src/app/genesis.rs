//! State from a genesis document, and a genesis document from state.

use slsbft_genesis::AppState;
use slsbft_store::{Overlay, Read};
use slsbft_types::Time;
use tendermint_proto::v0_38::{abci::ValidatorUpdate, types::ConsensusParams};

use super::{
    gentx,
    modules::{BANK, DISTRIBUTION, ELECTION, METERING, REQUESTS, STAKING},
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault},
    machine::{Machine, Runner},
    modules::{
        auth, bank, beacon, consensus, contracts, distribution, election, epochs, fees, hooks, incentives,
        metering, requests, service, slashing, staking,
    },
};

/// Writes a validated genesis state.
pub fn init(
    state: &mut Overlay,
    block: &BlockInfo,
    runner: &Runner,
    params: &ConsensusParams,
    app_state: &AppState,
) -> Result<Vec<ValidatorUpdate>, Fault> {
    consensus::genesis::init(state, &block.chain_id, params);
    auth::genesis::init(state, &app_state.auth)?;
    bank::genesis::init(&BANK, state, &app_state.bank).map_err(as_fault)?;
    fees::genesis::init(state, &app_state.fees)?;
    epochs::genesis::init(state, &app_state.epochs, block.height, block.time)?;
    METERING.init(state, &app_state.metering).map_err(as_fault)?;
    STAKING.init(state, block, &app_state.staking).map_err(as_fault)?;
    DISTRIBUTION
        .init(state, &app_state.distribution)
        .map_err(as_fault)?;
    beacon::genesis::init(state, &block.chain_id, &app_state.beacon)?;
    election::genesis::init(state, &app_state.election);
    slashing::genesis::init(state, &app_state.slashing);
    service::genesis::init(state, &app_state.service)?;
    incentives::genesis::init(state, &app_state.incentives)?;
    contracts::genesis::init(state, runner, &app_state.contracts)?;
    hooks::genesis::init(state, &app_state.hooks)?;
    REQUESTS.init(state, &app_state.requests)?;
    gentx::deliver(state, block, runner, &app_state.genutil.gen_txs)?;
    found(state, block, runner)
}

/// The first validator set, from the candidates that are there.
fn found(state: &mut Overlay, block: &BlockInfo, runner: &Runner) -> Result<Vec<ValidatorUpdate>, Fault> {
    let mut events = Vec::new();
    let mut machine = Machine::new(runner.clone(), 0, None);
    let mut ctx = Context {
        state,
        block,
        events: &mut events,
        machine: &mut machine,
    };
    let epoch = epochs::current(ctx.state)?.number;
    // The first epoch is not audited: there is no seed yet.
    ELECTION.candidates(&ctx, epoch)?.save(ctx.state);
    let Some(held) = ELECTION.found(ctx.state)? else {
        return Ok(Vec::new());
    };
    slashing::record_stakes(&mut ctx, held.stakes, block.height, held.since)?;
    consensus::found(state, &held.seats)
}

/// The state after `height`, for a chain that goes on from there under the same
/// or another id. Signing counts of the running epoch start anew.
pub fn export(state: &impl Read, height: u64) -> Result<AppState, Fault> {
    Ok(AppState {
        auth: auth::genesis::export(state)?,
        bank: bank::genesis::export(state)?,
        fees: fees::genesis::export(state)?,
        epochs: epochs::genesis::export(state, height)?,
        staking: staking::genesis::export(state)?,
        distribution: distribution::genesis::export(state)?,
        metering: metering::genesis::export(state)?,
        beacon: beacon::genesis::export(state)?,
        election: election::genesis::export(state)?,
        slashing: slashing::genesis::export(state)?,
        service: service::genesis::export(state)?,
        incentives: incentives::genesis::export(state)?,
        contracts: contracts::genesis::export(state)?,
        hooks: hooks::genesis::export(state)?,
        requests: requests::genesis::export(state)?,
        // They have run.
        genutil: Default::default(),
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
