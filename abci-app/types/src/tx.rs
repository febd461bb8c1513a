//! The transaction envelope: `cosmos.tx.v1beta1.TxRaw` and what is signed.

use cosmos_sdk_proto::cosmos::tx::v1beta1::SignDoc;
use prost::Message;
use sha2::{Digest, Sha256};

/// The bytes that SIGN_MODE_DIRECT signs: an encoded `SignDoc`.
pub fn direct_sign_bytes(body: &[u8], auth_info: &[u8], chain_id: &str, account_number: u64) -> Vec<u8> {
    SignDoc {
        body_bytes: body.to_vec(),
        auth_info_bytes: auth_info.to_vec(),
        chain_id: chain_id.to_owned(),
        account_number,
    }
    .encode_to_vec()
}

/// SHA-256 of a transaction's bytes, which is its name everywhere.
pub fn tx_hash(tx: &[u8]) -> [u8; 32] {
    Sha256::digest(tx).into()
}
