//! The sentences of `docs/contracts/metering.md`, with figures worked out by hand. Every operator costs 1
//! point here, entering a function 100, a declared local 1,000.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use slsbft_wasm_interpreter::{
    Budget, Costs, End, Imports, Instance, InstantiationCosts, Limits, Module, Report, Trap, Value,
};
use std::num::NonZeroU64;

const AMPLE: Budget = Budget {
    points: 1 << 50,
    slots: 1_000,
};
const LIMITS: Limits = Limits {
    pages: 4,
    elements: 100,
};

fn costs() -> Costs {
    Costs {
        entry: 100,
        local: 1_000,
        frame_slots: 50,
        operators_per_slot: NonZeroU64::new(4),
        page_grown: 10_000,
        byte_filled: 20_000,
        byte_copied: 30_000,
        byte_initialised: 40_000,
        element_copied: 50_000,
        element_initialised: 60_000,
        instantiation: InstantiationCosts {
            module: 1,
            page: 10,
            kept_pages: 2,
            fresh_page: 1_000_000,
            data_byte: 100,
            segment_element: 1_000,
            table_element: 10_000,
            global: 100_000,
        },
    }
}

fn load(text: &str) -> Module {
    Module::parse(&wat::parse_str(text).unwrap(), &|_| 1, &costs()).unwrap()
}

fn run_with(text: &str, arguments: &[i32], budget: Budget) -> Report {
    let module = load(text);
    let imports = Imports::new().function("env", "take", |host, arguments| {
        let [Value::I32(points)] = arguments else {
            return Ok(vec![]);
        };
        *host.points -= i64::from(*points);
        Ok(vec![])
    });
    let mut instance = Instance::new(&module, imports, LIMITS).unwrap();
    let arguments: Vec<Value> = arguments.iter().map(|v| Value::I32(*v)).collect();
    instance.call("f", &arguments, budget).unwrap()
}

/// The points that a body costs, without the 100 for entering, and how the call ends.
fn cost(body: &str, arguments: &[i32]) -> (i64, End) {
    let text = format!(
        r#"(module (import "env" "take" (func $take (param i32))) (memory 1 2) (table 4 funcref)
            (data $d "abc") (elem $e func $f) (func $other)
            (func $f (export "f") (param i32) {body}))"#
    );
    let report = run_with(&text, arguments, AMPLE);
    (AMPLE.points - report.points - 100, report.end)
}

fn returned() -> End {
    End::Returned(Vec::new())
}

#[test]
fn a_body_costs_its_operators_its_end_its_entry_and_its_locals() {
    assert_eq!(cost("nop nop", &[0]), (3, returned()));
    assert_eq!(cost("(local i32 i64) nop", &[0]), (2_002, returned()));
}

#[test]
fn a_trap_has_paid_for_its_segment_to_the_end() {
    let trap = End::Trapped(Trap::DivisionByZero);
    assert_eq!(
        cost("(drop (i32.div_u (i32.const 1) (i32.const 0))) nop nop", &[0]),
        (7, trap.clone())
    );
    // A call does not end the segment, nor does a block that nobody branches to.
    let body = "(block (drop (i32.div_u (i32.const 1) (i32.const 0)))) nop (call $other) nop";
    assert_eq!(cost(body, &[0]), (10, trap.clone()));
    // The end of a loop does not either, but what is before the loop is another segment.
    let body = "nop (loop (drop (i32.div_u (i32.const 1) (i32.const 0)))) nop";
    assert_eq!(cost(body, &[0]), (2 + 7, trap));
}

#[test]
fn a_segment_ends_where_a_branch_or_its_target_is() {
    let trap = End::Trapped(Trap::DivisionByZero);
    let divide = "(drop (i32.div_u (i32.const 1) (i32.const 0)))";
    // Behind br_if, the end of an if, and the end of a block that is branched to.
    let body = format!("(block {divide} (br_if 0 (local.get 0)) nop nop nop) nop nop");
    assert_eq!(cost(&body, &[0]), (7, trap.clone()));
    let body = format!("(block (br_if 0 (local.get 0)) {divide}) nop nop");
    assert_eq!(cost(&body, &[0]), (3 + 5, trap.clone()));
    let body = format!("(if (local.get 0) (then {divide} nop)) nop nop");
    assert_eq!(cost(&body, &[1]), (2 + 6, trap));
}

#[test]
fn an_else_or_an_end_is_paid_by_who_falls_into_it() {
    let both = "(if (local.get 0) (then nop nop nop) (else nop))";
    assert_eq!(cost(both, &[1]), (2 + 4 + 1, returned()));
    assert_eq!(cost(both, &[0]), (2 + 2 + 1, returned()));
    assert_eq!(
        cost("(if (local.get 0) (then nop nop))", &[0]),
        (2 + 1, returned())
    );
    // A branch to an end does not pay for it, and nobody pays where nothing falls into it.
    assert_eq!(
        cost("(block (br_if 0 (local.get 0)) nop)", &[1]),
        (3 + 1, returned())
    );
    assert_eq!(cost("(block (br 0)) nop", &[0]), (2 + 2, returned()));
    assert_eq!(cost("return", &[0]), (1, returned()));
}

#[test]
fn what_cannot_be_reached_costs_nothing_and_names_nothing() {
    assert_eq!(
        cost("return nop (loop nop) (if (i32.const 1) (then nop))", &[0]),
        (1, returned())
    );
    // The branch behind `return` does not make a target of the block's end.
    assert_eq!(cost("(block (block return br 1) nop) nop", &[0]), (3, returned()));
    let body =
        "(block (if (local.get 0) (then nop br 1 br 1)) (drop (i32.div_u (i32.const 1) (i32.const 0))))";
    assert_eq!(cost(body, &[0]), (3 + 5, End::Trapped(Trap::DivisionByZero)));
}

