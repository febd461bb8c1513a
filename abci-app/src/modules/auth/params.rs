//! Limits on transactions.

use cosmos_sdk_proto::cosmos::auth::v1beta1::Params as ProtoParams;
use slsbft_store::{Overlay, Read, Space};

use super::keys;
use crate::{errors::Fault, gas, modules::record};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Longest memo, in bytes of UTF-8.
    pub max_memo_characters: u64,
    /// Most signatures of a transaction.
    pub tx_sig_limit: u64,
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let proto: ProtoParams = record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default();
        Ok(Self {
            max_memo_characters: proto.max_memo_characters,
            tx_sig_limit: proto.tx_sig_limit,
        })
    }

    pub fn save(&self, state: &mut Overlay) {
        record::store(state, keys::PARAMS.to_vec(), &self.to_proto());
    }

    /// As clients know them; the costs are those of the gas table.
    pub fn to_proto(self) -> ProtoParams {
        ProtoParams {
            max_memo_characters: self.max_memo_characters,
            tx_sig_limit: self.tx_sig_limit,
            tx_size_cost_per_byte: gas::PER_BODY_BYTE,
            sig_verify_cost_ed25519: gas::PER_SIGNATURE,
            sig_verify_cost_secp256k1: gas::PER_SIGNATURE,
        }
    }
}
