//! The system transaction: first in every block, made by the proposer, unsigned.
//! It is a `TxRaw`, so foreign decoders can read it, and no mempool takes it.
//! Its proof stays empty until validators have VRF keys; its result carries the
//! running hash of the epoch-local space.

use bytes::Bytes;
use cosmos_sdk_proto::{
    Any,
    cosmos::tx::v1beta1::{TxBody, TxRaw},
};
use prost::Message;
use slsbft_proto::beacon::v1::{MsgBeacon, MsgBeaconResponse};

use crate::errors::TxError;

/// Codespace `beacon`: the system transaction is not what it must be.
pub const MSG_TYPE_URL: &str = "/slsbft.beacon.v1.MsgBeacon";
const RESPONSE_TYPE_URL: &str = "/slsbft.beacon.v1.MsgBeaconResponse";

/// The system transaction of a height, with the proof that its proposer owes:
/// none yet.
pub fn system_tx(height: u64) -> Bytes {
    let message = MsgBeacon {
        height,
        proof: Bytes::new(),
    };
    let body = TxBody {
        messages: vec![Any {
            type_url: MSG_TYPE_URL.to_owned(),
            value: message.encode_to_vec(),
        }],
        ..Default::default()
    };
    TxRaw {
        body_bytes: body.encode_to_vec(),
        ..Default::default()
    }
    .encode_to_vec()
    .into()
}

/// Checks a block's first transaction: exactly the bytes of [`system_tx`].
pub fn check(tx: &[u8], height: u64) -> Result<(), TxError> {
    if tx == system_tx(height) {
        return Ok(());
    }
    Err(TxError::new(
        "beacon",
        2,
        "the block does not start with the system transaction of its height",
    ))
}

/// Response of a valid system transaction.
pub fn response(running_hash: [u8; 32]) -> Any {
    let response = MsgBeaconResponse {
        running_hash: running_hash.to_vec().into(),
    };
    Any {
        type_url: RESPONSE_TYPE_URL.to_owned(),
        value: response.encode_to_vec(),
    }
}
