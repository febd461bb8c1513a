//! `slsbft.beacon.v1.MsgRegisterVrfKey`.

use bytes::Bytes;
use slsbft_proto::beacon::v1::MsgRegisterVrfKey;
use slsbft_types::Address;

use super::BeaconError;
use crate::{
    errors::{TxError, sdk},
    tx::decode_known,
};

const REGISTER: &str = "/slsbft.beacon.v1.MsgRegisterVrfKey";
/// A proof verified and two records written.
const REGISTER_GAS: u64 = 150_000;

#[derive(Clone, Debug)]
pub enum Msg {
    RegisterVrfKey {
        operator: Address,
        vrf_key: [u8; 32],
        possession: Bytes,
    },
}

impl Msg {
    /// `None` if the type is not one of the beacon's.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        (type_url == REGISTER).then(|| {
            let msg: MsgRegisterVrfKey = decode_known("beacon message", value)?;
            let operator = Address::from_bech32(&msg.operator);
            let vrf_key = <[u8; 32]>::try_from(msg.vrf_key.as_ref());
            Ok(Self::RegisterVrfKey {
                operator: operator.map_err(|e| sdk::invalid_address(format!("operator: {e}")))?,
                vrf_key: vrf_key.map_err(|_| {
                    let found = msg.vrf_key.len();
                    BeaconError::Key(format!("has {found} bytes, expected 32"))
                })?,
                possession: msg.possession,
            })
        })
    }

    pub fn signer(&self) -> Address {
        let Self::RegisterVrfKey { operator, .. } = self;
        *operator
    }

    pub fn type_url(&self) -> &'static str {
        REGISTER
    }

    pub fn gas(&self) -> u64 {
        REGISTER_GAS
    }
}
