//! Exact charges, computed by hand from the table for every rule of `docs/contracts/metering.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod common;

use common::{AMPLE, DEEP, Failure, Metering, engine, metered};
use sha2::{Digest, Sha256};
use slsbft_wasm::HostPrices;
use slsbft_wasm::pass::{Rules, meter};
use slsbft_wasm::prices::VERSION;
use wasmtime::{Engine, OptLevel, Trap, Val};

/// A figure of the table, read as text.
fn price(name: &str) -> i64 {
    include_str!("../src/prices/v2.txt")
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

#[test]
fn growth_pays_for_each_page_whether_it_succeeds_or_not() {
    let text = r#"(module (memory 1 3)
        (func (export "f") (param i32) (result i32) local.get 0 memory.grow))"#;
    let names = "function.entry local.get memory.grow end";
    assert_cost(text, &[2], Ok(1), &format!("{names} 2*memory.grow/page"));
    assert_cost(text, &[3], Ok(-1), &format!("{names} 3*memory.grow/page"));
    assert_cost(text, &[0], Ok(1), names);
    // The count is unsigned: 2³² − 1 pages.
    assert_cost(
        text,
        &[-1],
        Ok(-1),
        &format!("{names} 4294967295*memory.grow/page"),
    );
}

#[test]
fn bulk_operators_pay_for_each_byte_before_they_run() {
    let text = |operator: &str| {
        format!(
            r#"(module (memory 1) (data "abcdefgh") (table 10 funcref) (elem func $g $g) (func $g)
            (func (export "f") (param i32 i32 i32) (result i32)
                local.get 0 local.get 1 local.get 2 {operator} i32.const 1))"#
        )
    };
    let cases = [
        ("memory.fill", "memory.fill", "memory.fill/byte", 0x1_0000),
        ("memory.copy", "memory.copy", "memory.copy/byte", 0x1_0000),
        ("memory.init 0", "memory.init", "memory.init/byte", 8),
        ("table.copy", "table.copy", "table.copy/element", 10),
        ("table.init 0", "table.init", "table.init/element", 2),
    ];
    for (operator, name, unit, most) in cases {
        let fixed = format!("function.entry 3*local.get {name} i32.const end");
        for count in [0, 1, most] {
            assert_cost(
                &text(operator),
                &[0, 0, count],
                Ok(1),
                &format!("{fixed} {count}*{unit}"),
            );
        }
        let trap = if name.starts_with("memory") {
            Trap::MemoryOutOfBounds
        } else {
            Trap::TableOutOfBounds
        };
        let count = most + 1;
        assert_cost(
            &text(operator),
            &[0, 0, count],
            Err(trap),
            &format!("{fixed} {count}*{unit}"),
        );
        assert_cost(
            &text(operator),
            &[0, 0, -1],
            Err(trap),
            &format!("{fixed} 4294967295*{unit}"),
        );
    }
}

#[test]
fn a_budget_that_is_just_enough_is_enough_and_one_point_less_is_not() {
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i32)
        loop
            local.get 1 local.get 0 i32.add local.set 1
            local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
        end
        local.get 1))"#;
    let mut metering = Metering::of(&speed(), text);
    let (_, cost) = metering.cost("f", &[Val::I32(10)]);
    metering.arm(cost, DEEP);
    assert_eq!(metering.call("f", &[Val::I32(10)]).unwrap()[0].unwrap_i32(), 55);
    assert_eq!(metering.points(), 0);
    metering.arm(cost - 1, DEEP);
    assert_eq!(metering.failure("f", &[Val::I32(10)]), Some(Failure::OutOfPoints));
}

#[test]
fn running_out_comes_before_a_trap_that_follows_it() {
    // The last segment is charged without a look; the trap in it must not hide that it was not paid.
    let text = r#"(module (func (export "f") (param i32) (result i32)
        local.get 0 if i32.const 1 i32.const 0 i32.div_u drop end i32.const 0))"#;
    let mut metering = Metering::of(&speed(), text);
    metering.arm(sum("function.entry local.get if"), DEEP);
    assert_eq!(metering.failure("f", &[Val::I32(1)]), Some(Failure::OutOfPoints));
    metering.arm(
        sum("function.entry local.get if 2*i32.const i32.div_u drop end"),
        DEEP,
    );
    assert_eq!(
        metering.failure("f", &[Val::I32(1)]),
        Some(Failure::Trap(Trap::IntegerDivisionByZero))
    );
}

#[test]
fn an_endless_loop_ends_when_the_points_do() {
    for body in [
        "loop br 0 end",
        "loop i32.const 1 br_if 0 end",
        "loop block i32.const 0 br_table 1 0 end end",
    ] {
        let mut metering = Metering::of(&speed(), &format!(r#"(module (func (export "f") {body}))"#));
        metering.arm(1_000_000, DEEP);
        assert_eq!(metering.failure("f", &[]), Some(Failure::OutOfPoints), "{body}");
    }
}

#[test]
fn a_heavy_operator_is_looked_at_before_it_runs() {
    let text = r#"(module (memory (export "m") 1) (func (export "f") (param i32) (result i32)
        i32.const 0 i32.const 7 local.get 0 memory.fill i32.const 1))"#;
    let mut metering = Metering::of(&speed(), text);
    metering.arm(
        sum("function.entry 3*i32.const local.get memory.fill end 99*memory.fill/byte"),
        DEEP,
    );
    assert_eq!(
        metering.failure("f", &[Val::I32(100)]),
        Some(Failure::OutOfPoints)
    );
    let memory = metering.instance.get_memory(&mut metering.store, "m").unwrap();
    assert_eq!(memory.data(&metering.store)[0], 0, "nothing was filled");
}

