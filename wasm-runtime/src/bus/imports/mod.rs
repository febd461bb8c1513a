//! What a contract for the service bus can ask of the host: the functions of the module `slsbft`. Each
//! first pays for the call, then for what it reads, does and writes.

mod call;
mod chain;
mod context;
mod crypto;
mod storage;

use crate::interface::imports;

imports! {
    super::MODULE;
    "input" call::input: (I32 I32) -> (I32);
    "output" call::output: (I32 I32) -> ();
    "fail" call::fail: (I32 I32) -> ();
    "panic" call::panic: (I32 I32) -> ();
    "debug" call::debug: (I32 I32) -> ();
    "get" storage::get: (I32 I32 I32 I32) -> (I32);
    "set" storage::set: (I32 I32 I32 I32) -> ();
    "remove" storage::remove: (I32 I32) -> ();
    "scan" storage::scan: (I32 I32 I32 I32 I32) -> (I32);
    "next" storage::next: (I32 I32 I32) -> (I32);
    "block_height" context::block_height: () -> (I64);
    "block_time" context::block_time: () -> (I64);
    "chain_id" context::chain_id: (I32 I32) -> (I32);
    "contract" context::contract: (I32 I32) -> (I32);
    "sender" context::sender: (I32 I32) -> (I32);
    "funds" context::funds: (I32 I32) -> (I32);
    "tx_index" context::tx_index: () -> (I32);
    "tx_hash" context::tx_hash: (I32) -> (I32);
    "points_left" context::points_left: () -> (I64);
    "beacon" context::beacon: (I64 I32) -> (I32);
    "address_validate" context::address_validate: (I32 I32) -> (I32);
    "address_canonicalize" context::address_canonicalize: (I32 I32 I32 I32) -> (I32);
    "address_humanize" context::address_humanize: (I32 I32 I32 I32) -> (I32);
    "sha256" crypto::sha256: (I32 I32 I32) -> ();
    "keccak256" crypto::keccak256: (I32 I32 I32) -> ();
    "blake2b" crypto::blake2b: (I32 I32 I32 I32) -> ();
    "secp256k1_verify" crypto::secp256k1_verify: (I32 I32 I32 I32) -> (I32);
    "secp256k1_recover" crypto::secp256k1_recover: (I32 I32 I32 I32) -> (I32);
    "secp256r1_verify" crypto::secp256r1_verify: (I32 I32 I32 I32) -> (I32);
    "secp256r1_recover" crypto::secp256r1_recover: (I32 I32 I32 I32) -> (I32);
    "ed25519_verify" crypto::ed25519_verify: (I32 I32 I32 I32) -> (I32);
    "ed25519_batch_verify" crypto::ed25519_batch_verify: (I32 I32) -> (I32);
    "execute" chain::execute: (I32 I32 I32 I32 I32 I32 I64) -> (I32);
    "send" chain::send: (I32 I32 I32 I32 I64) -> (I32);
    "query" chain::query: (I32 I32 I32 I32) -> (I32);
    "ask" chain::ask: (I32 I32 I32 I32) -> (I32);
    "answer" chain::answer: (I32 I32) -> (I32);
    "event" chain::event: (I32 I32 I32 I32) -> ();
}

/// What a function returns for what is not there.
const ABSENT: i32 = -1;
