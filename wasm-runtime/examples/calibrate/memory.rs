//! Memory: what is near and what is far, what is fresh, and what moves in bulk.

use std::fmt::Write;

use slsbft_wasm::prices::OPERATORS;

use crate::Case;
use crate::programs::{contract, data, looped, module};

/// Times that an operator stands in a turn.
const TIMES: usize = 64;

/// Bytes of the greatest memory that a contract may have.
const MOST: usize = 32 << 20;

/// Bytes of a cache line.
const LINE: usize = 64;

pub fn cases() -> Vec<Case> {
    let mut cases = near();
    cases.extend([256 << 10, 1 << 20, 8 << 20, MOST].map(chase));
    cases.extend([8 << 20, MOST].map(scattered));
    cases.extend(awkward());
    cases.extend(fresh());
    cases.extend(bulk());
    cases
}

/// Every load and store, none waiting for another; and loads that do.
fn near() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in OPERATORS {
        if name.contains(".load") {
            let (of, _) = name.split_once('.').unwrap();
            let turn: String = (0..TIMES)
                .map(|i| {
                    let value = format!("({name} offset={} (local.get $p))", 8 * i);
                    let bits = match of {
                        "i32" => format!("(i64.extend_i32_u {value})"),
                        "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
                        "f64" => format!("(i64.reinterpret_f64 {value})"),
                        _ => value,
                    };
                    format!("(local.set $acc (i64.xor (local.get $acc) {bits}))")
                })
                .collect();
            let text = contract(
                1,
                "(local $acc i64)(local $p i32)",
                "",
                &turn,
                "(i64.store (i32.const 0) (local.get $acc))",
            );
            cases.push(Case::new(name, TIMES, text));
            let step = match of {
                "i32" => format!("(local.set $p ({name} (local.get $p)))"),
                "i64" => format!("(local.set $p (i32.wrap_i64 ({name} (local.get $p))))"),
                _ => continue,
            };
            let text = contract(
                1,
                "(local $p i32)",
                "",
                &step.repeat(TIMES),
                "(i32.store (i32.const 8) (local.get $p))",
            );
            cases.push(Case::new(&format!("{name}, each waits"), TIMES, text));
        } else if name.contains(".store") {
            let (of, _) = name.split_once('.').unwrap();
            let turn: String = (0..TIMES)
                .map(|i| format!("({name} offset={} (local.get $p) (local.get $v))", 8 * i))
                .collect();
            let text = contract(1, &format!("(local $v {of})(local $p i32)"), "", &turn, "");
            cases.push(Case::new(name, TIMES, text));
        }
    }
    cases
}

/// Fills memory so that each line holds the address of another, all in one circle that no machine foresees.
fn circle(bytes: usize) -> (u32, String, String) {
    let lines = bytes / LINE;
    let pages = bytes >> 16;
    let before = format!(
        "(loop $fill
            (i32.store (i32.mul (local.get $i) (i32.const {LINE}))
                (i32.mul (i32.const {LINE}) (i32.and (i32.const {})
                    (i32.add (i32.const 12345) (i32.mul (local.get $i) (i32.const 1103515245))))))
            (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {lines}))))",
        lines - 1
    );
    (pages as u32, "(local $i i32)(local $p i32)".to_owned(), before)
}

/// Loads of which each waits for the one before.
fn chase(bytes: usize) -> Case {
    let (pages, locals, before) = circle(bytes);
    let turn = "(local.set $p (i32.load (local.get $p)))".repeat(TIMES);
    let text = contract(
        pages,
        &locals,
        &before,
        &turn,
        "(i32.store (i32.const 8) (local.get $p))",
    );
    Case {
        most: 100_000,
        ..Case::new(
            &format!("i32.load, each waits, in {} KiB", bytes >> 10),
            TIMES,
            text,
        )
    }
}

/// Loads and stores all over the memory, none waiting for another.
fn scattered(bytes: usize) -> Case {
    let (pages, locals, before) = circle(bytes);
    let step = format!(
        "(local.set $i (i32.add (i32.const 12345) (i32.mul (local.get $i) (i32.const 1103515245))))
        (i32.store8 (i32.and (local.get $i) (i32.const {})) (local.get $i))",
        bytes - 1
    );
    let text = contract(pages, &locals, &before, &step.repeat(TIMES), "");
    Case {
        most: 100_000,
        ..Case::new(
            &format!("i32.store8, scattered, in {} KiB", bytes >> 10),
            TIMES,
            text,
        )
    }
}

/// What processors handle badly.
fn awkward() -> Vec<Case> {
    let one = |name, step: &str| {
        let text = contract(
            2,
            "(local $p i32)(local $x i64)",
            "",
            &step.repeat(TIMES),
            "(i64.store (i32.const 8) (local.get $x))",
        );
        Case::new(name, TIMES, text)
    };
    vec![
        one(
            "i64.load across lines, each waits",
            "(local.set $p (i32.wrap_i64 (i64.load offset=1020 (local.get $p))))",
        ),
        one(
            "i64.load across pages, each waits",
            "(local.set $p (i32.wrap_i64 (i64.load offset=4092 (local.get $p))))",
        ),
        one(
            "i64.store across pages",
            "(i64.store offset=4092 (local.get $p) (local.get $x))",
        ),
        one(
            "i64.store, i64.load of it",
            "(i64.store offset=64 (local.get $p) (local.get $x)) (local.set $p (i32.load offset=64 (local.get $p)))",
        ),
        one(
            "i32.store8, i64.load over it",
            "(i32.store8 offset=64 (local.get $p) (local.get $p)) (local.set $p (i32.wrap_i64 (i64.load offset=61 (local.get $p))))",
        ),
    ]
}