#[test]
fn a_loop_pays_each_turn_but_not_for_its_opcode_again() {
    let body = "(loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))) nop";
    assert_eq!(cost(body, &[1]), (1 + 6 + 3, returned()));
    assert_eq!(cost(body, &[5]), (1 + 5 * 6 + 3, returned()));
}

#[test]
fn what_a_value_decides_is_paid_on_top_also_where_the_operator_fails() {
    assert_eq!(
        cost("(drop (memory.grow (i32.const 1)))", &[0]),
        (4 + 10_000, returned())
    );
    assert_eq!(
        cost("(drop (memory.grow (i32.const 2)))", &[0]),
        (4 + 20_000, returned())
    );
    let out = End::Trapped(Trap::MemoryOutOfBounds);
    let three = "(i32.const 0) (i32.const 0)";
    assert_eq!(
        cost(&format!("(memory.fill {three} (i32.const 3))"), &[0]),
        (5 + 60_000, returned())
    );
    assert_eq!(
        cost(&format!("(memory.fill {three} (i32.const -1))"), &[0]).1,
        out.clone()
    );
    assert_eq!(
        cost(&format!("(memory.copy {three} (i32.const 3))"), &[0]),
        (5 + 90_000, returned())
    );
    assert_eq!(
        cost(&format!("(memory.init $d {three} (i32.const 3))"), &[0]),
        (5 + 120_000, returned())
    );
    assert_eq!(
        cost(&format!("(memory.init $d {three} (i32.const 4))"), &[0]),
        (5 + 160_000, out)
    );
    assert_eq!(
        cost(&format!("(table.copy {three} (i32.const 3))"), &[0]),
        (5 + 150_000, returned())
    );
    assert_eq!(
        cost(&format!("(table.init $e {three} (i32.const 1))"), &[0]),
        (5 + 60_000, returned())
    );
}

const RECURSIVE: &str = r#"(module (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

/// 50 for the frame, 1 parameter, operands up to `1, n, 1`, and 12 operators at 4 a slot.
const HEIGHT: i64 = 50 + 1 + 3 + 3;

#[test]
fn a_height_is_the_frame_the_locals_the_operands_and_a_part_of_the_operators() {
    assert_eq!(load(RECURSIVE).height(0), Some(HEIGHT as u64));
    let height = |text: &str| load(text).height(0).unwrap() - 50;
    assert_eq!(height("(module (func (param i64) (local f32 f32)))"), 3);
    // Operands that cannot be reached do not count, nor do operators.
    let unreachable = "i64.const 1 i64.const 2 i64.const 3 drop drop drop";
    assert_eq!(
        height(&format!(
            "(module (func (drop (i32.const 0)) return {unreachable}))"
        )),
        1
    );
    // What follows the end of a block that is not left cannot be reached either, whatever its type says.
    let block = "(block (result i32 i32 i32) unreachable)";
    assert_eq!(height(&format!("(module (func {block} drop drop drop))")), 0);
}

#[test]
fn the_stack_budget_holds_so_many_open_functions_and_no_more() {
    let deep = |slots| run_with(RECURSIVE, &[9], Budget { slots, ..AMPLE });
    let enough = deep(10 * HEIGHT);
    assert_eq!(enough.end, End::Returned(vec![Value::I32(9)]));
    assert_eq!((enough.slots, enough.deepest), (10 * HEIGHT, 10 * HEIGHT));
    assert_eq!(deep(10 * HEIGHT - 1).end, End::StackExhausted);
}

#[test]
fn entering_charges_both_budgets_before_either_is_looked_at() {
    // The function's first segment: entering, `local.get` and `if`.
    let at = |points, slots| run_with(RECURSIVE, &[0], Budget { points, slots });
    let exhausted = at(102, HEIGHT - 1);
    assert_eq!((exhausted.end, exhausted.points), (End::StackExhausted, 0));
    assert_eq!(at(101, HEIGHT - 1).end, End::OutOfPoints);
}

#[test]
fn a_budget_suffices_to_the_point_and_one_less_uses_all() {
    let used = AMPLE.points - run_with(RECURSIVE, &[4], AMPLE).points;
    let exact = run_with(
        RECURSIVE,
        &[4],
        Budget {
            points: used,
            ..AMPLE
        },
    );
    assert_eq!((exact.end, exact.points), (End::Returned(vec![Value::I32(4)]), 0));
    for points in 0..used {
        let short = run_with(RECURSIVE, &[4], Budget { points, ..AMPLE });
        assert_eq!(
            (short.end, short.points),
            (End::OutOfPoints, 0),
            "{points} points"
        );
    }
}

#[test]
fn a_host_function_takes_its_points_from_the_same_budget() {
    let take = r#"(module (import "env" "take" (func $take (param i32)))
        (func (export "f") (param i32) (call $take (local.get 0))))"#;
    assert_eq!(run_with(take, &[7], Budget { points: 110, ..AMPLE }).points, 0);
    assert_eq!(
        run_with(take, &[8], Budget { points: 110, ..AMPLE }).end,
        End::OutOfPoints
    );
}

#[test]
fn an_instance_costs_what_it_begins_with() {
    let text = r#"(module (memory 2) (table 3 funcref) (func $f) (global i32 (i32.const 0))
        (data (i32.const 0) "four") (data "five!") (elem (i32.const 0) $f) (elem func $f $f))"#;
    assert_eq!(
        load(text).instantiation_price(),
        1 + 2 * 10 + 9 * 100 + 3 * 1_000 + 3 * 10_000 + 100_000
    );
    assert_eq!(
        load("(module (memory 5))").instantiation_price(),
        1 + 2 * 10 + 3 * 1_000_000
    );
}
