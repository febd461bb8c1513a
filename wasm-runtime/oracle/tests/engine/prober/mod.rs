//! The host's functions answer as those of `cosmwasm-vm`, whatever they are given: each is called in both
//! from a contract made for the purpose.

mod addresses;
mod crypto;
mod iterators;
mod regions;
mod storage;
mod texts;

use std::fmt::Write;

use cosmwasm_vm::testing::mock_info;
use slsbft_wasm::Reason;
use slsbft_wasm::cosmwasm::Entry;

use crate::oracle::{Pair, json};
use crate::support::contract;

/// What a function is given.
#[derive(Clone)]
enum Arg {
    /// A region with these bytes.
    Bytes(Vec<u8>),
    /// A region of this offset, capacity and length.
    Region(u32, u32, u32),
    /// A region of this capacity to write to.
    Out(u32),
    /// A number.
    Number(u32),
}

/// What to return of what a function returns.
#[derive(Clone, Copy, PartialEq)]
enum Give {
    Nothing,
    Number,
    /// The region that a pointer leads to, or zero.
    Pointer,
    /// A pointer in the low half of 64 bits, or the number.
    LowPointer,
    /// The region that was written to after a zero, or the number.
    Out,
}

/// Where the arguments' bytes begin.
const DATA: u32 = 1 << 20;

fn probe(function: &str, args: &[Arg], give: Give) -> Vec<u8> {
    let mut data = String::new();
    let mut values = String::new();
    let mut out = 0;
    let mut next = DATA;
    for (at, arg) in (64..).step_by(12).zip(args) {
        let (offset, capacity, length) = match arg {
            Arg::Bytes(bytes) => {
                write!(data, r#"(data (i32.const {next}) "{}")"#, escape(bytes)).unwrap();
                let length = u32::try_from(bytes.len()).unwrap();
                next += length.next_multiple_of(16);
                (next - length.next_multiple_of(16), length, length)
            }
            Arg::Region(offset, capacity, length) => {
                out = at;
                (*offset, *capacity, *length)
            }
            Arg::Out(capacity) => {
                out = at;
                next += 1024;
                (next - 1024, *capacity, 0)
            }
            Arg::Number(number) => {
                write!(values, "(i32.const {})", number.cast_signed()).unwrap();
                continue;
            }
        };
        let region: Vec<u8> = [offset, capacity, length]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        write!(data, r#"(data (i32.const {at}) "{}")"#, escape(&region)).unwrap();
        write!(values, "(i32.const {at})").unwrap();
    }
    let result = match give {
        Give::Nothing => "",
        Give::LowPointer => "(result i64)",
        _ => "(result i32)",
    };
    let parameters = "i32 ".repeat(args.len());
    let body = give.body(&format!("(call $probed {values})"), out);
    contract(&format!(
        r#"(import "env" "{function}" (func $probed (param {parameters}) {result}))
        (data (i32.const 128) "\00\01\00\00\08\00\00\00\08\00\00\00")
        {data}
        (func (export "execute") (param i32 i32 i32) (result i32) (local $i i32) (local $l i64) {body})
        (func (export "query") (param i32 i32) (result i32) (local $i i32) (local $l i64) {body})"#
    ))
}

impl Give {
    /// Calls the function and leaves a pointer to the region to return.
    fn body(self, call: &str, out: u32) -> String {
        match self {
            Self::Nothing => format!("{call} (i32.const 128)"),
            Self::Number => number(&format!("(i64.extend_i32_u {call})")),
            Self::Pointer => {
                format!("(select (local.tee $i {call}) (i32.const 128) (local.get $i))")
            }
            Self::LowPointer => format!(
                "(if (result i32) (i64.gt_u (local.tee $l {call}) (i64.const 0xffffffff))
                    (then {}) (else (i32.wrap_i64 (local.get $l))))",
                number("(local.get $l)")
            ),
            Self::Out => format!(
                "(if (result i32) (local.tee $i {call}) (then {}) (else (i32.const {out})))",
                number("(i64.extend_i32_u (local.get $i))")
            ),
        }
    }
}

fn number(value: &str) -> String {
    format!("(block (result i32) (i64.store (i32.const 256) {value}) (i32.const 128))")
}

fn escape(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

fn bytes(bytes: impl AsRef<[u8]>) -> Arg {
    Arg::Bytes(bytes.as_ref().to_vec())
}

fn hex(text: &str) -> Arg {
    Arg::Bytes(hex::decode(text).unwrap())
}

/// Calls a function in both VMs over a state with two records.
fn compare(function: &str, args: &[Arg], give: Give) -> Result<Vec<u8>, Reason> {
    let mut pair = Pair::new(&probe(function, args, give));
    pair.put(b"key", b"value");
    pair.put(b"other", b"");
    let info = json(&mock_info("anybody", &[]));
    let env = json(&pair.env);
    pair.both(Entry::Execute, &[&env, &info, b"{}"])
}

/// What it returned as a number.
fn code(function: &str, args: &[Arg], give: Give) -> u64 {
    let bytes = compare(function, args, give).unwrap();
    u64::from_le_bytes(bytes.try_into().unwrap())
}
