//! Values that are kept, or computed again, over much code.

use super::{CALL, again, each, function, integer_locals, product};

const UNARY: [&str; 5] = ["f64.sqrt", "f64.ceil", "f64.floor", "f64.nearest", "f64.trunc"];

fn roots(count: usize) -> String {
    UNARY.iter().fold(String::new(), |all, operator| {
        all + &each(count, |i| {
            format!("local.get $l{i} {operator} local.get $b f64.add local.set $b")
        })
    })
}

fn float_locals(count: usize) -> String {
    each(count, |i| format!("(local $l{i} f64)"))
}

fn load_floats(count: usize) -> String {
    each(count, |i| format!("i32.const {} f64.load local.set $l{i}", i * 8))
}

pub fn roots_hoisted(count: usize) -> String {
    function(
        &float_locals(count),
        &(load_floats(count) + &again(&roots(count))),
    )
}

pub fn roots_twice(count: usize) -> String {
    function(
        &float_locals(count),
        &(load_floats(count) + &roots(count) + &roots(count)),
    )
}

pub fn products_hoisted(count: usize) -> String {
    function("", &again(&each(count, product)))
}

pub fn products_twice(count: usize) -> String {
    function("", &(each(count, product) + &each(count, product)))
}

pub fn products_reused(count: usize) -> String {
    let round = each(count, product);
    function("", &again(&round.repeat(15_000 / count)))
}

pub fn products_call(count: usize) -> String {
    function("", &(each(count, product) + CALL + &each(count, product)))
}

pub fn products_three_calls(count: usize) -> String {
    let calls = CALL.repeat(3);
    function("", &(each(count, product) + &calls + &each(count, product)))
}

pub fn products_behind_calls(count: usize) -> String {
    let block = each(count, |i| {
        format!("local.get $a i64.const {i} i64.rotl local.get $x i64.xor local.set $a")
    });
    let rest = each(count, |i| product(i) + " " + CALL);
    function("", &again(&(block + &rest)))
}

pub fn across_blocks(count: usize) -> String {
    let block = "local.get $n if local.get $a i64.const 1 i64.add local.set $a end ";
    function(
        "",
        &(each(count, product) + &block.repeat(count) + &each(count, product)),
    )
}

pub fn operands_across_blocks(count: usize) -> String {
    let block = "local.get $n if local.get $a i64.const 1 i64.add local.set $a end ";
    let operands = each(count, |i| format!("i32.const {} i64.load", i * 8));
    let sum = "i64.xor ".repeat(count);
    function(
        "",
        &format!(
            "{operands} {} local.get $a {sum} local.set $a",
            block.repeat(10_000)
        ),
    )
}

pub fn operands_across_calls(count: usize) -> String {
    let operands = each(count, |i| format!("i32.const {} i64.load", i * 8));
    let call = "local.get $a call $g local.set $a ";
    let sum = "i64.xor ".repeat(count);
    function(
        "",
        &format!(
            "{operands} {} local.get $a {sum} local.set $a",
            call.repeat(10_000)
        ),
    )
}

pub fn locals_across_calls(count: usize) -> String {
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let round = each(count, |i| format!("local.get $l{i} call $g drop"));
    function(
        &integer_locals(count),
        &(load + &again(&round.repeat(8_000 / count))),
    )
}

pub fn loads(count: usize) -> String {
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let round = each(count, |i| {
        format!("local.get $a local.get $l{i} i64.xor local.set $a")
    });
    function(
        &integer_locals(count),
        &again(&(load + &round).repeat(8_000 / count)),
    )
}
