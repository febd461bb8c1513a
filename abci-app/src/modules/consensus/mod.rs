//! What the chain keeps about consensus: its id, CometBFT's consensus
//! parameters, the validator sets, and who signed.
//!
//! Invariants: the sets are those that CometBFT has; what changes in every block
//! is epoch-local, and the tree holds it as it was at the last boundary.
//!
//! - `sets`: who sits, and whose turn it is to propose
//! - `uptime`: who signed
//! - `local`: records that change in every block

pub mod genesis;
pub mod local;
pub mod query;
mod sets;
mod uptime;

use slsbft_store::{Overlay, Read, Space};
use tendermint_proto::v0_38::types::ConsensusParams;

pub use sets::{
    Seat, Turn, advance, consensus_address, fold as fold_sets, found, is_seated, next_seats, proposer, seats,
    turns,
};
pub use slsbft_mechanism::proposer::ConsensusAddress;
pub use uptime::{
    Uptime, Uptimes, finished as finished_uptimes, fold_uptime, record_commit, running as running_uptimes,
};

use crate::{errors::Fault, modules::record};

/// Keys in [`Space::Main`].
const CHAIN_ID: &[u8] = b"consensus/chain_id";
const PARAMS: &[u8] = b"consensus/params";

/// The chain's id; empty before genesis.
pub fn chain_id(state: &impl Read) -> Result<String, Fault> {
    let bytes = state.get(Space::Main, CHAIN_ID)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| Fault::corrupt("the chain id"))
}

/// CometBFT's parameters as the chain last set them.
pub fn params(state: &impl Read) -> Result<ConsensusParams, Fault> {
    Ok(record::load(state, Space::Main, PARAMS)?.unwrap_or_default())
}

/// Most gas of a block's transactions together; CometBFT's −1 means no bound.
pub fn max_block_gas(state: &impl Read) -> Result<u64, Fault> {
    let limit = params(state)?.block.map_or(-1, |block| block.max_gas);
    Ok(u64::try_from(limit).unwrap_or(u64::MAX))
}

fn set_chain_id(state: &mut Overlay, chain_id: &str) {
    state.set(Space::Main, CHAIN_ID.to_vec(), chain_id.as_bytes().to_vec());
}

fn set_params(state: &mut Overlay, params: &ConsensusParams) {
    record::store(state, PARAMS.to_vec(), params);
}
