//! Exact charges, computed by hand from the table for every rule of `docs/contracts/metering.md`: here
//! those of segments; `values`: prices that depend on a value; `budgets`: how points and slots run out;
//! `instances`: what comes before the first instruction, and the table itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod budgets;
#[path = "../common/mod.rs"]
mod common;
mod instances;
mod values;

use common::{DEEP, Failure, Metering, engine};
use wasmtime::{Engine, OptLevel, Trap, Val};

/// A figure of the table, read as text.
fn price(name: &str) -> i64 {
    include_str!("../../src/prices/v2.txt")
        .lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .strip_prefix(" = ")?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_else(|| panic!("no price for {name}"))
}

/// The sum of figures, by their names, apart by blanks; `3*nop` is three of them.
fn sum(names: &str) -> i64 {
    names
        .split_whitespace()
        .map(|name| match name.split_once('*') {
            Some((times, name)) => times.parse::<i64>().unwrap() * price(name),
            None => price(name),
        })
        .sum()
}

fn speed() -> Engine {
    engine(OptLevel::Speed)
}

/// Calls `f` with i32 arguments, ample budgets; the result and the points used must be these.
fn assert_cost(text: &str, arguments: &[i32], expected: Result<i32, Trap>, names: &str) {
    let arguments: Vec<_> = arguments.iter().map(|value| Val::I32(*value)).collect();
    for level in [OptLevel::None, OptLevel::Speed] {
        let mut metering = Metering::of(&engine(level), text);
        let (outcome, points) = metering.cost("f", &arguments);
        let outcome = outcome.map(|results| results.first().map_or(0, |value| value.unwrap_i32()));
        assert_eq!(outcome, expected.map_err(Failure::Trap), "{text}");
        assert_eq!(points, sum(names), "{text}");
        if expected.is_ok() {
            assert_eq!(metering.stack(), DEEP, "the height is given back: {text}");
        }
    }
}

#[test]
fn a_body_pays_for_entering_its_locals_and_each_operator() {
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i32 i64)
        local.get 0 i32.const 2 i32.mul local.tee 1))"#;
    let names = "function.entry 2*function.local local.get i32.const i32.mul local.tee end";
    assert_cost(text, &[21], Ok(42), names);
}

#[test]
fn a_trap_in_the_middle_has_paid_for_its_whole_segment() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        i32.const 1 local.get 0 i32.div_u i32.const 5 i32.add))"#;
    let names = "function.entry local.get 2*i32.const i32.div_u i32.add end";
    assert_cost(text, &[0], Err(Trap::IntegerDivisionByZero), names);
    assert_cost(text, &[1], Ok(6), names);
}

