//! The chain's id and consensus parameters, which CometBFT's part of the
//! genesis document gives.

use slsbft_store::Overlay;
use tendermint_proto::v0_38::types::ConsensusParams;

pub fn init(state: &mut Overlay, chain_id: &str, params: &ConsensusParams) {
    super::set_chain_id(state, chain_id);
    super::set_params(state, params);
}
