//! What is accepted as a contract, and for which interface.

use slsbft_wasm::bus::Entry;
use slsbft_wasm::{CheckError, Interface, Refusal, Report, cosmwasm};

use crate::support::{VM, contract};

/// A contract for CosmWasm. Its allocator gives the same 16 KiB each time.
pub fn cosmwasm(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {body}
            (memory (export "memory") 1)
            (data (i32.const 16) "\00\04\00\00\00\40\00\00\00\00\00\00")
            (func (export "interface_version_8"))
            (func (export "allocate") (param i32) (result i32) (i32.const 16))
            (func (export "deallocate") (param i32)))"#
    );
    wat::parse_str(text).unwrap()
}

fn module(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module (memory (export \"memory\") 1) {body})")).unwrap()
}

fn refusal(wasm: &[u8]) -> CheckError {
    match VM.check(wasm).unwrap_err() {
        Refusal::Interface(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn the_marker_says_which_interface_a_contract_has() {
    let bus = contract(r#"(func (export "hook")) (func (export "execute"))"#);
    let Report::Bus(report) = VM.check(&bus).unwrap() else {
        panic!()
    };
    assert_eq!(report.entries, [Entry::Execute, Entry::Hook]);
    assert_eq!(VM.compile(&bus).unwrap().interface(), Interface::Bus);
    let theirs = cosmwasm(r#"(func (export "query") (param i32 i32) (result i32) (i32.const 0))"#);
    let Report::CosmWasm(report) = VM.check(&theirs).unwrap() else {
        panic!()
    };
    assert_eq!(report.entries, [cosmwasm::Entry::Query]);
    assert_eq!(VM.compile(&theirs).unwrap().interface(), Interface::CosmWasm);
}

#[test]
fn a_contract_has_exactly_one_marker_that_the_host_knows() {
    for markers in [
        &[][..],
        &["interface_version_8", "slsbft_abi_1"],
        &["slsbft_abi_2"],
        &["slsbft_abi_1", "slsbft_abi_2"],
        &["interface_version_7"],
        &["interface_version_7", "slsbft_abi_1"],
    ] {
        let exports: String = markers
            .iter()
            .map(|marker| format!(r#"(func (export "{marker}"))"#))
            .collect();
        let named = markers.iter().map(|marker| (*marker).to_owned()).collect();
        let refusal = refusal(&module(&exports));
        assert_eq!(refusal, CheckError::Interface(named));
        assert!(refusal.to_string().contains("`slsbft_abi_1`"), "{refusal}");
    }
}

#[test]
fn a_marker_that_is_no_function_marks_nothing() {
    let global = r#"(global (export "slsbft_abi_1") i32 (i32.const 0))"#;
    assert_eq!(refusal(&module(global)), CheckError::Interface(Vec::new()));
}

#[test]
fn what_the_host_does_not_offer_is_named() {
    for (from, name) in [
        ("env", "db_read"),
        ("slsbft", "got"),
        ("wasi_snapshot_preview1", "fd_write"),
    ] {
        let import = format!(r#"(import "{from}" "{name}" (func (param i32) (result i32)))"#);
        let wasm = wat::parse_str(format!(
            r#"(module {import} (memory (export "memory") 1) (func (export "slsbft_abi_1")))"#
        ));
        let refusal = refusal(&wasm.unwrap());
        let CheckError::UnknownImport {
            module, name: import, ..
        } = &refusal
        else {
            panic!("{refusal}")
        };
        assert_eq!((module.as_str(), import.as_str()), (from, name));
        assert!(refusal.to_string().contains("module `slsbft`"), "{refusal}");
    }
}

#[test]
fn imports_entry_points_and_the_memory_have_their_types() {
    let marked = |rest: &str| {
        let text = format!(r#"(module {rest} (func (export "slsbft_abi_1")))"#);
        refusal(&wat::parse_str(text).unwrap())
    };
    let memory = r#"(memory (export "memory") 1)"#;
    let wrong = |name: &str, expected: &str, found: &str| CheckError::WrongType {
        interface: Interface::Bus,
        name: name.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    assert_eq!(
        marked(&format!(
            r#"(import "slsbft" "input" (func (param i32))) {memory}"#
        )),
        wrong("input", "(i32, i32) -> (i32)", "(i32) -> ()")
    );
    assert_eq!(
        marked(&format!(r#"{memory} (func (export "execute") (param i32))"#)),
        wrong("execute", "() -> ()", "(i32) -> ()")
    );
    let missing = CheckError::MissingExport {
        interface: Interface::Bus,
        name: "memory",
    };
    assert_eq!(marked(""), missing);
    let typed = module(r#"(func (export "slsbft_abi_1") (param i32))"#);
    assert_eq!(refusal(&typed), wrong("slsbft_abi_1", "() -> ()", "(i32) -> ()"));
}