/// Operators that trap: what puts their operands, their name, whether they leave a value, and the trap.
fn trapping() -> Vec<(String, String, bool, Trap)> {
    let mut cases = vec![
        (
            String::new(),
            "unreachable".to_owned(),
            false,
            Trap::UnreachableCodeReached,
        ),
        (
            "i32.const 1".to_owned(),
            "call_indirect".to_owned(),
            false,
            Trap::IndirectCallToNull,
        ),
    ];
    let thrice = "i32.const -1 i32.const -1 i32.const 1";
    for (name, trap) in [
        ("memory.fill", Trap::MemoryOutOfBounds),
        ("memory.copy", Trap::MemoryOutOfBounds),
        ("memory.init 0", Trap::MemoryOutOfBounds),
        ("table.copy", Trap::TableOutOfBounds),
        ("table.init 0", Trap::TableOutOfBounds),
    ] {
        cases.push((thrice.to_owned(), name.to_owned(), false, trap));
    }
    for ty in ["i32", "i64", "f32", "f64"] {
        let sizes: &[&str] = match ty {
            "i32" => &["", "8_s", "8_u", "16_s", "16_u"],
            "i64" => &["", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u"],
            _ => &[""],
        };
        for size in sizes {
            let load = format!("{ty}.load{size}");
            cases.push(("i32.const -1".to_owned(), load, true, Trap::MemoryOutOfBounds));
            if !size.ends_with("_u") {
                let store = format!("{ty}.store{}", size.trim_end_matches("_s"));
                cases.push((
                    format!("i32.const -1 {ty}.const 0"),
                    store,
                    false,
                    Trap::MemoryOutOfBounds,
                ));
            }
        }
    }
    for ty in ["i32", "i64"] {
        for name in ["div_s", "div_u", "rem_s", "rem_u"] {
            let operands = format!("{ty}.const 1 {ty}.const 0");
            cases.push((
                operands,
                format!("{ty}.{name}"),
                true,
                Trap::IntegerDivisionByZero,
            ));
        }
        for (float, from) in [
            ("f32", "f32_s"),
            ("f32", "f32_u"),
            ("f64", "f64_s"),
            ("f64", "f64_u"),
        ] {
            let operands = format!("{float}.const nan");
            cases.push((
                operands,
                format!("{ty}.trunc_{from}"),
                true,
                Trap::BadConversionToInteger,
            ));
        }
    }
    cases
}

#[test]
fn every_trap_has_paid_for_all_that_ran_before_it() {
    // The segments around the trap's only compute, and its own does not return: nothing else makes the
    // pass show what is left.
    for (operands, operator, value, trap) in trapping() {
        let drop = if value { "drop" } else { "" };
        let body = format!("block local.get 0 br_if 0 nop end {operands} {operator} {drop}");
        let text = format!(
            r#"(module (memory 1) (data "a") (table 10 funcref) (elem func $g) (func $g)
            (func (export "f") (param i32) {body} block local.get 0 br_if 0 nop end))"#
        );
        let unit = match operator.as_str() {
            "memory.fill" => "memory.fill/byte",
            "memory.copy" => "memory.copy/byte",
            "memory.init 0" => "memory.init/byte",
            "table.copy" => "table.copy/element",
            "table.init 0" => "table.init/element",
            _ => "nop",
        };
        let priced = |name: &&str| name.starts_with(char::is_alphabetic) && *name != "nan";
        let names: Vec<_> = body.split_whitespace().filter(priced).collect();
        let last = if operator == "unreachable" {
            ""
        } else {
            "block local.get br_if"
        };
        assert_cost(
            &text,
            &[0],
            Err(trap),
            &format!("function.entry {} {last} {unit}", names.join(" ")),
        );
    }
}

#[test]
fn what_is_behind_an_if_is_paid_only_when_it_runs() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        local.get 0 if (result i32) i32.const 1 i32.clz else i32.const 2 i32.ctz i32.popcnt end i32.eqz))"#;
    let before = "function.entry local.get if";
    assert_cost(
        text,
        &[1],
        Ok(0),
        &format!("{before} i32.const i32.clz else i32.eqz end"),
    );
    assert_cost(
        text,
        &[0],
        Ok(0),
        &format!("{before} i32.const i32.ctz i32.popcnt end i32.eqz end"),
    );
}

#[test]
fn what_is_behind_a_conditional_branch_is_paid_only_when_it_runs() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block local.get 0 br_if 0 nop i32.const 3 return end i32.const 4))"#;
    let before = "function.entry block local.get br_if";
    assert_cost(text, &[1], Ok(4), &format!("{before} i32.const end"));
    assert_cost(text, &[0], Ok(3), &format!("{before} nop i32.const return"));
}

#[test]
fn a_loop_pays_for_each_turn_and_its_end_begins_nothing() {
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i32)
        loop
            local.get 1 i32.const 7 i32.add local.set 1
            local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
            nop
        end
        local.get 1))"#;
    let turn = "2*local.get 2*i32.const i32.add local.set i32.sub local.tee br_if ";
    let names = format!(
        "function.entry function.local loop {} nop end local.get end",
        turn.repeat(5)
    );
    assert_cost(text, &[5], Ok(35), &names);
}

#[test]
fn a_block_that_nobody_branches_to_does_not_end_a_segment() {
    // A trap in the block has paid for what is behind it.
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block i32.const 1 local.get 0 i32.rem_s drop end i32.const 9 i32.clz))"#;
    let names = "function.entry block local.get 2*i32.const i32.rem_s drop end i32.clz end";
    assert_cost(text, &[0], Err(Trap::IntegerDivisionByZero), names);
}

#[test]
fn a_branch_that_cannot_be_reached_names_nothing() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block i32.const 1 local.get 0 i32.rem_s drop
            block br 0 br 1 end
        end i32.const 9))"#;
    // The outer `end` begins no segment: only a dead branch names it. The inner one does.
    let before = "function.entry 2*block i32.const local.get i32.rem_s drop br";
    assert_cost(text, &[0], Err(Trap::IntegerDivisionByZero), before);
    assert_cost(text, &[1], Ok(9), &format!("{before} end i32.const end"));
}

