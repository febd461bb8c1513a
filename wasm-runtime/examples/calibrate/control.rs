//! Branches, calls, globals, and code as such.

use std::fmt::Write;

use crate::Case;
use crate::programs::{looped, module};

const MEMORY: &str = "(memory (export \"memory\") 1)";

/// Random bits in `$x`, which no branch predictor foresees.
const RANDOM: &str = "(local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))";

/// An accumulator, and the two halves of random bits.
const LOCALS: &str = "(local $x i64)(local $lo i32)(local $hi i32)(local $acc i32)(local $f f64)";

const BEFORE: &str = "(local.set $x (i64.const 88172645463325252))";

const AFTER: &str = "(i32.store (i32.const 0) (local.get $acc)) (f64.store (i32.const 8) (local.get $f))";

pub fn cases() -> Vec<Case> {
    let mut cases = branches();
    cases.extend(calls());
    cases.extend(globals());
    cases.push(spilled());
    cases.push(wide());
    cases.extend(denormal());
    cases
}

/// A case that takes random bits; `step` of the number of a bit stands once for each of them.
fn random(name: &str, bits: usize, definitions: &str, step: &dyn Fn(usize) -> String) -> Case {
    let steps: String = (0..bits).map(step).collect();
    let turn = format!(
        "{RANDOM} (local.set $lo (i32.wrap_i64 (local.get $x)))
        (local.set $hi (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32)))) {steps}"
    );
    let text = module(
        &format!("{MEMORY} {definitions}"),
        &looped(LOCALS, BEFORE, &turn, AFTER),
    );
    Case::new(name, bits, text)
}

/// The random bit as a condition.
fn bit(i: usize) -> String {
    let half = if i < 32 { "lo" } else { "hi" };
    format!(
        "(i32.and (local.get ${half}) (i32.const {}))",
        1_u32.wrapping_shl(i as u32 % 32).cast_signed()
    )
}

/// So many random bits as an index.
fn index(i: usize, bits: usize) -> String {
    let shift = (i * bits) % (64 - bits);
    format!(
        "(i32.and (i32.const {}) (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const {shift}))))",
        (1 << bits) - 1
    )
}

fn branches() -> Vec<Case> {
    let count = "(local.set $acc (i32.add (local.get $acc) (i32.const 1)))";
    let same = "(i32.or (local.get $lo) (i32.const 1))";
    let targets: String = (0..7).map(|i| format!("{i} ")).collect();
    let table = |index: &str| {
        let inner = format!("(br_table {targets} 7 {index})");
        (0..8).fold(inner, |inside, i| {
            format!("(block {inside}) (local.set $acc (i32.add (local.get $acc) (i32.const {i})))")
        })
    };
    vec![
        Case::new("loop", 1, module(MEMORY, &looped("", "", "", ""))),
        random("br_if, taken", 64, "", &|_| {
            format!("(block (br_if 0 {same}) {count})")
        }),
        random("br_if, at random", 64, "", &|i| {
            format!("(block (br_if 0 {}) {count})", bit(i))
        }),
        random("if, at random", 64, "", &|i| {
            format!("(if {} (then {count}))", bit(i))
        }),
        random("if else, at random", 64, "", &|i| {
            format!(
                "(if {} (then {count}) (else (local.set $acc (i32.xor (local.get $acc) (local.get $lo)))))",
                bit(i)
            )
        }),
        random("select of integers, at random", 64, "", &|i| {
            format!(
                "(local.set $acc (select (local.get $acc) (local.get $lo) {}))",
                bit(i)
            )
        }),
        random("select of floats, at random", 64, "", &|i| {
            format!(
                "(local.set $f (select (local.get $f) (f64.const {i}) {}))",
                bit(i)
            )
        }),
        random("br_table, at random", 16, "", &|i| table(&index(i, 3))),
        random("br_table, same target", 16, "", &|_| {
            table("(i32.and (local.get $acc) (i32.const 0))")
        }),
    ]
}

