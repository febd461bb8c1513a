//! Contracts that do what their message says, in text form.

use std::fmt::Write;

use crate::support::{ENV, IMPORTS};

/// Where the message of the service bus's contract begins.
pub const BUS_MESSAGE: u32 = 0;

/// Where the CosmWasm contract puts the message first, whatever its arguments were before it.
pub const COSMWASM_MESSAGE: u32 = 16_384;

/// Where the allocator begins.
const ARENA: u32 = 4_096;

/// Bytes of a region.
const REGION: u32 = 12;

/// Where what a function returned is put, so that a later step may use it.
const RESULT: u32 = 60_000;

/// A function that a step may call.
pub struct Function {
    module: &'static str,
    name: &'static str,
    parameters: Vec<&'static str>,
    result: Option<&'static str>,
}

impl Function {
    /// Bytes of a step that calls it.
    pub fn step(&self) -> usize {
        1 + self.parameters.iter().map(|ty| bytes(ty) as usize).sum::<usize>()
    }

    fn import(&self) -> String {
        let Self {
            module,
            name,
            parameters,
            result,
        } = self;
        let result = result.map(|ty| format!("(result {ty})")).unwrap_or_default();
        let parameters = parameters.join(" ");
        format!("(import \"{module}\" \"{name}\" (func ${name} (param {parameters}) {result}))\n")
    }

    /// The call, with its arguments from behind `$p`.
    fn call(&self) -> String {
        let mut at = 1;
        let mut call = format!("(call ${}", self.name);
        for ty in &self.parameters {
            write!(call, " ({ty}.load offset={at} (local.get $p))").unwrap();
            at += bytes(ty);
        }
        call.push(')');
        match self.result {
            Some(ty) => format!("({ty}.store (i32.const {RESULT}) {call})"),
            None => call,
        }
    }
}

fn bytes(ty: &str) -> u32 {
    if ty == "i64" { 8 } else { 4 }
}

/// The functions of the service bus, in the order of their steps.
pub fn bus_functions() -> Vec<Function> {
    let types = |of: &'static str| -> Vec<&'static str> {
        let words = of.split(['(', ')', ' ']);
        words.filter(|word| word.starts_with('i')).collect()
    };
    let functions = IMPORTS.iter().map(|(name, of)| {
        let (parameters, result) = of.split_once("(result").unwrap_or((of, ""));
        Function {
            module: "slsbft",
            name,
            parameters: types(parameters),
            result: types(result).first().copied(),
        }
    });
    functions.collect()
}

/// The functions of CosmWasm's host, in the order of their steps. Behind them stand two steps of the contract itself: one
/// sets what `allocate` returns from then on, one ends the call with a result; each has one number.
pub fn cosmwasm_functions() -> Vec<Function> {
    let functions = ENV.iter().map(|(name, parameters, result)| Function {
        module: "env",
        name,
        parameters: vec!["i32"; *parameters],
        result: Some(*result).filter(|ty| !ty.is_empty()),
    });
    functions.collect()
}

/// `execute` and `query` do what the message says.
pub fn bus() -> Vec<u8> {
    let functions = bus_functions();
    let imports: String = functions.iter().map(Function::import).collect();
    let steps = steps(&functions, &[]);
    parse(&format!(
        r#"(module {imports}
            (memory (export "memory") 2 4)
            (func (export "slsbft_abi_1"))
            (func (export "execute") (export "query") (local $p i32) (local $end i32)
                (local.set $end (call $input (i32.const {BUS_MESSAGE}) (i32.const 32768)))
                {steps}))"#
    ))
}

/// `execute` and `query` do what the message says.
pub fn cosmwasm() -> Vec<u8> {
    let functions = cosmwasm_functions();
    let imports: String = functions.iter().map(Function::import).collect();
    let own = [
        "(global.set $forced (i32.load offset=1 (local.get $p)))",
        "(return (i32.load offset=1 (local.get $p)))",
    ];
    let steps = steps(&functions, &own);
    parse(&format!(
        r#"(module {imports}
            (memory (export "memory") 2 4)
            (global $next (mut i32) (i32.const {ARENA}))
            (global $forced (mut i32) (i32.const 0))
            (func (export "interface_version_8"))
            (func (export "allocate") (param $size i32) (result i32) (local $region i32)
                (if (global.get $forced) (then (return (global.get $forced))))
                (local.set $region (global.get $next))
                (i32.store (local.get $region) (i32.add (local.get $region) (i32.const {REGION})))
                (i32.store offset=4 (local.get $region) (local.get $size))
                (global.set $next (i32.add (local.get $region) (i32.add (local.get $size) (i32.const {REGION}))))
                (local.get $region))
            (func (export "deallocate") (param i32))
            (func $obey (param $message i32) (result i32) (local $p i32) (local $end i32)
                (local.set $p (i32.const {COSMWASM_MESSAGE}))
                (local.set $end (i32.add (local.get $p) (i32.load offset=8 (local.get $message))))
                (memory.copy (local.get $p) (i32.load (local.get $message)) (i32.load offset=8 (local.get $message)))
                {steps}
                (i32.const {RESULT}))
            (func (export "execute") (param i32 i32 i32) (result i32) (call $obey (local.get 2)))
            (func (export "query") (param i32 i32) (result i32) (call $obey (local.get 1))))"#
    ))
}

/// A loop over the steps between `$p` and `$end`; `own` are those of the contract itself, with four bytes each.
fn steps(functions: &[Function], own: &[&str]) -> String {
    let mut cases: Vec<_> = functions
        .iter()
        .map(|function| (function.call(), function.step()))
        .collect();
    cases.extend(own.iter().map(|text| ((*text).to_owned(), 5)));
    let count = cases.len();
    let labels: String = (0..count).fold(String::new(), |labels, at| labels + &format!(" $case{at}"));
    let blocks: String = (0..count).rev().map(|at| format!("(block $case{at} ")).collect();
    let mut text = format!(
        "(block $done (loop $steps
            (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
            {blocks} (br_table {labels} (i32.rem_u (i32.load8_u (local.get $p)) (i32.const {count})))"
    );
    for (case, step) in cases {
        write!(
            text,
            ") {case} (local.set $p (i32.add (local.get $p) (i32.const {step}))) (br $steps)"
        )
        .unwrap();
    }
    text + "))"
}

fn parse(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