#[test]
fn operators_that_cannot_be_reached_cost_nothing() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block (result i32)
            i32.const 8
            br 0
            i32.const 1 i32.mul
            loop (result i32) i32.const 2 end
            drop
        end))"#;
    assert_cost(text, &[0], Ok(8), "function.entry block i32.const br end");
}

#[test]
fn what_follows_a_block_that_never_ends_cannot_be_reached() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block local.get 0 return end i32.const 1 i32.const 2 i32.mul))"#;
    assert_cost(text, &[6], Ok(6), "function.entry block local.get return");
    let text = r#"(module (func (export "f") (param i32) (result i32)
        local.get 0 if i32.const 1 return else i32.const 2 return end i32.const 7 i32.clz))"#;
    assert_cost(text, &[1], Ok(1), "function.entry local.get if i32.const return");
    let text = r#"(module (func (export "f") (param i32) (result i32)
        loop local.get 0 return end i32.const 7))"#;
    assert_cost(text, &[3], Ok(3), "function.entry loop local.get return");
}

#[test]
fn a_table_of_branches_names_all_its_targets() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        block block block local.get 0 br_table 0 1 2 end i32.const 10 return end i32.const 11 i32.clz return end
        i32.const 12))"#;
    let before = "function.entry 3*block local.get br_table";
    assert_cost(text, &[0], Ok(10), &format!("{before} i32.const return"));
    assert_cost(text, &[1], Ok(28), &format!("{before} i32.const i32.clz return"));
    assert_cost(text, &[2], Ok(12), &format!("{before} i32.const end"));
    assert_cost(text, &[-1], Ok(12), &format!("{before} i32.const end"));
}

#[test]
fn a_branch_to_the_functions_label_and_a_nested_return_give_the_height_back() {
    let text = r#"(module (func $g)
        (func (export "f") (param i32) (result i32)
            call $g
            block block local.get 0 br_if 1 i32.const 5 br 2 end end
            loop block i32.const 6 return end end
            i32.const 7))"#;
    let before = "2*function.entry end call 2*block local.get br_if";
    assert_cost(text, &[0], Ok(5), &format!("{before} i32.const br"));
    assert_cost(
        text,
        &[1],
        Ok(6),
        &format!("{before} loop block i32.const return"),
    );
}

#[test]
fn a_call_does_not_end_a_segment() {
    let text = r#"(module
        (func $g (param i32) (result i32) i32.const 1 local.get 0 i32.div_u)
        (func (export "f") (param i32) (result i32) local.get 0 call $g i32.clz i32.popcnt))"#;
    let names = "2*function.entry 2*local.get call i32.clz i32.popcnt end i32.const i32.div_u end";
    assert_cost(text, &[0], Err(Trap::IntegerDivisionByZero), names);
}

#[test]
fn a_call_through_the_table_pays_its_own_price() {
    let text = r#"(module (type $t (func (result i32))) (table 2 funcref) (elem (i32.const 0) $g)
        (func $g (type $t) i32.const 4)
        (func (export "f") (param i32) (result i32) local.get 0 call_indirect (type $t)))"#;
    let before = "function.entry local.get call_indirect end";
    assert_cost(
        text,
        &[0],
        Ok(4),
        &format!("{before} function.entry i32.const end"),
    );
    assert_cost(text, &[1], Err(Trap::IndirectCallToNull), before);
    assert_cost(text, &[2], Err(Trap::TableOutOfBounds), before);
}

#[test]
fn several_results_pass_through_the_block_that_gives_the_height_back() {
    let text = r#"(module (func $g)
        (func (export "f") (param i32) (result i32 i64 f32)
            call $g
            local.get 0 if i32.const 1 i64.const 2 f32.const 3 return end
            i32.const 4 i64.const 5 f32.const 6))"#;
    let mut metering = Metering::of(&speed(), text);
    for (argument, first) in [(1, 1), (0, 4)] {
        let (results, _) = metering.cost("f", &[Val::I32(argument)]);
        let results = results.unwrap();
        assert_eq!(results[0].unwrap_i32(), first);
        assert_eq!(results[1].unwrap_i64(), i64::from(first) + 1);
        assert_eq!(results[2].unwrap_f32(), first as f32 + 2.0);
        assert_eq!(metering.stack(), DEEP);
    }
}