fn calls() -> Vec<Case> {
    let mut functions = String::new();
    for i in 0..16 {
        write!(
            functions,
            "(func $f{i} (param i32) (result i32) (i32.xor (local.get 0) (i32.const {i})))"
        )
        .unwrap();
    }
    let names: String = (0..16).map(|i| format!("$f{i} ")).collect();
    let table =
        format!("{functions} (type $t (func (param i32) (result i32))) (table funcref (elem {names}))");
    let taken =
        |name: &str, definitions: &str, step: &str| random(name, 64, definitions, &|_| step.to_owned());
    let many = format!(
        "(func $f (param {}) (result i32) (i32.add (local.get 0) (local.get 99)))",
        "i32 ".repeat(100)
    );
    let results = format!(
        "(func $f (param i32) (result {}) {})",
        "i32 ".repeat(16),
        "(local.get 0) ".repeat(16)
    );
    let deep = "(func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))";
    vec![
        taken("call of nothing", "(func $f)", "(call $f)"),
        taken("call, call in it", "(func $g) (func $f (call $g))", "(call $f)"),
        taken(
            "call of 100 parameters",
            &many,
            &format!("(local.set $acc (call $f {}))", "(local.get $acc)".repeat(100)),
        ),
        taken(
            "call of 16 results",
            &results,
            &format!(
                "(call $f (local.get $acc)) (local.set $acc) {}",
                "drop ".repeat(15)
            ),
        ),
        Case::new(
            "call, 1,000 deep",
            1_000,
            module(
                &format!("{MEMORY} {deep}"),
                &looped("", "", "(call $down (i32.const 1000))", ""),
            ),
        ),
        random("call_indirect, same target", 64, &table, &|_| {
            "(local.set $acc (call_indirect (type $t) (local.get $acc) (i32.const 3)))".to_owned()
        }),
        random("call_indirect, at random", 16, &table, &|i| {
            format!(
                "(local.set $acc (call_indirect (type $t) (local.get $acc) {}))",
                index(i, 4)
            )
        }),
    ]
}

fn globals() -> Vec<Case> {
    let global = "(global $g (mut i64) (i64.const 1))";
    let one = |name, step: &str| random(name, 64, global, &|_| step.to_owned());
    vec![
        one(
            "global.get, global.set of it",
            "(global.set $g (i64.add (global.get $g) (i64.const 3)))",
        ),
        one("global.set", "(global.set $g (local.get $x))"),
    ]
}

/// More values alive than a processor has registers.
fn spilled() -> Case {
    const ALIVE: usize = 200;
    let locals: String = (0..ALIVE).map(|i| format!("(local $v{i} i64)")).collect();
    let before: String = (0..ALIVE)
        .map(|i| format!("(local.set $v{i} (i64.add (local.get $n) (i64.const {i})))"))
        .collect();
    let turn: String = (0..ALIVE)
        .map(|i| {
            format!(
                "(local.set $v{} (i64.xor (local.get $v{}) (local.get $v{i})))",
                i * 77 % ALIVE,
                i * 131 % ALIVE
            )
        })
        .collect();
    let after: String = (0..ALIVE)
        .map(|i| format!("(i64.store offset={} (i32.const 0) (local.get $v{i}))", 8 * i))
        .collect();
    Case::new(
        "i64.xor of 200 locals",
        ALIVE,
        module(MEMORY, &looped(&locals, &before, &turn, &after)),
    )
}

/// More code than caches hold.
fn wide() -> Case {
    const FUNCTIONS: usize = 40;
    const STEPS: usize = 6_000;
    let mut functions = String::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for function in 0..FUNCTIONS {
        write!(functions, "(func $f{function} (param $x i64) (result i64)").unwrap();
        for _ in 0..STEPS {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            write!(
                functions,
                "(local.set $x (i64.xor (local.get $x) (i64.const {})))",
                random.cast_signed()
            )
            .unwrap();
        }
        functions.push_str("(local.get $x))");
    }
    let turn: String = (0..FUNCTIONS)
        .map(|i| format!("(local.set $x (call $f{i} (local.get $x)))"))
        .collect();
    let text = module(
        &format!("{MEMORY} {functions}"),
        &looped(
            "(local $x i64)",
            "",
            &turn,
            "(i64.store (i32.const 0) (local.get $x))",
        ),
    );
    Case::new("i64.xor in 3 MiB of code", FUNCTIONS * STEPS, text)
}

/// Floats below the normal range.
fn denormal() -> Vec<Case> {
    ["add", "mul", "div", "sqrt"]
        .map(|name| {
            let operands = if name == "sqrt" {
                ""
            } else {
                "(f64.load offset=8 (i32.const 0))"
            };
            let step = format!(
                "(local.set $f (f64.add (local.get $f) (f64.{name} (f64.load (i32.const 0)) {operands})))"
            );
            let before =
                "(i64.store (i32.const 0) (i64.const 12345678901)) (f64.store (i32.const 8) (f64.const 0.5))";
            let turn =
                format!("(i64.store (i32.const 0) (i64.or (local.get $n) (i64.const 1234567890))) {step}");
            Case::new(
                &format!("f64.{name} of denormals"),
                1,
                module(MEMORY, &looped(LOCALS, before, &turn, AFTER)),
            )
        })
        .into()
}
