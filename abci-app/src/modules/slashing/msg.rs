//! `cosmos.slashing.v1beta1.MsgUnjail`.

use cosmos_sdk_proto::cosmos::slashing::v1beta1::MsgUnjail;
use slsbft_types::{Address, address::VALIDATOR_PREFIX};

use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

pub const UNJAIL: &str = "/cosmos.slashing.v1beta1.MsgUnjail";
/// A record read and written.
const UNJAIL_GAS: u64 = 60_000;

#[derive(Clone, Debug)]
pub enum Msg {
    Unjail { operator: Address },
}

impl Msg {
    /// `None` if the type is not one of slashing's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        (type_url == UNJAIL).then(|| {
            let msg: MsgUnjail = decode_known("slashing message", value)?;
            let operator = Address::from_bech32_with(VALIDATOR_PREFIX, &msg.validator_addr);
            let operator = operator.map_err(|e| sdk::invalid_address(format!("validator_addr: {e}")))?;
            Ok(Self::Unjail { operator })
        })
    }

    /// The operator's account has the operator's bytes.
    pub fn signer(&self) -> Address {
        let Self::Unjail { operator } = self;
        *operator
    }

    pub fn type_url(&self) -> &'static str {
        UNJAIL
    }

    pub fn gas(&self) -> u64 {
        UNJAIL_GAS
    }
}
