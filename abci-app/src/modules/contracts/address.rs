//! Addresses of contracts, as wasmd builds them (Cosmos SDK ADR-028, addresses of modules).

use sha2::{Digest, Sha256};
use slsbft_types::Address;

/// Name of the module in the derivation.
const MODULE: &[u8] = b"wasm";

/// The address of the `instance`th contract, of code `code`.
pub fn numbered(code: u64, instance: u64) -> Address {
    derived(&[code.to_be_bytes(), instance.to_be_bytes()].concat())
}

/// The address that a creator's salt gives; `msg` is empty unless it is to be part of it.
pub fn predictable(code_hash: &[u8], creator: &Address, salt: &[u8], msg: &[u8]) -> Address {
    let mut key = Vec::new();
    for part in [code_hash, creator.as_bytes(), salt, msg] {
        key.extend_from_slice(&(part.len() as u64).to_be_bytes());
        key.extend_from_slice(part);
    }
    derived(&key)
}

fn derived(key: &[u8]) -> Address {
    let kind = Sha256::digest(b"module");
    let hash = Sha256::new()
        .chain_update(kind)
        .chain_update(MODULE)
        .chain_update([0])
        .chain_update(key)
        .finalize();
    Address::from_hash(&hash.into())
}
