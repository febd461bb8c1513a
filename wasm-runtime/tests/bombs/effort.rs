//! What compiling is estimated to take, beside what it took.
//!
//! `efforts.txt` is what `examples/compile_bombs.rs` wrote on the machine that the estimate was made for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use slsbft_wasm::limits::{Limit, Limits};
use slsbft_wasm::pass::{Metered, Refusal, Rules, meter};

use super::families::FAMILIES;

/// Published contracts may be used in the block after their upload: the chain's modules say up to which
/// estimate, in milliseconds.
const AT_ONCE: u64 = 6_000;

fn folder(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn accepted(code: &[u8]) -> Result<Metered, Refusal> {
    meter(code, &Rules::CONSENSUS)
}

fn effort(text: &str) -> u64 {
    accepted(&wat::parse_str(text).unwrap()).unwrap().effort
}

/// By the name of a module: what compiling it took and what it was estimated to take, unless refused.
fn recorded() -> BTreeMap<String, Option<(u64, u64)>> {
    let text = fs::read_to_string(folder("tests/bombs/efforts.txt")).unwrap();
    let line = |line: &str| {
        let (figures, name) = line.trim_start().split_once("  ").unwrap();
        let mut numbers = figures.split_whitespace().map(|figure| figure.parse().ok());
        let took = numbers.next().unwrap();
        (name.to_owned(), took.zip(numbers.next().unwrap()))
    };
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines.map(|text| line(&squeezed(text))).collect()
}

/// The figures with a single space between them, and two behind them.
fn squeezed(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    format!("{}  {}", words[..6].join(" "), words[6..].join(" "))
}

#[test]
fn no_bomb_takes_longer_to_compile_than_estimated() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for family in FAMILIES {
        for size in family.sizes {
            let name = format!("{} × {size}", family.name);
            let now = accepted(&wat::parse_str((family.write)(*size)).unwrap()).ok();
            let now = now.map(|metered| metered.effort);
            let before = recorded.get(&name);
            let good = match (now, before) {
                (None, Some(None)) => true,
                (Some(now), Some(Some((took, estimate)))) => now == *estimate && now + 10 >= *took,
                _ => false,
            };
            if !good {
                wrong.push(format!("{name}: {now:?}, recorded {before:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "measure again: {wrong:#?}");
}

#[test]
fn published_contracts_may_be_used_in_the_block_after_their_upload() {
    let mut count = 0;
    for entry in fs::read_dir(folder("testdata")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let code = fs::read(&path).unwrap();
            let effort = accepted(&code).unwrap().effort;
            // Two were not optimised for size.
            let most = if code.len() > 300_000 {
                3 * AT_ONCE
            } else {
                AT_ONCE
            };
            assert!((1..=most).contains(&effort), "{}: {effort}", path.display());
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

/// A body that computes much, a thing in its middle, and much again.
fn around(middle: &str) -> String {
    let products = (0..500)
        .map(|i| format!("local.get $x i64.const {i} i64.mul local.get $a i64.xor local.set $a "))
        .collect::<String>();
    format!("(module (func $g) (func (param $x i64) (local $a i64) {products} {middle} {products}))")
}

#[test]
fn values_count_up_to_the_third_call_that_every_way_passes() {
    let none = effort(&around(""));
    let (one, three) = (
        effort(&around("call $g")),
        effort(&around("call $g call $g call $g")),
    );
    assert!(three < one && one <= none + 1, "{three} {one} {none}");
    let passed = "local.get $x i64.eqz if call $g call $g call $g end";
    assert!(effort(&around(passed)) < none);
    for avoided in [
        "local.get $x i64.eqz if call $g call $g call $g unreachable end",
        "block local.get $x i64.eqz br_if 0 call $g call $g call $g return end",
    ] {
        assert!(effort(&around(avoided)) >= none, "{avoided}");
    }
}

#[test]
fn what_a_loop_computes_counts_from_its_beginning() {
    let body = around("")
        .replace("(local $a i64)", "(local $a i64) loop")
        .replace("))", " end))");
    assert!(effort(&body) >= effort(&around("")) * 3 / 2);
}

#[test]
fn code_that_cannot_be_reached_takes_no_time() {
    let dead = around("unreachable");
    assert!(effort(&dead) <= effort(&around("")) / 2);
}

#[test]
fn a_module_that_would_compile_for_minutes_is_refused_with_its_function() {
    let products = |count: usize| {
        (0..count)
            .map(|i| format!("local.get $x i64.const {i} i64.mul local.get $a i64.xor local.set $a "))
            .collect::<String>()
    };
    let function = format!(
        "(func (param $x i64) (local $a i64) loop {} end) ",
        products(15_000)
    );
    let text = format!("(module (func) {})", function.repeat(10));
    let Err(Refusal::Limit {
        place, limit, found, ..
    }) = accepted(&wat::parse_str(text).unwrap())
    else {
        panic!("it is accepted");
    };
    assert_eq!(limit, Limit::Effort);
    assert!(found > Limits::CONSENSUS.effort);
    assert!(place.function.is_some_and(|(function, _)| function > 1));
}

/// 300 products, each of the one before, and then the rest.
fn products_then(rest: &str) -> u64 {
    let products: String = (0..300)
        .map(|i| format!("local.get $x i64.const {i} i64.mul local.get $a i64.xor local.set $a "))
        .collect();
    effort(&format!(
        "(module (func $g (param i64)) (func (param $n i32) (param $x i64) (local $a i64) {products} {rest}))"
    ))
}

const NEED: &str = "local.get $a call $g ";

#[test]
fn what_branches_need_counts_in_each_that_is_not_reached_through_another() {
    let branch = format!("local.get $n if {NEED} end ");
    let (one, ten) = (products_then(&branch), products_then(&branch.repeat(10)));
    assert!(ten > 8 * one, "{one} {ten}");
    // On the way to all of them it is needed before.
    for before in [
        NEED.to_owned(),
        format!("block {NEED} local.get $n br_if 0 nop end "),
        format!("loop {NEED} local.get $n br_if 0 end "),
    ] {
        let first = products_then(&(before.clone() + &branch.repeat(10)));
        assert!(first < 3 * one, "{before}: {one} {first}");
    }
    // And here it is not on the way of all.
    for beside in [
        format!("block local.get $n br_if 0 {NEED} end "),
        format!("local.get $n if {NEED} else {NEED} end "),
    ] {
        let all = products_then(&(beside.clone() + &branch.repeat(9)));
        assert!(all > 8 * one, "{beside}: {one} {all}");
    }
}

#[test]
fn a_join_needs_the_locals_that_differ_there_and_are_read_behind() {
    let leave = "local.get $n if local.get $a i64.const 1 i64.add local.set $a br $out end ";
    let joins = |behind: &str| products_then(&format!("block $out {} end {behind}", leave.repeat(10)));
    let (read, unread) = (joins(NEED), joins(""));
    assert!(read > 5 * unread, "{unread} {read}");
    let overwritten = joins("i64.const 1 local.set $a local.get $a call $g");
    assert!(overwritten < 2 * unread, "{unread} {overwritten}");
}