/// Touches each of the kernel's pages of one of WebAssembly's at `$p`.
fn touch() -> String {
    (0..16)
        .map(|page| format!("(i32.store8 offset={} (local.get $p) (i32.const 1))", page << 12))
        .collect()
}

/// Pages that were never used.
fn fresh() -> Vec<Case> {
    let next = "(local.set $p (i32.add (local.get $p) (i32.const 65536)))";
    let grown = format!("(drop (memory.grow (i32.const 1))) {next} {}", touch());
    let only = "(drop (memory.grow (i32.const 1)))";
    let least = |pages: u32, body: &str| contract(pages, "(local $p i32)", "", body, "");
    let touched = format!("{} {next}", touch());
    let filled = |pages: u32| {
        let data: String = (0..pages * 16).map(|page| data(page << 12, &[7; 4096])).collect();
        let memory = format!("(memory (export \"memory\") {pages}) {data}");
        module(&memory, &looped("(local $p i32)", "", &touched, ""))
    };
    vec![
        Case {
            most: 1_000,
            ..Case::new("memory.grow by a page", 1, least(1, only))
        },
        Case {
            most: 1_000,
            ..Case::new("memory.grow by a page, touched", 1, least(1, &grown))
        },
        Case::pair("page of the minimum", (least(1, ""), 1), (least(512, ""), 1), 511),
        Case::pair(
            "page of the minimum, touched",
            (least(1, &touched), 1),
            (least(512, &touched), 512),
            511,
        ),
        Case::pair("page of data, touched", (filled(1), 1), (filled(48), 48), 47),
        Case {
            most: 1_000_000,
            ..Case::new(
                "memory.grow by nothing",
                1,
                least(1, "(drop (memory.grow (i32.const 0)))"),
            )
        },
        Case::new(
            "memory.size",
            1,
            contract(
                1,
                "(local $x i32)",
                "",
                "(local.set $x (i32.add (local.get $x) (memory.size)))",
                "(i32.store (i32.const 0) (local.get $x))",
            ),
        ),
    ]
}

/// `memory.*` and `table.*` by their lengths.
fn bulk() -> Vec<Case> {
    let mut cases = Vec::new();
    for (length, label) in [
        (0, "0"),
        (64, "64"),
        (4_096, "4 Ki"),
        (1 << 20, "1 Mi"),
        (16 << 20, "16 Mi"),
    ] {
        let apart = 16 << 20;
        let most = if length > 1 << 19 { 60 } else { 1 << 20 };
        let before = format!(
            "(memory.fill (i32.const 0) (i32.const 1) (i32.const {}))
            (local.set $l (i32.or (i32.const {length}) (i32.wrap_i64 (i64.shr_u (local.get $n) (i64.const 40)))))",
            if length > 4_096 { apart + length } else { 4_096 }
        );
        let pages = 512;
        for (name, step) in [
            (
                "memory.fill",
                "(memory.fill (i32.const 0) (i32.const 7) (local.get $l))".to_owned(),
            ),
            (
                "memory.copy",
                format!("(memory.copy (i32.const {apart}) (i32.const 3) (local.get $l))"),
            ),
            (
                "memory.copy over itself",
                "(memory.copy (i32.const 1) (i32.const 0) (local.get $l))".to_owned(),
            ),
        ] {
            let text = contract(pages, "(local $l i32)", &before, &step, "");
            cases.push(Case {
                most,
                ..Case::new(&format!("{name} of {label} bytes"), 1, text)
            });
        }
    }
    for length in [0, 64, 65_536] {
        let mut memory = "(memory (export \"memory\") 2) (data $d \"".to_owned();
        for byte in 0..length {
            write!(memory, "\\{:02x}", byte % 251).unwrap();
        }
        memory.push_str("\")");
        let step = format!("(memory.init $d (i32.const 0) (i32.const 0) (i32.const {length}))");
        cases.push(Case::new(
            &format!("memory.init of {length} bytes"),
            1,
            module(&memory, &looped("", "", &step, "")),
        ));
    }
    for length in [0, 64, 8_000] {
        let table = format!(
            "(memory (export \"memory\") 1) (table 10000 funcref) (elem $e func {}) (func $f)",
            "$f ".repeat(8_000)
        );
        for (name, step) in [
            (
                "table.copy",
                format!("(table.copy (i32.const 1) (i32.const 0) (i32.const {length}))"),
            ),
            (
                "table.init",
                format!("(table.init $e (i32.const 0) (i32.const 0) (i32.const {length}))"),
            ),
        ] {
            cases.push(Case::new(
                &format!("{name} of {length} elements"),
                1,
                module(&table, &looped("", "", &step, "")),
            ));
        }
    }
    let dropped = "(memory (export \"memory\") 1) (data $d \"abc\") (elem $e func $f) (func $f)";
    for name in ["data.drop $d", "elem.drop $e"] {
        cases.push(Case::new(
            name,
            1,
            module(dropped, &looped("", "", &format!("({name})"), "")),
        ));
    }
    cases
}
