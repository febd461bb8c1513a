//! Transactions that no well-behaved client would make: valid ones, taken apart
//! and changed before or after they are signed.

use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use prost::Message;
use slsbft_client::TxBuilder;

use crate::{Wallet, chain::CHAIN_ID};

/// Changes signed bytes, so that the signatures no longer fit (or do: that is
/// what a test asks).
pub fn reshape(tx: &[u8], change: impl FnOnce(&mut TxRaw)) -> Vec<u8> {
    let mut raw = TxRaw::decode(tx).expect("a TxRaw");
    change(&mut raw);
    raw.encode_to_vec()
}

/// Changes what is signed and signs it correctly.
pub fn sign_changed(
    wallet: &Wallet,
    tx: &TxBuilder,
    change: impl FnOnce(&mut TxBody, &mut AuthInfo),
) -> Vec<u8> {
    let unsigned = tx.unsigned(CHAIN_ID, &[wallet.data()]).expect("a transaction");
    let mut body = TxBody::decode(unsigned.body.as_slice()).expect("a body");
    let mut auth = AuthInfo::decode(unsigned.auth_info.as_slice()).expect("an auth info");
    change(&mut body, &mut auth);
    sign_bytes(wallet, tx, |body_bytes, auth_bytes| {
        *body_bytes = body.encode_to_vec();
        *auth_bytes = auth.encode_to_vec();
    })
}

/// Changes the encoded body and auth info and signs what comes out.
pub fn sign_bytes(
    wallet: &Wallet,
    tx: &TxBuilder,
    change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>),
) -> Vec<u8> {
    let mut unsigned = tx.unsigned(CHAIN_ID, &[wallet.data()]).expect("a transaction");
    change(&mut unsigned.body, &mut unsigned.auth_info);
    let signed = unsigned.sign(&[&wallet.key]).expect("the wallet's key");
    signed.bytes().to_vec()
}

/// The other signature of the same message: `n − s` for secp256k1 (high-S),
/// `s + L` for ed25519. Lax verifiers take both.
pub fn malleated(kind: slsbft_client::KeyKind, signature: &[u8]) -> Vec<u8> {
    let mut twin = signature.to_vec();
    let s = &mut twin[32..64];
    match kind {
        slsbft_client::KeyKind::Secp256k1 => {
            let mut borrow = 0i16;
            for (byte, order) in s.iter_mut().rev().zip(SECP256K1_ORDER.iter().rev()) {
                let rest = i16::from(*order) - i16::from(*byte) - borrow;
                borrow = i16::from(rest < 0);
                *byte = rest.rem_euclid(256) as u8;
            }
        }
        slsbft_client::KeyKind::Ed25519 => {
            let mut carry = 0u16;
            for (byte, order) in s.iter_mut().zip(ED25519_ORDER) {
                let sum = u16::from(*byte) + u16::from(order) + carry;
                carry = sum >> 8;
                *byte = sum as u8;
            }
        }
    }
    twin
}

/// Big-endian.
const SECP256K1_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
    0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];
/// Little-endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
