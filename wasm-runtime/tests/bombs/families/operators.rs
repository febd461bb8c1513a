//! Much of one kind of operator, and of functions.

use super::{again, each, function, integer_locals};

pub fn calls(count: usize) -> String {
    let arguments = each(100, |i| format!("local.get $l{i}"));
    let body = format!("{arguments} call $wide drop ").repeat(count);
    let load = each(100, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let parameters = "i64 ".repeat(100);
    function(&integer_locals(100), &(load + &again(&body))).replacen(
        "(func $g",
        &format!("(func $wide (param {parameters}) (result i64) local.get 3) (func $g"),
        1,
    )
}

pub fn results(count: usize) -> String {
    let body = "local.get $x local.get $a call $h i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor local.set $a ";
    function("", &again(&body.repeat(count)))
}

pub fn constants(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $b f64.const {i}.5 f64.mul i64.const {} f64.convert_i64_s f64.add local.set $b",
            i * 7_919
        )
    });
    function("", &body)
}

pub fn constants_again(count: usize) -> String {
    let body = each(count, |i| {
        format!("local.get $b f64.const {i}.5 f64.mul local.set $b")
    });
    function("", &again(&(body.repeat(3))))
}

pub fn selects(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $x local.get $a local.get $x i64.const {i} i64.lt_u local.get $n i32.eqz i32.and select local.set $a"
        )
    });
    function("", &again(&body))
}

pub fn conversions(count: usize) -> String {
    let operators = [
        "i64.trunc_sat_f64_u f64.convert_i64_u",
        "f64.nearest",
        "i32.trunc_f64_u f64.convert_i32_u",
        "f64.min",
    ];
    let body = each(count, |i| {
        let operator = operators[i % 4];
        let second = if operator == "f64.min" { "local.get $b" } else { "" };
        format!("local.get $b {second} {operator} f64.const 1.5 f64.add local.set $b")
    });
    function("", &again(&body))
}

pub fn divisions(count: usize) -> String {
    let operators = ["i64.div_s", "i64.rem_s", "i64.rotl", "i64.popcnt i64.add"];
    let body = each(count, |i| {
        format!("local.get $a local.get $x {} local.set $a", operators[i % 4])
    });
    function("", &again(&body))
}

pub fn stores(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $n i64.const {i} i64.store offset={} local.get $n i32.load offset={} local.set $n",
            i * 8,
            i * 4
        )
    });
    function("", &again(&body))
}

pub fn empty(count: usize) -> String {
    format!("(module {})", "(func) ".repeat(count))
}

pub fn many_locals(count: usize) -> String {
    let one = format!("(func (result i64) {} local.get $l0) ", integer_locals(1_000));
    format!("(module {})", one.repeat(count))
}

pub fn many_parameters(count: usize) -> String {
    let parameters = "i64 ".repeat(100);
    let functions = format!("(func (param {parameters}) (result i64) local.get 99) ").repeat(count);
    format!(
        "(module (table {count} funcref) (elem (i32.const 0) func {}) {functions})",
        each(count, |i| i.to_string())
    )
}

pub fn bulk(count: usize) -> String {
    let body = "local.get $n i32.const 1 local.get $n memory.fill i32.const 1 memory.grow drop ";
    function("", &body.repeat(count))
}

pub fn indirect(count: usize) -> String {
    let body = "local.get $a local.get $n call_indirect (type $t) local.set $a ";
    function("", &body.repeat(count))
}
