//! Functions made to take a compiler's time, in families: each by a size, which is its number of
//! repetitions.

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
        roots_hoisted,
        &[30, 100, 250, 500, 900],
    ),
    family("roots computed twice", roots_twice, &[100, 250, 500]),
    family(
        "products hoisted out of a loop",
        products_hoisted,
        &[100, 1_000, 4_000, 10_000],
    ),
    family(
        "products hoisted, used in a large block",
        products_reused,
        &[100, 500, 1_000],
    ),
    family("products computed twice", products_twice, &[100, 1_000, 4_000]),
    family(
        "products computed twice, a call between",
        products_call,
        &[1_000, 4_000],
    ),
    family(
        "products computed twice, three calls between",
        products_three_calls,
        &[1_000, 4_000],
    ),
    family(
        "locals before branches that end",
        locals_ends,
        &[50, 200, 500, 950],
    ),
    family(
        "products hoisted from behind calls",
        products_behind_calls,
        &[1_000, 4_000],
    ),
    family(
        "values across small blocks",
        across_blocks,
        &[100, 500, 2_000, 5_000],
    ),
    family(
        "operands across small blocks",
        operands_across_blocks,
        &[100, 500, 900],
    ),
    family("operands across calls", operands_across_calls, &[100, 500, 900]),
    family("locals across calls", locals_across_calls, &[100, 500, 950]),
    family("loads into locals, then used", loads, &[100, 500, 950]),
    family("locals changed in a nest of loops", nest, &[50, 200, 500]),
    family(
        "locals changed in loops side by side",
        loops_beside,
        &[50, 200, 500],
    ),
    family("a value for each edge into a join", edges, &[50, 200, 500]),
    family("br_table into a loop's head", table_into_loop, &[50, 200, 500]),
    family("br_table over nested blocks", table_nested, &[50, 100, 200, 300]),
    family("calls of many arguments", calls, &[20, 100, 400, 1_000]),
    family("calls of many results", results, &[100, 1_000, 4_000]),
    family("constants", constants, &[100, 1_000, 4_000, 10_000]),
    family(
        "constants used again in a loop",
        constants_again,
        &[100, 1_000, 4_000],
    ),
    family("selects of comparisons", selects, &[100, 1_000, 8_000]),
    family("roundings and conversions", conversions, &[100, 1_000, 8_000]),
    family("bit counts and divisions", divisions, &[100, 1_000, 8_000]),
    family("stores to a memory", stores, &[100, 1_000, 10_000]),
    family("deep if and else", ifs, &[100, 400, 900]),
    family("empty functions", empty, &[100, 1_000, 10_000, 19_000]),
    family("functions of many locals", many_locals, &[10, 100, 400]),
    family(
        "functions of many parameters, in the table",
        many_parameters,
        &[100, 1_000, 10_000],
    ),
    family("bulk memory", bulk, &[100, 1_000, 5_000]),
    family("indirect calls", indirect, &[100, 1_000, 8_000]),
    family(
        "products needed in branches that end",
        products_ends,
        &[250, 500, 1_000],
    ),
    family(
        "products hoisted, and branches that end",
        hoisted_ends,
        &[250, 500, 1_000],
    ),
    family(
        "products needed in branches beside each other",
        products_beside,
        &[100, 300, 600],
    ),
    family(
        "products that branches bring to a join",
        products_joined,
        &[100, 300, 600],
    ),
    family(
        "products that a table brings to joins",
        products_table,
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

fn again(body: &str) -> String {
    format!("loop {body} local.get $n i32.const 1 i32.sub local.tee $n br_if 0 end")
}

fn roots_hoisted(count: usize) -> String {
    function(
        &float_locals(count),
        &(load_floats(count) + &again(&roots(count))),
    )
}

fn roots_twice(count: usize) -> String {
    function(
        &float_locals(count),
        &(load_floats(count) + &roots(count) + &roots(count)),
    )
}

fn product(i: usize) -> String {
    format!(
        "local.get $x i64.const {} i64.mul local.get $a i64.xor local.set $a",
        i * 7 + 3
    )
}

fn products_hoisted(count: usize) -> String {
    function("", &again(&each(count, product)))
}

fn products_twice(count: usize) -> String {
    function("", &(each(count, product) + &each(count, product)))
}

fn products_reused(count: usize) -> String {
    let round = each(count, product);
    function("", &again(&round.repeat(15_000 / count)))
}

const CALL: &str = "local.get $a call $g local.set $a ";

fn products_call(count: usize) -> String {
    function("", &(each(count, product) + CALL + &each(count, product)))
}

fn products_three_calls(count: usize) -> String {
    let calls = CALL.repeat(3);
    function("", &(each(count, product) + &calls + &each(count, product)))
}

fn locals_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let uses = each(count, |i| {
        format!("local.get $a local.get $l{i} i64.xor local.set $a")
    });
    function(&integer_locals(count), &(load + &end.repeat(40) + &uses))
}

fn products_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let parts = each(count, |i| {
        product(i) + " " + if i % 50 == 0 { end.as_str() } else { "" }
    });
    function("", &(parts.clone() + &parts))
}

fn hoisted_ends(count: usize) -> String {
    let end = format!("local.get $n i32.const 7 i32.eq if {CALL} local.get $a return end ");
    let rest = each(count, |i| product(i) + " " + CALL);
    function("", &again(&(end.repeat(20) + &rest)))
}

