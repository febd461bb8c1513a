//! Which code is taken: what the other VM takes and what it does not, and the differences that are meant.

use crate::oracle::accepted;
use crate::published;
use crate::support::contract;

/// What both do with a code.
fn compare(what: &str, wasm: &[u8], here_and_there: [bool; 2]) {
    assert_eq!(accepted(wasm), here_and_there, "{what}");
}

#[test]
fn the_same_published_contracts_are_accepted() {
    let mut both = 0;
    for (name, code) in published::all() {
        let [here, there] = accepted(&code);
        assert_eq!(here, there, "{name}");
        both += usize::from(here);
    }
    assert!(both >= 20, "{both}");
}

#[test]
fn what_is_accepted_here_alone_is_what_the_page_names() {
    let results = "(func (export \"x\") (result i32 i32) (i32.const 1) (i32.const 2))";
    compare("several results", &contract(results), [true, false]);
    let copies = "(func (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)))";
    compare("bulk memory", &contract(copies), [true, false]);
    let locals = format!("(func (local {}))", "i32 ".repeat(200));
    compare("many locals", &contract(&locals), [true, false]);
    compare(
        "a table without a limit",
        &contract("(table 1 funcref)"),
        [true, false],
    );
    let bounded = wat::parse_str(
        r#"(module (memory (export "memory") 1 2) (func (export "interface_version_8"))
        (func (export "allocate") (param i32) (result i32) (i32.const 0))
        (func (export "deallocate") (param i32)))"#,
    );
    compare("a memory with a limit", &bounded.unwrap(), [true, false]);
}

#[test]
fn what_is_accepted_elsewhere_alone_is_what_the_page_names() {
    let wrong = r#"(func (export "execute") (param i32) (result i32) (i32.const 0))"#;
    compare("an entry point of another type", &contract(wrong), [false, true]);
    let import = r#"(import "env" "db_read" (func (param i64)))"#;
    compare("an import of another type", &contract(import), [false, true]);
}

#[test]
fn what_neither_accepts() {
    let neither = [
        r#"(import "env" "db_red" (func (param i32)))"#,
        r#"(func (export "interface_version_7"))"#,
        r#"(func (export "requires_teleportation"))"#,
        "(func (result i32) (v128.any_true (v128.const i64x2 0 0)))",
        "(table 1 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))",
        "(func return_call 0)",
    ];
    for body in neither {
        compare(body, &contract(body), [false, false]);
    }
}
