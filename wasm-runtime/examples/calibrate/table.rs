//! A price table out of what was measured: operators of a kind share the price of the slowest of them.

use std::collections::BTreeMap;

use slsbft_wasm::prices::{OPERATORS, Prices, RULES};

/// The table as it is.
const CURRENT: &str = include_str!("../../src/prices/v2.txt");

/// Measured nanoseconds by operator.
pub type Times = BTreeMap<&'static str, f64>;

/// Prints a table in the order that tables have. What is not in `times` keeps its price.
pub fn print(times: &Times) {
    let mut kinds: BTreeMap<String, f64> = BTreeMap::new();
    for (name, ns) in times {
        let slowest = kinds.entry(kind(name)).or_default();
        *slowest = slowest.max(*ns);
    }
    let mut text = String::new();
    for name in OPERATORS.iter().chain(&RULES) {
        let line = match (times.get(name), kinds.get(&kind(name))) {
            (Some(ns), Some(slowest)) => {
                let points = points(*slowest);
                format!("{name} = {points} # {ns:.2} ns, {:.2}", error(*ns, points))
            }
            _ => format!("{name} = {}", price(name)),
        };
        text.push_str(&line);
        text.push('\n');
    }
    Prices::parse(&text).unwrap();
    print!("{text}");
}

/// What the table has now.
pub fn price(name: &str) -> u64 {
    let entry = format!("{name} = ");
    let rest = CURRENT
        .lines()
        .find_map(|line| line.strip_prefix(&entry))
        .unwrap();
    let figure = rest.split_whitespace().next().unwrap();
    figure.parse().unwrap()
}

/// How many times the price something costs: above 1 it is too cheap.
pub fn error(ns: f64, points: u64) -> f64 {
    ns * 1_000.0 / points as f64
}

/// Nanoseconds as a price: two digits, rounded up.
fn points(ns: f64) -> u64 {
    let points = (ns * 1_000.0).ceil().max(100.0) as u64;
    let unit = 10_u64.pow(points.ilog10() - 1);
    points.div_ceil(unit) * unit
}

/// Operators that share a price.
fn kind(name: &str) -> String {
    let Some((of, what)) = name.split_once('.') else {
        return name.to_owned();
    };
    let float = of.starts_with('f');
    let what = what.trim_end_matches("_s").trim_end_matches("_u");
    let kind = match what {
        "add" | "sub" | "mul" if float => "float arithmetic",
        "div" | "sqrt" if float => "float division",
        "abs" | "neg" | "copysign" => "float sign",
        "min" | "max" => "float choice",
        "ceil" | "floor" | "trunc" | "nearest" => "float rounding",
        "eq" | "ne" | "lt" | "gt" | "le" | "ge" if float => "float comparison",
        "mul" => "multiplication",
        "div" | "rem" => return format!("{of} division"),
        what if what.starts_with("trunc_") => "truncation",
        what if what.starts_with("convert_") || what.ends_with("mote_f32") || what.ends_with("mote_f64") => {
            "conversion"
        }
        what if what.starts_with("reinterpret_") => "reinterpretation",
        what if what.starts_with("load") => "load",
        what if what.starts_with("store") => "store",
        _ => "integer",
    };
    kind.to_owned()
}
