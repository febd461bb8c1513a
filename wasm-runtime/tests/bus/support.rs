//! What all tests begin with.

use std::sync::{Arc, LazyLock};

use slsbft_wasm::bus::{Call, Context, Entry, Transaction};
use slsbft_wasm::{Chain, Code, Config, Lane, Outcome, Reason, Vm};

use crate::world::World;

/// One VM for all tests.
pub static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(Config::default()).unwrap());

/// A budget that is never used up by what should end.
pub const PLENTY: u64 = 1_000_000_000_000;

/// The contract that tests call.
pub const HERE: &str = "here";

/// All of the host's functions, by their own names.
pub const IMPORTS: &[(&str, &str)] = &[
    ("input", "(param i32 i32) (result i32)"),
    ("output", "(param i32 i32)"),
    ("fail", "(param i32 i32)"),
    ("panic", "(param i32 i32)"),
    ("debug", "(param i32 i32)"),
    ("get", "(param i32 i32 i32 i32) (result i32)"),
    ("set", "(param i32 i32 i32 i32)"),
    ("remove", "(param i32 i32)"),
    ("scan", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("next", "(param i32 i32 i32) (result i32)"),
    ("block_height", "(result i64)"),
    ("block_time", "(result i64)"),
    ("chain_id", "(param i32 i32) (result i32)"),
    ("contract", "(param i32 i32) (result i32)"),
    ("sender", "(param i32 i32) (result i32)"),
    ("funds", "(param i32 i32) (result i32)"),
    ("tx_index", "(result i32)"),
    ("tx_hash", "(param i32) (result i32)"),
    ("points_left", "(result i64)"),
    ("beacon", "(param i64 i32) (result i32)"),
    ("address_validate", "(param i32 i32) (result i32)"),
    ("address_canonicalize", "(param i32 i32 i32 i32) (result i32)"),
    ("address_humanize", "(param i32 i32 i32 i32) (result i32)"),
    ("sha256", "(param i32 i32 i32)"),
    ("keccak256", "(param i32 i32 i32)"),
    ("blake2b", "(param i32 i32 i32 i32)"),
    ("secp256k1_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256k1_recover", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256r1_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("secp256r1_recover", "(param i32 i32 i32 i32) (result i32)"),
    ("ed25519_verify", "(param i32 i32 i32 i32) (result i32)"),
    ("ed25519_batch_verify", "(param i32 i32) (result i32)"),
    ("execute", "(param i32 i32 i32 i32 i32 i32 i64) (result i32)"),
    ("send", "(param i32 i32 i32 i32 i64) (result i32)"),
    ("query", "(param i32 i32 i32 i32) (result i32)"),
    ("ask", "(param i32 i32 i32 i32) (result i32)"),
    ("answer", "(param i32 i32) (result i32)"),
    ("event", "(param i32 i32 i32 i32)"),
];

/// The functions of CosmWasm's host, with the numbers of their parameters and results.
pub const ENV: &[(&str, usize, &str)] = &[
    ("db_read", 1, "i32"),
    ("db_write", 2, ""),
    ("db_remove", 1, ""),
    ("db_scan", 3, "i32"),
    ("db_next", 1, "i32"),
    ("db_next_key", 1, "i32"),
    ("db_next_value", 1, "i32"),
    ("addr_validate", 1, "i32"),
    ("addr_canonicalize", 2, "i32"),
    ("addr_humanize", 2, "i32"),
    ("secp256k1_verify", 3, "i32"),
    ("secp256k1_recover_pubkey", 3, "i64"),
    ("secp256r1_verify", 3, "i32"),
    ("secp256r1_recover_pubkey", 3, "i64"),
    ("ed25519_verify", 3, "i32"),
    ("ed25519_batch_verify", 3, "i32"),
    ("bls12_381_aggregate_g1", 2, "i32"),
    ("bls12_381_aggregate_g2", 2, "i32"),
    ("bls12_381_pairing_equality", 4, "i32"),
    ("bls12_381_hash_to_g1", 4, "i32"),
    ("bls12_381_hash_to_g2", 4, "i32"),
    ("debug", 1, ""),
    ("abort", 1, ""),
    ("query_chain", 1, "i32"),
];

/// A contract in text form with one page of memory. `$give` outputs a number, `$give64` a longer one.
pub fn contract(body: &str) -> Vec<u8> {
    let imports: String = IMPORTS
        .iter()
        .map(|(name, of)| format!("(import \"slsbft\" \"{name}\" (func ${name} {of}))\n"))
        .collect();
    let text = format!(
        r#"(module {imports}
            (memory (export "memory") 1)
            (func (export "slsbft_abi_1"))
            (func $give (param i32)
                (i32.store (i32.const 65000) (local.get 0))
                (call $output (i32.const 65000) (i32.const 4)))
            (func $give64 (param i64)
                (i64.store (i32.const 65000) (local.get 0))
                (call $output (i32.const 65000) (i32.const 8)))
            {body})"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Compiles a contract that runs `body` in `execute` and `query`; `rest` stands beside them.
pub fn runs(rest: &str, body: &str) -> Arc<Code> {
    let wasm = contract(&format!(
        r#"{rest} (func $run (export "execute") (export "query") (local $i i32) (local $j i32) (local $k i32)
            {body})"#
    ));
    VM.compile(&wasm).unwrap()
}

/// A data segment.
pub fn data(at: u32, bytes: impl AsRef<[u8]>) -> String {
    let bytes: String = bytes
        .as_ref()
        .iter()
        .map(|byte| format!("\\{byte:02x}"))
        .collect();
    format!(r#"(data (i32.const {at}) "{bytes}")"#)
}

/// What tests say is around a call.
pub fn context(contract: &str, sender: &str, funds: &str) -> Context {
    Context {
        height: 7,
        time: 1_700_000_000_123_456_789,
        chain_id: "bus-1".to_owned(),
        contract: contract.to_owned(),
        sender: sender.to_owned(),
        funds: funds.to_owned(),
        transaction: Some(Transaction {
            index: 3,
            hash: [9; 32],
        }),
    }
}

/// The call of a contract that nobody else waits for.
pub fn call<'a>(code: &'a Code, chain: &'a mut dyn Chain, points: u64) -> Call<'a> {
    Call {
        vm: &VM,
        code,
        chain,
        points,
        lane: Lane::Block,
        context: context(HERE, "somebody", "5uankr,7foo"),
    }
}

/// Calls the contract `here` of a world, which has this code.
pub fn enter(world: &mut World, code: &Arc<Code>, entry: Entry, msg: &[u8], points: u64) -> Outcome<Vec<u8>> {
    world.put(HERE, code);
    world.waiting.push(HERE.to_owned());
    let outcome = call(code, &mut world.host(HERE), points).run(entry, msg).unwrap();
    world.waiting.pop();
    outcome
}

/// Executes an empty message with plenty of points.
pub fn execute(world: &mut World, code: &Arc<Code>) -> Outcome<Vec<u8>> {
    enter(world, code, Entry::Execute, b"", PLENTY)
}

/// What `body` outputs in a world of its own.
pub fn output(rest: &str, body: &str) -> Vec<u8> {
    execute(&mut World::default(), &runs(rest, body)).result.unwrap()
}

/// Why `body` fails in a world of its own.
pub fn failure(rest: &str, body: &str) -> Reason {
    let outcome = execute(&mut World::default(), &runs(rest, body));
    outcome.result.unwrap_err().reason
}

/// A number as contracts output it.
pub fn number(number: i32) -> [u8; 4] {
    number.to_le_bytes()
}
