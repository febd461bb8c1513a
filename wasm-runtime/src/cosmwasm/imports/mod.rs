//! What a CosmWasm contract can ask of the host: the functions of the module `env`. Each first pays for
//! the call, then for what it reads, does and writes; what is wrong with its arguments ends the call or
//! is told to the contract, as CosmWasm's own host does it.

mod address;
mod curves;
mod ed25519;
mod query;
mod storage;

use cosmwasm_crypto::CryptoError;

use crate::interface::imports;

imports! {
    super::MODULE;
    "db_read" storage::read: (I32) -> (I32);
    "db_write" storage::write: (I32 I32) -> ();
    "db_remove" storage::remove: (I32) -> ();
    "db_scan" storage::scan: (I32 I32 I32) -> (I32);
    "db_next" storage::next: (I32) -> (I32);
    "db_next_key" storage::next_key: (I32) -> (I32);
    "db_next_value" storage::next_value: (I32) -> (I32);
    "addr_validate" address::validate: (I32) -> (I32);
    "addr_canonicalize" address::canonicalize: (I32 I32) -> (I32);
    "addr_humanize" address::humanize: (I32 I32) -> (I32);
    "secp256k1_verify" curves::secp256k1_verify: (I32 I32 I32) -> (I32);
    "secp256k1_recover_pubkey" curves::secp256k1_recover: (I32 I32 I32) -> (I64);
    "secp256r1_verify" curves::secp256r1_verify: (I32 I32 I32) -> (I32);
    "secp256r1_recover_pubkey" curves::secp256r1_recover: (I32 I32 I32) -> (I64);
    "ed25519_verify" ed25519::verify: (I32 I32 I32) -> (I32);
    "ed25519_batch_verify" ed25519::batch_verify: (I32 I32 I32) -> (I32);
    "bls12_381_aggregate_g1" curves::aggregate_g1: (I32 I32) -> (I32);
    "bls12_381_aggregate_g2" curves::aggregate_g2: (I32 I32) -> (I32);
    "bls12_381_pairing_equality" curves::pairing_equality: (I32 I32 I32 I32) -> (I32);
    "bls12_381_hash_to_g1" curves::hash_to_g1: (I32 I32 I32 I32) -> (I32);
    "bls12_381_hash_to_g2" curves::hash_to_g2: (I32 I32 I32 I32) -> (I32);
    "debug" query::debug: (I32) -> ();
    "abort" query::abort: (I32) -> ();
    "query_chain" query::query_chain: (I32) -> (I32);
}

/// Zero for yes, one for no, or what is wrong with the arguments.
fn code(result: Result<bool, CryptoError>) -> u32 {
    match result {
        Ok(valid) => u32::from(!valid),
        Err(error) => error.code(),
    }
}
