//! What an operator costs between registers: as a chain, each waiting for the one before, and spread, none
//! waiting for another. The plumbing around it is measured by itself and taken off.

use std::fmt::Write;

use crate::measure::{Bench, Turn};
use crate::programs::contract;

/// Times that the operator stands in a turn.
const TIMES: usize = 64;

/// What was measured of an operator.
pub struct Measured {
    /// Nanoseconds of one in a chain; nothing where a chain has more of something else in it.
    pub chain: Option<f64>,
    /// Nanoseconds of one among others.
    pub spread: f64,
    /// Whole turns, which the worst block is looked for in.
    pub turns: Vec<Turn>,
}

impl Measured {
    /// The slower of the two.
    pub fn ns(&self) -> f64 {
        self.chain.unwrap_or(0.0).max(self.spread)
    }
}

/// A type of WebAssembly, in its text form.
type Type = &'static str;

/// An operator that only computes: what it takes and gives.
struct Signature {
    takes: Type,
    operands: usize,
    gives: Type,
}

/// Measures an operator by its name; nothing for one that does not only compute.
pub fn measure(bench: &Bench, name: &str) -> Option<Measured> {
    let signature = signature(name)?;
    let (bare, full) = spread(name, &signature);
    let (bare, full) = (bench.turn(&bare, u64::MAX), bench.turn(&full, u64::MAX));
    let spread = each(full, bare, 1.0);
    let mut turns = vec![full];
    let chain = chain(name, &signature).map(|chain| {
        let (bare, share) = match chain.bare {
            Some(bare) => (bench.turn(&bare, u64::MAX), 1.0),
            // Forth and back: half of it each.
            None => (Turn { ns: 0.0, points: 0.0 }, 0.5),
        };
        let full = bench.turn(&chain.full, u64::MAX);
        turns.push(full);
        each(full, bare, share)
    });
    Some(Measured { chain, spread, turns })
}

fn each(full: Turn, bare: Turn, share: f64) -> f64 {
    ((full.ns - bare.ns) * share / TIMES as f64).max(0.0)
}

fn signature(name: &str) -> Option<Signature> {
    let (of, what) = name.split_once('.')?;
    let of = value_type(of)?;
    let one = |gives| {
        Some(Signature {
            takes: of,
            operands: 1,
            gives,
        })
    };
    let two = |gives| {
        Some(Signature {
            takes: of,
            operands: 2,
            gives,
        })
    };
    let from = |takes| {
        Some(Signature {
            takes,
            operands: 1,
            gives: of,
        })
    };
    match what.trim_end_matches("_s").trim_end_matches("_u") {
        "eq" | "ne" | "lt" | "gt" | "le" | "ge" => two("i32"),
        "add" | "sub" | "mul" | "div" | "rem" | "and" | "or" | "xor" | "shl" | "shr" | "rotl" | "rotr"
        | "min" | "max" | "copysign" => two(of),
        "eqz" => one("i32"),
        "clz" | "ctz" | "popcnt" | "abs" | "neg" | "ceil" | "floor" | "trunc" | "nearest" | "sqrt"
        | "extend8" | "extend16" | "extend32" => one(of),
        what => from(value_type(what.rsplit('_').next()?)?),
    }
}

fn value_type(name: &str) -> Option<Type> {
    ["i32", "i64", "f32", "f64"].into_iter().find(|of| *of == name)
}

/// A value of the type that no compiler knows: a small one, or an integer of all bits, so that dividing the
/// one by the other takes long.
fn unknown(of: Type, number: usize, great: bool) -> String {
    let odd = 2 * number + 3;
    let factor = if great { 0x9e37_79b9_7f4a_7c15_u64 } else { 1 };
    let bits = format!(
        "(i64.or (i64.const {odd}) (i64.mul (local.get $n) (i64.const {})))",
        factor.cast_signed()
    );
    match of {
        "i32" => format!("(i32.wrap_i64 {bits})"),
        "i64" => bits,
        of => format!("({of}.add ({of}.convert_i64_s (local.get $n)) ({of}.const {odd}.7))"),
    }
}

/// Keeps the value at `$x` from settling.
fn mixed(of: Type, value: &str, with: &str) -> String {
    let mix = if of.starts_with('i') { "xor" } else { "add" };
    format!("({of}.{mix} {value} {with})")
}

struct Chain {
    bare: Option<String>,
    full: String,
}

