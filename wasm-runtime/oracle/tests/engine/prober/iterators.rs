//! Records in their order.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::select;
use slsbft_wasm::Reason;
use slsbft_wasm::cosmwasm::Entry;

use super::{Arg, Give, bytes, code, compare, escape};
use crate::oracle::{Pair, json};
use crate::support::contract;

#[test]
fn iterators_are_numbered_from_one_and_must_exist() {
    let scan = |order| [Arg::Number(0), Arg::Number(0), Arg::Number(order)];
    assert_eq!(code("db_scan", &scan(1), Give::Number), 1);
    assert_eq!(
        code("db_scan", &[bytes("b"), bytes("a"), Arg::Number(2)], Give::Number),
        1
    );
    for order in [0, 3, u32::MAX] {
        let reason = compare("db_scan", &scan(order), Give::Number).unwrap_err();
        assert_eq!(reason, Reason::NoOrder(order.cast_signed()));
    }
    for function in ["db_next", "db_next_key", "db_next_value"] {
        let reason = compare(function, &[Arg::Number(1)], Give::Pointer).unwrap_err();
        assert_eq!(reason, Reason::NoIterator(1));
    }
}
/// Keys that are close to each other, and to the ends of all keys.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(select(vec![0, 1, b'a', b'b', 0xfe, 0xff]), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn iterators_give_the_same_records_whatever_there_is_and_wherever_they_begin_and_end(
        state in prop::collection::btree_map(key(), prop::collection::vec(any::<u8>(), 0..6), 0..20),
        start in prop::option::of(key()),
        end in prop::option::of(key()),
        order in 1..3u32,
        function in select(vec!["db_next", "db_next_key", "db_next_value"]),
    ) {
        let arg = |bound: Option<Vec<u8>>| bound.map_or(Arg::Number(0), bytes);
        let mut pair = Pair::new(&iterates(&arg(start), &arg(end), order, function));
        state.iter().for_each(|(key, value)| pair.put(key, value));
        let env = json(&pair.env);
        pair.both(Entry::Query, &[&env, b"{}"]).unwrap();
    }
}

/// A contract that steps through an iterator ten times and returns all that it got.
fn iterates(start: &Arg, end: &Arg, order: u32, function: &str) -> Vec<u8> {
    let mut data = String::new();
    let mut bound = |at: u32, arg: &Arg| match arg {
        Arg::Bytes(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap();
            let words = [at + 16, length, length].map(u32::to_le_bytes).concat();
            write!(data, r#"(data (i32.const {at}) "{}")"#, escape(&words)).unwrap();
            write!(data, r#"(data (i32.const {}) "{}")"#, at + 16, escape(bytes)).unwrap();
            at
        }
        _ => 0,
    };
    let (start, end) = (bound(64, start), bound(96, end));
    contract(&format!(
        r#"(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (import "env" "{function}" (func $next (param i32) (result i32)))
        (data (i32.const 128) "\00\00\20\00\00\04\00\00\00\00\00\00")
        {data}
        (func $copy (param $region i32) (local $i i32)
            (if (i32.eqz (local.get $region)) (then (call $put (i32.const 0x2e)) (return)))
            (block $done (loop $again
                (br_if $done (i32.eq (local.get $i) (i32.load offset=8 (local.get $region))))
                (call $put (i32.load8_u (i32.add (i32.load (local.get $region)) (local.get $i))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $again)))
            (call $put (i32.const 0x2c)))
        (func $put (param $byte i32)
            (i32.store8 (i32.add (i32.const 0x200000) (i32.load (i32.const 136))) (local.get $byte))
            (i32.store (i32.const 136) (i32.add (i32.load (i32.const 136)) (i32.const 1))))
        (func (export "query") (param i32 i32) (result i32) (local $id i32) (local $left i32)
            (local.set $id (call $scan (i32.const {start}) (i32.const {end}) (i32.const {order})))
            (local.set $left (i32.const 10))
            (loop $again
                (call $copy (call $next (local.get $id)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $again (local.get $left)))
            (i32.const 128))"#
    ))
}
