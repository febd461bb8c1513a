//! Functions made to take a compiler's time, in families: each by a size, which is its number of
//! repetitions.
//!
//! - `values`: that are kept, or computed again, over much code
//! - `branches`: many ways through a function, and what differs on them
//! - `operators`: much of one kind of operator, and of functions

mod branches;
mod operators;
mod values;

use std::fmt::Write as _;

/// A way to make compilation dear.
pub struct Family {
    /// What makes it so.
    pub name: &'static str,
    /// Writes the module of a size, as text.
    pub write: fn(usize) -> String,
    /// Sizes from a small one to about the largest that the limits allow.
    pub sizes: &'static [usize],
}

const fn family(name: &'static str, write: fn(usize) -> String, sizes: &'static [usize]) -> Family {
    Family { name, write, sizes }
}

/// All families.
pub const FAMILIES: &[Family] = &[
    family(
        "roots hoisted out of a loop",
        values::roots_hoisted,
        &[30, 100, 250, 500, 900],
    ),
    family("roots computed twice", values::roots_twice, &[100, 250, 500]),
    family(
        "products hoisted out of a loop",
        values::products_hoisted,
        &[100, 1_000, 4_000, 10_000],
    ),
    family(
        "products hoisted, used in a large block",
        values::products_reused,
        &[100, 500, 1_000],
    ),
    family(
        "products computed twice",
        values::products_twice,
        &[100, 1_000, 4_000],
    ),
    family(
        "products computed twice, a call between",
        values::products_call,
        &[1_000, 4_000],
    ),
    family(
        "products computed twice, three calls between",
        values::products_three_calls,
        &[1_000, 4_000],
    ),
    family(
        "locals before branches that end",
        branches::locals_ends,
        &[50, 200, 500, 950],
    ),
    family(
        "products hoisted from behind calls",
        values::products_behind_calls,
        &[1_000, 4_000],
    ),
    family(
        "values across small blocks",
        values::across_blocks,
        &[100, 500, 2_000, 5_000],
    ),
    family(
        "operands across small blocks",
        values::operands_across_blocks,
        &[100, 500, 900],
    ),
    family(
        "operands across calls",
        values::operands_across_calls,
        &[100, 500, 900],
    ),
    family(
        "locals across calls",
        values::locals_across_calls,
        &[100, 500, 950],
    ),
    family("loads into locals, then used", values::loads, &[100, 500, 950]),
    family(
        "locals changed in a nest of loops",
        branches::nest,
        &[50, 200, 500],
    ),
    family(
        "locals changed in loops side by side",
        branches::loops_beside,
        &[50, 200, 500],
    ),
    family(
        "a value for each edge into a join",
        branches::edges,
        &[50, 200, 500],
    ),
    family(
        "br_table into a loop's head",
        branches::table_into_loop,
        &[50, 200, 500],
    ),
    family(
        "br_table over nested blocks",
        branches::table_nested,
        &[50, 100, 200, 300],
    ),
    family(
        "calls of many arguments",
        operators::calls,
        &[20, 100, 400, 1_000],
    ),
    family("calls of many results", operators::results, &[100, 1_000, 4_000]),
    family("constants", operators::constants, &[100, 1_000, 4_000, 10_000]),
    family(
        "constants used again in a loop",
        operators::constants_again,
        &[100, 1_000, 4_000],
    ),
    family("selects of comparisons", operators::selects, &[100, 1_000, 8_000]),
    family(
        "roundings and conversions",
        operators::conversions,
        &[100, 1_000, 8_000],
    ),
    family(
        "bit counts and divisions",
        operators::divisions,
        &[100, 1_000, 8_000],
    ),
    family("stores to a memory", operators::stores, &[100, 1_000, 10_000]),
    family("deep if and else", branches::ifs, &[100, 400, 900]),
    family("empty functions", operators::empty, &[100, 1_000, 10_000, 19_000]),
    family(
        "functions of many locals",
        operators::many_locals,
        &[10, 100, 400],
    ),
    family(
        "functions of many parameters, in the table",
        operators::many_parameters,
        &[100, 1_000, 10_000],
    ),
    family("bulk memory", operators::bulk, &[100, 1_000, 5_000]),
    family("indirect calls", operators::indirect, &[100, 1_000, 8_000]),
    family(
        "products needed in branches that end",
        branches::products_ends,
        &[250, 500, 1_000],
    ),
    family(
        "products hoisted, and branches that end",
        branches::hoisted_ends,
        &[250, 500, 1_000],
    ),
    family(
        "products needed in branches beside each other",
        branches::products_beside,
        &[100, 300, 600],
    ),
    family(
        "products that branches bring to a join",
        branches::products_joined,
        &[100, 300, 600],
    ),
    family(
        "products that a table brings to joins",
        branches::products_table,
        &[100, 300, 600],
    ),
];

/// `text` for each number below `count`.
fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        let _ = write!(all, "{} ", text(number));
        all
    })
}

/// A module of a function with two parameters that returns an `i64`.
fn function(locals: &str, body: &str) -> String {
    format!(
        r#"(module (memory 1) (type $t (func (param i64) (result i64))) (table 1 funcref) (func $g (type $t) local.get 0)
        (func $h (param i64 i64) (result i64 i64 i64 i64 i64 i64 i64 i64) local.get 0 local.get 0 local.get 0 local.get 0 local.get 0 local.get 0 local.get 0 local.get 0)
        (func (export "f") (param $n i32) (param $x i64) (result i64) (local $a i64) (local $b f64) {locals}
        {body} local.get $a local.get $b i64.trunc_sat_f64_s i64.add))"#
    )
}

fn again(body: &str) -> String {
    format!("loop {body} local.get $n i32.const 1 i32.sub local.tee $n br_if 0 end")
}

fn product(i: usize) -> String {
    format!(
        "local.get $x i64.const {} i64.mul local.get $a i64.xor local.set $a",
        i * 7 + 3
    )
}

const CALL: &str = "local.get $a call $g local.set $a ";

fn integer_locals(count: usize) -> String {
    each(count, |i| format!("(local $l{i} i64)"))
}
