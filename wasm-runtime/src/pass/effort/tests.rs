//! What the estimate itself takes, without a clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with the tests of what is compiled")]
#[path = "../../../tests/bombs/families/mod.rs"]
mod families;

use std::fmt::Write as _;

use families::{FAMILIES, Family};

use super::work::looks;
use crate::pass::{Rules, meter};

/// Looks that a module's bytes allow, and what is looked at of it up to the limits by which it is refused.
const PER_BYTE: u64 = 32;
const MOST: u64 = 8_000_000;

/// Made to be dear to the estimate, whatever the compiler makes of them.
const HARD: [Family; 3] = [
    Family {
        name: "choices that many branches need",
        write: choices,
        sizes: &[500, 2_000, 6_000],
    },
    Family {
        name: "choices of tables that many branches need",
        write: tables,
        sizes: &[500, 2_000, 4_000],
    },
    Family {
        name: "locals set in a nest of blocks",
        write: nests,
        sizes: &[1, 4, 10],
    },
];

fn function(locals: usize, body: &str) -> String {
    let locals = (0..locals).fold(String::new(), |mut all, i| {
        let _ = write!(all, "(local $l{i} i64) ");
        all
    });
    format!(
        "(module (func $g (param i64)) (func (param $n i32) (param $x i64) (local $a i64) (local $b i64) (local $c i64) {locals} {body}))"
    )
}

const TWO: &str =
    "local.get $x i64.const 3 i64.mul local.set $b local.get $x i64.const 5 i64.mul local.set $c ";
const NEED: &str = "local.get $n if local.get $a call $g end ";

/// Each choice is one between the last one and something computed before.
fn choices(count: usize) -> String {
    let choose = |i: usize| {
        let other = ["$b", "$c"][i % 2];
        format!("block local.get $n br_if 0 local.get {other} local.set $a local.get $n br_if 0 br 0 end ")
    };
    let choices: String = (0..count).map(choose).collect();
    function(0, &(TWO.to_owned() + &choices + &NEED.repeat(2 * count)))
}

/// The same, of a byte each.
fn tables(count: usize) -> String {
    let targets = "1 ".repeat(count);
    let table =
        |value: &str| format!("local.get $n if local.get {value} local.get $n br_table {targets} 1 end ");
    let choices = format!(
        "block (result i64) {} {} local.get $b end local.set $a ",
        table("$b"),
        table("$c")
    );
    function(0, &(TWO.to_owned() + &choices + &NEED.repeat(5 * count)))
}

/// Each block takes what was set in it to the next.
fn nests(count: usize) -> String {
    let sets: String = (0..1_900)
        .map(|i| format!("local.get $x i64.const {i} i64.mul local.set $l{i} "))
        .collect();
    let mut nest = sets;
    for _ in 0..900 {
        nest = format!("block local.get $n br_if 0 {nest} end ");
    }
    function(1_900, &nest.repeat(count))
}

/// Whether a module is accepted or refused: published contracts take up to 4 looks for each byte.
#[test]
fn the_estimate_looks_a_bounded_number_of_times_whatever_the_module() {
    for family in FAMILIES.iter().chain(&HARD) {
        for size in family.sizes {
            let code = wat::parse_str((family.write)(*size)).unwrap();
            looks();
            let outcome = meter(&code, &Rules::CONSENSUS).map(|metered| metered.effort);
            let (looks, bytes) = (looks(), code.len() as u64);
            assert!(
                looks > 0 && looks <= PER_BYTE * bytes + MOST,
                "{} x {size}: {looks} for {bytes} bytes, {outcome:?}",
                family.name
            );
        }
    }
}
