//! Code and contracts made to take more than they pay for: each ends with a typed error, within its gas, and
//! its fee is kept.

use std::fmt::Write as _;

use cosmos_sdk_proto::cosmwasm::wasm::v1::MsgStoreCode;
use prost::Name;
use serde_json::json;
use slsbft_types::Address;

use crate::support::World;

const LIMIT: u64 = 20_000_000;

/// A contract for the service bus whose `execute` does this, with 1,000 bytes of message at hand.
fn contract(execute: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (type $nothing (func))
        (import "slsbft" "input" (func $input (param i32 i32) (result i32)))
        (import "slsbft" "event" (func $event (param i32 i32 i32 i32)))
        (import "slsbft" "debug" (func $debug (param i32 i32)))
        (import "slsbft" "panic" (func $panic (param i32 i32)))
        (import "slsbft" "output" (func $output (param i32 i32)))
        (import "slsbft" "contract" (func $contract (param i32 i32) (result i32)))
        (import "slsbft" "execute" (func $execute (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
        (memory (export "memory") 64)
        (table 1 funcref) (elem (i32.const 0) func $recurse)
        (func (export "slsbft_abi_1")) (func (export "instantiate"))
        (func $recurse (param i64) (result i64) local.get 0 i64.const 1 i64.add call $recurse local.get 0 i64.mul)
        (func (export "execute") (local $n i32) {execute}))"#
    );
    wat::parse_str(text).unwrap()
}

/// What comes of a message; its fee is gone whatever that is, and its gas is within its limit.
fn paid<M: prost::Message + Name>(world: &mut World, message: &M, limit: u64) -> (String, u32, String) {
    let before = world.chain.balance(&world.address(0));
    let result = world.deliver_with(0, message, limit);
    let fee = 25 * u128::from(limit);
    let after = world.chain.balance(&world.address(0));
    assert_eq!(after + fee, before, "{}", result.log);
    assert!(
        u64::try_from(result.gas_used).unwrap() <= limit,
        "{}",
        result.gas_used
    );
    (result.codespace, result.code, result.log)
}

fn run(world: &mut World, contract: &Address) -> (String, u32, String) {
    let message = world.call(0, contract, &json!({}));
    paid(world, &message, LIMIT)
}

#[test]
fn what_never_ends_is_out_of_gas() {
    let mut world = World::start();
    let fill = "i32.const 0 i32.const 7 i32.const 4000000 memory.fill";
    let own = "i32.const 0 i32.const 100 call $contract local.set $n";
    for (name, execute) in [
        ("a loop", "loop br 0 end".to_owned()),
        ("a loop that fills its memory", format!("loop {fill} br 0 end")),
        (
            "a loop that grows its memory",
            "loop i32.const 1 memory.grow drop br 0 end".into(),
        ),
        (
            "great logs",
            "loop i32.const 0 i32.const 2000000 call $debug br 0 end".into(),
        ),
        (
            "many events",
            // An attribute of 60,000 bytes without a value.
            "i32.const 0 i32.const 60000 i32.store i32.const 4 i32.const 97 i32.const 60000 memory.fill
             loop i32.const 4 i32.const 5 i32.const 0 i32.const 60008 call $event br 0 end"
                .into(),
        ),
        (
            "calls of itself",
            format!(
                "{own} loop i32.const 0 local.get $n i32.const 200 i32.const 2 i32.const 0 i32.const 0 i64.const -1 \
                 call $execute drop br 0 end"
            ),
        ),
        (
            "answers",
            "loop i32.const 0 i32.const 4000000 call $output br 0 end".into(),
        ),
    ] {
        let contract = world.contract_of(0, contract(&execute), &json!({}));
        let (codespace, code, log) = run(&mut world, &contract);
        assert_eq!((codespace.as_str(), code), ("sdk", 11), "{name}: {log}");
    }
}

#[test]
fn what_breaks_a_contract_is_told_with_its_entry_point_and_function() {
    let mut world = World::start();
    for (execute, words) in [
        ("i64.const 1 call $recurse drop", "stack"),
        ("unreachable", "unreachable"),
        ("i64.const 1 i64.const 0 i64.div_s drop", "divi"),
        ("i32.const -1 i64.load drop", "memory"),
        ("i32.const 0 call_indirect (type $nothing)", "call"),
        ("i32.const 0 i32.const -1 call $debug", "debug"),
        ("i32.const 100 i32.const 2000000 call $panic", "aborted"),
    ] {
        let contract = world.contract_of(0, contract(execute), &json!({}));
        let (codespace, code, log) = run(&mut world, &contract);
        assert_eq!((codespace.as_str(), code), ("wasm", 29), "{execute}: {log}");
        assert!(log.contains("execute") && log.contains(words), "{execute}: {log}");
        assert!(log.len() < 10_000, "{}", log.len());
    }
}

/// A contract that has others called: each calls the next one as often as its budget lets it.
fn forwarder(next: &Address) -> Vec<u8> {
    let next = next.to_string();
    let code = format!(
        r#"(module
        (import "slsbft" "execute" (func $execute (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "{next}{{}}")
        (func (export "slsbft_abi_1")) (func (export "instantiate"))
        (func (export "execute")
          loop i32.const 0 i32.const {length} i32.const {length} i32.const 2 i32.const 0 i32.const 0 i64.const -1
          call $execute drop br 0 end))"#,
        length = next.len(),
    );
    wat::parse_str(code).unwrap()
}

#[test]
fn a_storm_of_calls_ends_with_the_gas_however_the_contracts_multiply_it() {
    let mut world = World::start();
    let mut last = world.contract_of(0, contract("loop br 0 end"), &json!({}));
    for _ in 0..12 {
        let code = forwarder(&last);
        last = world.contract_of(0, code, &json!({}));
    }
    let (codespace, code, log) = run(&mut world, &last);
    assert_eq!((codespace.as_str(), code), ("sdk", 11), "{log}");
}

#[test]
fn code_that_breaks_a_limit_is_refused_at_upload_with_its_function() {
    let mut world = World::start();
    world.chain.block();
    let body = |text: &str| format!("(module (func (export \"slsbft_abi_1\")) (func {text}))");
    let nested = |count: usize| body(&("block ".repeat(count) + &"end ".repeat(count)));
    let mut products = String::new();
    for i in 0..20_000 {
        let _ = write!(
            products,
            "local.get 0 i64.const {i} i64.mul local.get 1 i64.xor local.set 1 "
        );
    }
    for (name, text, words) in [
        ("deep nesting", nested(20_000), "nested"),
        (
            "a br_table of a million entries",
            body(&format!(
                "block i32.const 0 br_table {} end",
                "0 ".repeat(1_000_000)
            )),
            "function's body",
        ),
        (
            "many locals",
            body(&format!("(local {}) nop", "i64 ".repeat(50_000))),
            "locals",
        ),
        (
            "a huge table",
            "(module (table 10000000 funcref))".into(),
            "table",
        ),
        ("a huge memory", "(module (memory 65536))".into(), "memory"),
        (
            "minutes of compilation",
            format!(
                "(module (func (export \"slsbft_abi_1\")) {})",
                format!("(func (param i64) (local i64) loop {products} end)").repeat(10)
            ),
            "compiling",
        ),
    ] {
        let upload = MsgStoreCode {
            sender: world.address(0).to_string(),
            wasm_byte_code: wat::parse_str(&text).unwrap(),
            instantiate_permission: None,
        };
        let (codespace, code, log) = paid(&mut world, &upload, 1_500_000_000);
        assert_eq!((codespace.as_str(), code), ("wasm", 2), "{name}: {log}");
        assert!(log.contains(words), "{name}: {log}");
    }
}