/// Each operator takes what the one before gave.
fn chain(name: &str, signature: &Signature) -> Option<Chain> {
    let &Signature {
        takes,
        operands,
        gives,
    } = signature;
    let program = |step: &dyn Fn(usize) -> String| {
        let steps: String = (0..TIMES)
            .map(|i| format!("(local.set $x {})", step(i)))
            .collect();
        let mut locals = format!("(local $x {takes})");
        let mut before = format!("(local.set $x {})", unknown(takes, 90, true));
        for i in 0..4 {
            write!(locals, "(local $y{i} {takes})(local $z{i} {takes})").unwrap();
            write!(before, "(local.set $y{i} {})", unknown(takes, i, false)).unwrap();
            write!(before, "(local.set $z{i} {})", unknown(takes, i, true)).unwrap();
        }
        contract(
            1,
            &locals,
            &before,
            &steps,
            &format!("({takes}.store (i32.const 0) (local.get $x))"),
        )
    };
    let z = |i: usize| format!("(local.get $z{})", i % 4);
    let operator = |i: usize| match operands {
        1 => format!("({name} (local.get $x))"),
        _ => format!("({name} (local.get $x) (local.get $y{}))", i % 4),
    };
    if gives == takes {
        return Some(Chain {
            bare: Some(program(&|i| mixed(takes, "(local.get $x)", &z(i + 1)))),
            full: program(&|i| mixed(takes, &operator(i), &z(i + 1))),
        });
    }
    let back = back(takes, gives)?;
    Some(Chain {
        bare: None,
        full: program(&|i| format!("({back} {})", operator(i))),
    })
}

/// The way back from a type, if there is a cheap one.
fn back(takes: Type, gives: Type) -> Option<&'static str> {
    Some(match (gives, takes) {
        ("i32", "i64") => "i64.extend_i32_u",
        ("i64", "i32") => "i32.wrap_i64",
        ("i32", "f32") => "f32.convert_i32_s",
        ("i32", "f64") => "f64.convert_i32_s",
        ("i64", "f32") => "f32.convert_i64_s",
        ("i64", "f64") => "f64.convert_i64_s",
        ("f32", "f64") => "f64.promote_f32",
        ("f64", "f32") => "f32.demote_f64",
        ("f32", "i32") => "i32.reinterpret_f32",
        ("f64", "i64") => "i64.reinterpret_f64",
        _ => return None,
    })
}

/// No operator waits for another: four values that change, with four that do not, in every pair.
fn spread(name: &str, signature: &Signature) -> (String, String) {
    let &Signature {
        takes,
        operands,
        gives,
    } = signature;
    let program = |value: &dyn Fn(usize, usize) -> String, of: Type| {
        let (mut locals, mut before, mut turn) =
            ("(local $acc i64)".to_owned(), String::new(), String::new());
        for i in 0..4 {
            write!(locals, "(local $a{i} {takes})(local $b{i} {takes})").unwrap();
            write!(before, "(local.set $a{i} {})", unknown(takes, i, true)).unwrap();
            write!(before, "(local.set $b{i} {})", unknown(takes, i + 4, false)).unwrap();
        }
        for i in 0..TIMES {
            if i % 16 < 4 {
                let a = i % 4;
                write!(
                    turn,
                    "(local.set $a{a} ({takes}.add (local.get $a{a}) ({takes}.const 3)))"
                )
                .unwrap();
            }
            let bits = bits(of, &value(i % 4, i / 4 % 4));
            write!(turn, "(local.set $acc (i64.xor (local.get $acc) {bits}))").unwrap();
        }
        contract(
            1,
            &locals,
            &before,
            &turn,
            "(i64.store (i32.const 0) (local.get $acc))",
        )
    };
    let pair = |a: usize, b: usize| (format!("(local.get $a{a})"), format!("(local.get $b{b})"));
    let bare = |a, b| {
        let (a, b) = pair(a, b);
        mixed(takes, &a, &b)
    };
    let full = |a, b| match operands {
        1 => format!("({name} {})", bare(a, b)),
        _ => {
            let (a, b) = pair(a, b);
            format!("({name} {a} {b})")
        }
    };
    let alone = |a: usize, _: usize| format!("(local.get $a{a})");
    match operands {
        1 => (program(&bare, takes), program(&full, gives)),
        _ => (program(&alone, takes), program(&full, gives)),
    }
}

/// A value as 64 bits.
fn bits(of: Type, value: &str) -> String {
    match of {
        "i32" => format!("(i64.extend_i32_u {value})"),
        "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
        "f64" => format!("(i64.reinterpret_f64 {value})"),
        _ => value.to_owned(),
    }
}
