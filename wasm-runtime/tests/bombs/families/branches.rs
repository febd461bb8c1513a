//! Many ways through a function, and what differs on them.

use super::{CALL, again, each, function, integer_locals, product};

pub fn locals_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let uses = each(count, |i| {
        format!("local.get $a local.get $l{i} i64.xor local.set $a")
    });
    function(&integer_locals(count), &(load + &end.repeat(40) + &uses))
}

pub fn products_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let parts = each(count, |i| {
        product(i) + " " + if i % 50 == 0 { end.as_str() } else { "" }
    });
    function("", &(parts.clone() + &parts))
}

pub fn hoisted_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let rest = each(count, |i| product(i) + " " + CALL);
    function("", &again(&(end.repeat(20) + &rest)))
}

/// Each branch needs all products, and none is on the way to the next.
pub fn products_beside(count: usize) -> String {
    let need = "local.get $n i32.const 7 i32.eq if local.get $a call $g drop end ";
    function("", &(each(count, product) + &need.repeat(40)))
}

/// Each branch leaves a block with another sum of all products.
pub fn products_joined(count: usize) -> String {
    let leave = each(40, |i| {
        format!(
            "local.get $n i32.const {i} i32.eq if local.get $a i64.const {i} i64.add local.set $a br $out end"
        )
    });
    function("", &format!("{} block $out {leave} end", each(count, product)))
}

/// Each target of a table gets all products, and goes on with them.
pub fn products_table(count: usize) -> String {
    let blocks = "block ".repeat(40);
    let table: String = (0..40).map(|i| format!("{i} ")).collect();
    let ends = each(40, |i| {
        format!("local.get $a i64.const {i} i64.xor local.set $a br $out end")
    });
    let products = each(count, product);
    function(
        "",
        &format!("{products} block $out {blocks} local.get $n br_table {table} {ends} end"),
    )
}

pub fn nest(count: usize) -> String {
    let changed = each(count, |i| {
        format!("local.get $l{i} i64.const 1 i64.add local.set $l{i}")
    });
    let mut body = changed;
    for _ in 0..32 {
        body = format!("loop {body} local.get $n br_if 0 end ");
    }
    function(&integer_locals(count), &body.repeat((8_000 / count).max(1)))
}

pub fn loops_beside(count: usize) -> String {
    let changed = each(count, |i| {
        format!("local.get $l{i} i64.const 1 i64.add local.set $l{i}")
    });
    let one = "loop local.get $n br_if 0 end ";
    let body = again(&(changed + &one.repeat(15_000)));
    function(&integer_locals(count), &body)
}

pub fn edges(count: usize) -> String {
    let edge = |number: usize| {
        let i = number % count;
        format!("local.get $x local.set $l{i} local.get $n br_if 0")
    };
    let uses = each(count, |i| {
        format!("local.get $l{i} local.get $a i64.xor local.set $a")
    });
    let body = format!("block {} end {uses}", each(20_000, edge));
    function(&integer_locals(count), &body)
}

pub fn table_into_loop(count: usize) -> String {
    let changed = each(count, |i| {
        format!("local.get $l{i} i64.const 1 i64.add local.set $l{i}")
    });
    let targets = "0 ".repeat(10_000);
    let uses = each(count, |i| {
        format!("local.get $l{i} local.get $a i64.xor local.set $a")
    });
    let table = format!(
        "block local.get $n i32.const 1 i32.and br_if 0 local.get $n br_table {} 1 1 end ",
        "1 ".repeat(9_990)
    );
    let body = format!(
        "block loop {changed} {} local.get $n br_table {targets} 1 end end {uses}",
        table.repeat(15)
    );
    function(&integer_locals(count), &body)
}

pub fn table_nested(count: usize) -> String {
    let targets = each(count, |i| i.to_string());
    let mut body = format!("local.get $n br_table {targets} 0");
    for i in 0..count {
        body = format!("block {body} end local.get $x local.set $l{i} ");
    }
    let uses = each(count, |i| {
        format!("local.get $l{i} local.get $a i64.xor local.set $a")
    });
    function(&integer_locals(count), &again(&(body + &uses)))
}

pub fn ifs(count: usize) -> String {
    let mut body = String::new();
    for i in 0..count {
        body = format!(
            "local.get $n i32.const {i} i32.eq if {body} local.get $x local.set $l{0} else local.get $a local.set $l{0} end ",
            i % 900
        );
    }
    let uses = each(count, |i| {
        format!("local.get $l{i} local.get $a i64.xor local.set $a")
    });
    function(&integer_locals(count), &again(&(body + &uses)))
}