/// `f` calls itself as often as it is told to; one parameter, no local, two operands at most.
const RECURSIVE: &str = r#"(module (func $f (export "f") (param i32) (result i32)
    local.get 0 if local.get 0 i32.const 1 i32.sub call $f drop end i32.const 3))"#;

#[test]
fn a_height_is_frame_parameters_locals_operands_and_a_share_of_the_operators() {
    // Eleven operators can be reached.
    let height = price("height.frame") + 1 + 2 + 11 / price("height.operators");
    let mut metering = Metering::of(&speed(), RECURSIVE);
    for calls in [0, 1, 9] {
        metering.arm(AMPLE, (calls + 1) * height);
        assert!(metering.call("f", &[Val::I32(calls as i32)]).is_ok());
        assert_eq!(metering.stack(), (calls + 1) * height, "all of it is given back");
        metering.arm(AMPLE, (calls + 1) * height - 1);
        assert_eq!(
            metering.failure("f", &[Val::I32(calls as i32)]),
            Some(Failure::StackExhausted)
        );
    }
    let text = r#"(module (func (export "f") (param i32) (result i32) (local i64 i64 i64)
        i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.add i32.add i32.add
        block br 0 i32.const 1 i32.const 1 i32.const 1 i32.const 1 i32.const 1 drop drop drop drop drop end))"#;
    let height = price("height.frame") + 1 + 3 + 4 + 11 / price("height.operators");
    let mut metering = Metering::of(&speed(), text);
    metering.arm(AMPLE, height);
    assert!(metering.call("f", &[Val::I32(0)]).is_ok());
    metering.arm(AMPLE, height - 1);
    assert_eq!(
        metering.failure("f", &[Val::I32(0)]),
        Some(Failure::StackExhausted),
        "also where nothing is called"
    );
}

#[test]
fn an_exhausted_stack_has_paid_for_the_segment_it_did_not_run() {
    let mut metering = Metering::of(&speed(), RECURSIVE);
    metering.arm(AMPLE, 0);
    assert_eq!(
        metering.failure("f", &[Val::I32(5)]),
        Some(Failure::StackExhausted)
    );
    assert_eq!(AMPLE - metering.points(), sum("function.entry local.get if"));
    metering.arm(sum("function.entry local.get if") - 1, 0);
    assert_eq!(
        metering.failure("f", &[Val::I32(5)]),
        Some(Failure::OutOfPoints),
        "points come first"
    );
}

#[test]
fn the_start_function_is_taken_out_and_pays_like_any_other() {
    let text = r#"(module (global (export "g") (mut i32) (i32.const 1)) (start $s)
        (func $s i32.const 5 global.set 0))"#;
    let metered = metered(text);
    assert!(metered.start);
    let cost = sum("function.entry i32.const global.set end");
    let (mut metering, started) = Metering::start(&speed(), &metered, cost, DEEP);
    assert_eq!(started, Ok(()));
    assert_eq!(metering.points(), 0);
    let (_, started) = Metering::start(&speed(), &metered, cost - 1, DEEP);
    assert_eq!(started, Err(Failure::OutOfPoints));
}

#[test]
fn an_instance_pays_for_what_it_holds_before_its_first_instruction() {
    let text = r#"(module (memory 3) (table 7 funcref) (global i32 (i32.const 0)) (global i64 (i64.const 0))
        (data (i32.const 0) "abcde") (data "xyz") (elem (i32.const 0) $f $f) (elem func $f) (func $f))"#;
    let names = "instance 3*instance/page 8*instance/data-byte 7*instance/element 3*instance/element 2*instance/global";
    assert_eq!(metered(text).instantiation as i64, sum(names));
}

#[test]
fn pages_beyond_those_that_a_place_keeps_are_paid_as_fresh_ones() {
    let kept = price("memory.kept");
    for (pages, names) in [
        (kept, format!("instance {kept}*instance/page")),
        (
            kept + 3,
            format!("instance {kept}*instance/page 3*instance/fresh-page"),
        ),
    ] {
        let text = format!("(module (memory {pages}))");
        assert_eq!(metered(&text).instantiation as i64, sum(&names), "{pages} pages");
    }
}

#[test]
fn every_price_of_the_table_is_one_that_the_pass_knows() {
    let rules = Rules::CONSENSUS;
    let code = wat::parse_str(r#"(module (func unreachable))"#).unwrap();
    assert!(meter(&code, &rules).is_ok());
    let lines = include_str!("../src/prices/v2.txt")
        .lines()
        .filter(|line| line.contains(" = "))
        .count();
    assert_eq!(
        lines,
        slsbft_wasm::prices::OPERATORS.len() + slsbft_wasm::prices::RULES.len()
    );
}

#[test]
fn a_table_keeps_its_prices_for_as_long_as_it_has_its_version() {
    let operators = include_str!("../src/prices/v2.txt")
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .filter(|line| !line.is_empty());
    let host = format!("{:?}", HostPrices::DEFAULT);
    let table: Vec<_> = operators.chain([host.as_str()]).collect();
    let hash = hex::encode(Sha256::digest(table.join("\n")));
    assert_eq!(
        (VERSION, hash.get(..16)),
        (2, Some("c2029e65be5cac6a")),
        "nodes with other prices disagree: a new table is a file and a VERSION of its own"
    );
}
