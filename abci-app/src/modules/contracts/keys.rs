//! Where codes and contracts live, in [`Space::Main`](slsbft_store::Space::Main).

use slsbft_types::Address;

use crate::modules::key;

pub const PARAMS: &[u8] = b"contracts/params";
/// The last id of a code, and the number of contracts there ever were: big-endian.
pub const LAST_CODE: &[u8] = b"contracts/last_code";
pub const LAST_INSTANCE: &[u8] = b"contracts/last_instance";
/// id → `CodeInfo`
pub const CODE: &[u8] = b"contracts/code/";
/// hash → the code's bytes
const BYTES: &[u8] = b"contracts/bytes/";
/// hash → the height from which a code may be used: big-endian; nothing of genesis documents
const READY: &[u8] = b"contracts/ready/";
/// Until when all codes are compiled, in milliseconds of estimated compilation since height 0:
/// big-endian.
pub const COMPILED_AT: &[u8] = b"contracts/compiled_at";
/// id → nothing
pub const PINNED: &[u8] = b"contracts/pinned/";
/// address → `ContractInfo`
pub const CONTRACT: &[u8] = b"contracts/contract/";
/// address, number → `ContractCodeHistoryEntry`
const HISTORY: &[u8] = b"contracts/history/";
/// code id, height, transaction, address → nothing
const BY_CODE: &[u8] = b"contracts/by_code/";
/// creator, height, transaction, address → nothing
const BY_CREATOR: &[u8] = b"contracts/by_creator/";
/// address, the contract's own key → its value
const STATE: &[u8] = b"contracts/state/";

pub fn code(id: u64) -> Vec<u8> {
    [CODE, &id.to_be_bytes()].concat()
}

pub fn bytes(hash: &[u8]) -> Vec<u8> {
    [BYTES, hash].concat()
}

pub fn ready(hash: &[u8]) -> Vec<u8> {
    [READY, hash].concat()
}

pub fn pinned(id: u64) -> Vec<u8> {
    [PINNED, &id.to_be_bytes()].concat()
}

pub fn contract(address: &Address) -> Vec<u8> {
    key::with(CONTRACT, &[address])
}

/// What all entries of a contract's history begin with.
pub fn history(address: &Address) -> Vec<u8> {
    key::with(HISTORY, &[address])
}

/// What the index of a code's contracts begins with.
pub fn by_code(id: u64) -> Vec<u8> {
    [BY_CODE, &id.to_be_bytes()].concat()
}

/// What the index of a creator's contracts begins with.
pub fn by_creator(creator: &Address) -> Vec<u8> {
    key::with(BY_CREATOR, &[creator])
}

/// What all keys of a contract begin with.
pub fn state(address: &Address) -> Vec<u8> {
    key::with(STATE, &[address])
}