/// Each branch needs all products, and none is on the way to the next.
fn products_beside(count: usize) -> String {
    let need = "local.get $n i32.const 7 i32.eq if local.get $a call $g drop end ";
    function("", &(each(count, product) + &need.repeat(40)))
}

/// Each branch leaves a block with another sum of all products.
fn products_joined(count: usize) -> String {
    let leave = each(40, |i| {
        format!(
            "local.get $n i32.const {i} i32.eq if local.get $a i64.const {i} i64.add local.set $a br $out end"
        )
    });
    function("", &format!("{} block $out {leave} end", each(count, product)))
}

/// Each target of a table gets all products, and goes on with them.
fn products_table(count: usize) -> String {
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

fn products_behind_calls(count: usize) -> String {
    let block = each(count, |i| {
        format!("local.get $a i64.const {i} i64.rotl local.get $x i64.xor local.set $a")
    });
    let rest = each(count, |i| product(i) + " " + CALL);
    function("", &again(&(block + &rest)))
}

fn across_blocks(count: usize) -> String {
    let block = "local.get $n if local.get $a i64.const 1 i64.add local.set $a end ";
    function(
        "",
        &(each(count, product) + &block.repeat(count) + &each(count, product)),
    )
}

fn operands_across_blocks(count: usize) -> String {
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

fn operands_across_calls(count: usize) -> String {
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

fn integer_locals(count: usize) -> String {
    each(count, |i| format!("(local $l{i} i64)"))
}

fn locals_across_calls(count: usize) -> String {
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let round = each(count, |i| format!("local.get $l{i} call $g drop"));
    function(
        &integer_locals(count),
        &(load + &again(&round.repeat(8_000 / count))),
    )
}

fn loads(count: usize) -> String {
    let load = each(count, |i| format!("i32.const {} i64.load local.set $l{i}", i * 8));
    let round = each(count, |i| {
        format!("local.get $a local.get $l{i} i64.xor local.set $a")
    });
    function(
        &integer_locals(count),
        &again(&(load + &round).repeat(8_000 / count)),
    )
}

fn nest(count: usize) -> String {
    let changed = each(count, |i| {
        format!("local.get $l{i} i64.const 1 i64.add local.set $l{i}")
    });
    let mut body = changed;
    for _ in 0..32 {
        body = format!("loop {body} local.get $n br_if 0 end ");
    }
    function(&integer_locals(count), &body.repeat((8_000 / count).max(1)))
}

fn loops_beside(count: usize) -> String {
    let changed = each(count, |i| {
        format!("local.get $l{i} i64.const 1 i64.add local.set $l{i}")
    });
    let one = "loop local.get $n br_if 0 end ";
    let body = again(&(changed + &one.repeat(15_000)));
    function(&integer_locals(count), &body)
}

fn edges(count: usize) -> String {
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

fn table_into_loop(count: usize) -> String {
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

fn table_nested(count: usize) -> String {
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

fn calls(count: usize) -> String {
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

fn results(count: usize) -> String {
    let body = "local.get $x local.get $a call $h i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor local.set $a ";
    function("", &again(&body.repeat(count)))
}

fn constants(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $b f64.const {i}.5 f64.mul i64.const {} f64.convert_i64_s f64.add local.set $b",
            i * 7_919
        )
    });
    function("", &body)
}

fn constants_again(count: usize) -> String {
    let body = each(count, |i| {
        format!("local.get $b f64.const {i}.5 f64.mul local.set $b")
    });
    function("", &again(&(body.repeat(3))))
}

fn selects(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $x local.get $a local.get $x i64.const {i} i64.lt_u local.get $n i32.eqz i32.and select local.set $a"
        )
    });
    function("", &again(&body))
}

fn conversions(count: usize) -> String {
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

fn divisions(count: usize) -> String {
    let operators = ["i64.div_s", "i64.rem_s", "i64.rotl", "i64.popcnt i64.add"];
    let body = each(count, |i| {
        format!("local.get $a local.get $x {} local.set $a", operators[i % 4])
    });
    function("", &again(&body))
}

fn stores(count: usize) -> String {
    let body = each(count, |i| {
        format!(
            "local.get $n i64.const {i} i64.store offset={} local.get $n i32.load offset={} local.set $n",
            i * 8,
            i * 4
        )
    });
    function("", &again(&body))
}

fn ifs(count: usize) -> String {
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

fn empty(count: usize) -> String {
    format!("(module {})", "(func) ".repeat(count))
}

fn many_locals(count: usize) -> String {
    let one = format!("(func (result i64) {} local.get $l0) ", integer_locals(1_000));
    format!("(module {})", one.repeat(count))
}

fn many_parameters(count: usize) -> String {
    let parameters = "i64 ".repeat(100);
    let functions = format!("(func (param {parameters}) (result i64) local.get 99) ").repeat(count);
    format!(
        "(module (table {count} funcref) (elem (i32.const 0) func {}) {functions})",
        each(count, |i| i.to_string())
    )
}

fn bulk(count: usize) -> String {
    let body = "local.get $n i32.const 1 local.get $n memory.fill i32.const 1 memory.grow drop ";
    function("", &body.repeat(count))
}

fn indirect(count: usize) -> String {
    let body = "local.get $a local.get $n call_indirect (type $t) local.set $a ";
    function("", &body.repeat(count))
}
