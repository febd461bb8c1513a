//! The stack meter ends every recursion before the native stack does, also where the compiler needs far
//! more room than the operand stack shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod common;

use common::{AMPLE, DEEP, Failure, Metering, NATIVE_STACK, deep, engine, metered};
use wasmtime::{OptLevel, Trap, Val};

/// Native bytes that a slot may take at most, so that [`DEEP`] slots fit in the native stack.
const BYTES_PER_SLOT: i64 = NATIVE_STACK as i64 / DEEP;

/// A module whose function `f` counts its calls in a global and recurses without end; `before` runs
/// before the inner call, `after` behind it, both in a loop if `looped`.
fn recursion(declarations: &str, before: &str, after: &str, looped: bool) -> String {
    let (open, close) = if looped {
        ("loop", "local.get $n br_if 0 end")
    } else {
        ("", "")
    };
    format!(
        r#"(module (memory 1) (func $g) (global $calls (export "calls") (mut i32) (i32.const 0))
        (func $f (export "f") (param $n i32) (param $x i64) (result i64) {declarations}
            (local $a i64) (local $b f64)
            global.get $calls i32.const 1 i32.add global.set $calls
            {open} {before}
            local.get $n i32.const 1 i32.add local.get $x i64.const 3 i64.mul call $f
            local.get $a i64.add local.set $a
            {after} {close}
            local.get $a local.get $b i64.trunc_sat_f64_s i64.add))"#
    )
}

/// Ways to make a frame large, with names for a failure.
fn designs() -> Vec<(String, String)> {
    let mut designs = vec![("bare".to_owned(), recursion("", "", "", false))];
    for count in [50, 300] {
        let each = |text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<Vec<_>>().join(" ");
        for ty in ["i64", "f64", "f32", "i32"] {
            let declared = each(&|i| format!("(local $l{i} {ty})"));
            let load = each(&|i| format!("i32.const {} {ty}.load local.set $l{i}", i * 8));
            let store = each(&|i| format!("i32.const {} local.get $l{i} {ty}.store", i * 8));
            designs.push((
                format!("{count} locals of {ty} across a call"),
                recursion(&declared, &load, &store, false),
            ));
        }
        let hoisted = [
            (
                "products hoisted",
                each(&|i| {
                    format!(
                        "local.get $x i64.const {} i64.mul local.get $a i64.xor local.set $a",
                        2 * i + 3
                    )
                }),
            ),
            (
                "float products hoisted",
                each(&|i| {
                    format!(
                        "local.get $x f64.convert_i64_s f64.const {i}.5 f64.mul local.get $b f64.add local.set $b"
                    )
                }),
            ),
            (
                "shifts hoisted",
                each(&|i| {
                    format!(
                        "local.get $x i64.const {} i64.rotl f64.convert_i64_s local.get $b f64.max local.set $b",
                        i % 64
                    )
                }),
            ),
        ];
        for (name, code) in hoisted {
            designs.push((
                format!("{count} {name} out of a loop"),
                recursion("", "", &code, true),
            ));
            designs.push((
                format!("{count} {name}, common before and after"),
                recursion("", &code, &code, false),
            ));
        }
        let phase = |phase: usize| {
            let values: String = (0..20)
                .map(|i| format!("i32.const {} f64.load ", phase * 8 + i))
                .collect();
            format!(
                "{values} call $g {} local.get $b f64.add local.set $b ",
                "f64.add ".repeat(19)
            )
        };
        let phases: String = (0..count).map(phase).collect();
        designs.push((
            format!("{count} times twenty values across a call"),
            recursion("", &phases, "", false),
        ));
        let unary = ["f64.sqrt", "f64.ceil", "f64.floor", "f64.nearest"];
        let declared = each(&|i| format!("(local $l{i} f64)"));
        let load = each(&|i| format!("i32.const {} f64.load local.set $l{i}", i * 8));
        let roots: String = unary
            .iter()
            .map(|operator| each(&|i| format!("local.get $l{i} {operator} f64.add ")))
            .collect();
        let after = format!("local.get $b {roots} local.set $b");
        designs.push((
            format!("{count} locals, four roots of each hoisted"),
            recursion(
                &declared.to_string(),
                &load,
                &format!("loop {after} local.get $n i32.const 5 i32.rem_u br_if 0 end"),
                false,
            ),
        ));
        {
            let operands = each(&|i| format!("i32.const {} f64.load", i * 8));
            let sum = each(&|_| "f64.add".to_owned());
            let before = format!(
                "local.get $b {operands} local.get $n i32.const 1 i32.add local.get $x call $f f64.convert_i64_s {sum} f64.add local.set $b"
            );
            designs.push((
                format!("{count} operands across a call"),
                recursion("", &before, "", false),
            ));
        }
    }
    designs
}

/// Recurses until the native stack ends; the native bytes of a frame and its slots.
fn measure(level: OptLevel, text: &str) -> (i64, i64) {
    let unlimited = 1 << 50;
    let (mut metering, _) = Metering::start(&engine(level), &metered(text), AMPLE, unlimited);
    let outcome = metering.failure("f", &[Val::I32(1), Val::I64(7)]);
    assert_eq!(outcome, Some(Failure::Trap(Trap::StackOverflow)));
    let calls = metering
        .instance
        .get_global(&mut metering.store, "calls")
        .unwrap();
    let calls = i64::from(calls.get(&mut metering.store).unwrap_i32());
    let slots = (unlimited - metering.stack()) / calls;
    (NATIVE_STACK as i64 / calls, slots)
}

#[test]
fn no_frame_takes_more_native_bytes_than_its_height_pays_for() {
    deep(all_frames_are_paid_for);
}

fn all_frames_are_paid_for() {
    let mut worst = (0, String::new());
    for (name, text) in designs() {
        for level in [OptLevel::Speed, OptLevel::None] {
            let (bytes, slots) = measure(level, &text);
            let ratio = bytes * 100 / slots;
            println!(
                "{name}, {level:?}: {bytes} bytes in {slots} slots, {}.{:02}",
                ratio / 100,
                ratio % 100
            );
            if ratio > worst.0 {
                worst = (ratio, format!("{name}, {level:?}"));
            }
        }
    }
    println!(
        "worst: {}.{:02} bytes per slot: {}",
        worst.0 / 100,
        worst.0 % 100,
        worst.1
    );
    assert!(
        worst.0 < BYTES_PER_SLOT * 100 / 2,
        "no reserve is left: {worst:?}"
    );
}

#[test]
fn the_meter_ends_a_recursion_before_the_native_stack_does() {
    deep(all_recursions_end);
}

fn all_recursions_end() {
    for (name, text) in designs() {
        for level in [OptLevel::Speed, OptLevel::None] {
            let (mut metering, _) = Metering::start(&engine(level), &metered(&text), AMPLE, DEEP);
            let outcome = metering.failure("f", &[Val::I32(1), Val::I64(7)]);
            assert_eq!(outcome, Some(Failure::StackExhausted), "{name}, {level:?}");
        }
    }
}
