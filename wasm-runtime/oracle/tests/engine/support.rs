//! What all tests begin with.

use std::sync::LazyLock;

use cosmwasm_vm::testing::{mock_env, mock_info};
use slsbft_wasm::cosmwasm::{Call, Entry};
use slsbft_wasm::{Chain, Code, Config, Lane, Outcome, Vm};

/// One VM for all tests that do not look into it.
pub static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(Config::default()).unwrap());

/// A budget that is never used up by what should end.
pub const PLENTY: u64 = 1_000_000_000_000;

/// A contract in text form: what every contract has, around `body`. Below 1024 and from 1 MiB on, memory
/// is free for the body's own data.
pub fn contract(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {body}
            (memory (export "memory") 80)
            (global $next (mut i32) (i32.const 1024))
            (func (export "interface_version_8"))
            (func $allocate (export "allocate") (param $size i32) (result i32) (local $at i32)
                (local.set $at (global.get $next))
                (global.set $next (i32.and
                    (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 19))
                    (i32.const -8)))
                (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 12)))
                (i32.store offset=4 (local.get $at) (local.get $size))
                (i32.store offset=8 (local.get $at) (i32.const 0))
                (local.get $at))
            (func (export "deallocate") (param i32)))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The call's budget and code, ready for an entry point.
pub fn call<'a>(code: &'a Code, chain: &'a mut dyn Chain, points: u64) -> Call<'a> {
    Call {
        vm: &VM,
        code,
        chain,
        points,
        lane: Lane::Block,
    }
}

/// Executes `msg` and takes what the contract returns as it is.
pub fn execute(code: &Code, chain: &mut dyn Chain, points: u64, msg: &[u8]) -> Outcome<Vec<u8>> {
    let env = serde_json::to_vec(&mock_env()).unwrap();
    let info = serde_json::to_vec(&mock_info("anybody", &[])).unwrap();
    call(code, chain, points)
        .raw(Entry::Execute, &[&env, &info, msg])
        .unwrap()
}
