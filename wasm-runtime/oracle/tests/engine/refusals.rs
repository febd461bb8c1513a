//! Code that cannot run here is refused at upload, with what is wrong and what to do.

use std::collections::BTreeSet;

use slsbft_wasm::cosmwasm::{self, Entry};
use slsbft_wasm::{CheckError, CompileError, Config, Interface, Refusal, Report, Vm};

use crate::published;
use crate::support::{VM, contract};

fn refusal(wasm: &[u8]) -> CheckError {
    match VM.check(wasm).unwrap_err() {
        Refusal::Interface(error) => error,
        other => panic!("{other}"),
    }
}

fn report(name: &str) -> cosmwasm::Report {
    match VM.check(&published::one(name)).unwrap() {
        Report::CosmWasm(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn published_contracts_are_described() {
    let report = self::report("ibc_reflect");
    assert_eq!(
        report.entries,
        [
            Entry::Instantiate,
            Entry::Execute,
            Entry::Query,
            Entry::Migrate,
            Entry::Reply
        ]
    );
    assert!(report.ibc.contains(&"ibc_packet_receive") && report.capabilities.contains("stargate"));
    let report = self::report("hackatom");
    assert!(report.entries.contains(&Entry::Sudo) && report.ibc.is_empty());
}

#[test]
fn imports_that_no_host_offers_are_named() {
    for (module, name) in [
        ("env", "db_red"),
        ("wasi_snapshot_preview1", "fd_write"),
        ("", ""),
    ] {
        let wasm = contract(&format!(r#"(import "{module}" "{name}" (func (param i32)))"#));
        let CheckError::UnknownImport {
            module: found,
            name: import,
            ..
        } = refusal(&wasm)
        else {
            panic!()
        };
        assert_eq!((found.as_str(), import.as_str()), (module, name));
    }
}

#[test]
fn wrong_types_are_named_with_the_right_ones() {
    let import = refusal(&contract(
        r#"(import "env" "db_read" (func (param i32) (result i64)))"#,
    ));
    let entry = refusal(&contract(
        r#"(func (export "execute") (param i32 i32) (result i32) (i32.const 0))"#,
    ));
    let wrong = |name: &str, expected: &str, found: &str| CheckError::WrongType {
        interface: Interface::CosmWasm,
        name: name.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    assert_eq!(import, wrong("db_read", "(i32) -> (i32)", "(i32) -> (i64)"));
    assert_eq!(
        entry,
        wrong("execute", "(i32, i32, i32) -> (i32)", "(i32, i32) -> (i32)")
    );
    for parameters in ["i32 i32", "i32 i32 i32"] {
        let migrate = format!(r#"(func (export "migrate") (param {parameters}) (result i32) (i32.const 0))"#);
        VM.check(&contract(&migrate)).unwrap();
    }
}

#[test]
fn contracts_name_their_interface_once() {
    let module =
        |body: &str| wat::parse_str(format!("(module (memory (export \"memory\") 1) {body})")).unwrap();
    assert_eq!(refusal(&module("")), CheckError::Interface(Vec::new()));
    let other = refusal(&module(r#"(func (export "interface_version_7"))"#));
    assert_eq!(
        other,
        CheckError::Interface(vec!["interface_version_7".to_owned()])
    );
    let two = r#"(func (export "interface_version_8") (export "interface_version_9"))"#;
    assert!(matches!(refusal(&module(two)), CheckError::Interface(found) if found.len() == 2));
    let bare = refusal(&module(r#"(func (export "interface_version_8"))"#));
    let missing = CheckError::MissingExport {
        interface: Interface::CosmWasm,
        name: "allocate",
    };
    assert_eq!(bare, missing);
}

#[test]
fn what_the_chain_does_not_offer_is_named() {
    let capabilities = BTreeSet::from(["iterator".to_owned()]);
    let vm = Vm::new(Config {
        capabilities,
        ..Config::default()
    })
    .unwrap();
    let Err(Refusal::Interface(CheckError::Capabilities(missing))) =
        vm.check(&published::one("ibc_callbacks"))
    else {
        panic!()
    };
    assert_eq!(missing, ["stargate"]);
    vm.check(&published::one("cw20_base")).unwrap();
}

#[test]
fn what_is_refused_is_not_compiled() {
    let refused = VM.compile(b"no module").unwrap_err();
    assert!(
        matches!(refused, CompileError::Refused(Refusal::Module(_))),
        "{refused}"
    );
    let refused = VM.compile(&contract(r#"(import "env" "x" (func))"#)).unwrap_err();
    assert!(
        matches!(refused, CompileError::Refused(Refusal::Interface(_))),
        "{refused}"
    );
}
