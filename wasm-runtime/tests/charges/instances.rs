//! What comes before the first instruction, and the table itself.

use sha2::{Digest, Sha256};
use slsbft_wasm::HostPrices;
use slsbft_wasm::pass::{Rules, meter};
use slsbft_wasm::prices::VERSION;

use crate::common::{DEEP, Failure, Metering, metered};
use crate::{price, speed, sum};

#[test]
fn the_start_function_is_taken_out_and_pays_like_any_other() {
    let text = r#"(module (global (export "g") (mut i32) (i32.const 1)) (start $s)
        (func $s i32.const 5 global.set 0))"#;
    let metered = metered(text);
    assert!(metered.start);
    let cost = sum("function.entry i32.const global.set end");
    let (mut metering, started) = Metering::start(&speed(), &metered, cost, DEEP);
    assert_eq!(started, Ok(()));
    assert_eq!(metering.points(), 0);
    let (_, started) = Metering::start(&speed(), &metered, cost - 1, DEEP);
    assert_eq!(started, Err(Failure::OutOfPoints));
}

#[test]
fn an_instance_pays_for_what_it_holds_before_its_first_instruction() {
    let text = r#"(module (memory 3) (table 7 funcref) (global i32 (i32.const 0)) (global i64 (i64.const 0))
        (data (i32.const 0) "abcde") (data "xyz") (elem (i32.const 0) $f $f) (elem func $f) (func $f))"#;
    let names = "instance 3*instance/page 8*instance/data-byte 7*instance/element 3*instance/element 2*instance/global";
    assert_eq!(metered(text).instantiation as i64, sum(names));
}

#[test]
fn pages_beyond_those_that_a_place_keeps_are_paid_as_fresh_ones() {
    let kept = price("memory.kept");
    for (pages, names) in [
        (kept, format!("instance {kept}*instance/page")),
        (
            kept + 3,
            format!("instance {kept}*instance/page 3*instance/fresh-page"),
        ),
    ] {
        let text = format!("(module (memory {pages}))");
        assert_eq!(metered(&text).instantiation as i64, sum(&names), "{pages} pages");
    }
}

#[test]
fn every_price_of_the_table_is_one_that_the_pass_knows() {
    let rules = Rules::CONSENSUS;
    let code = wat::parse_str(r#"(module (func unreachable))"#).unwrap();
    assert!(meter(&code, &rules).is_ok());
    let lines = include_str!("../../src/prices/v2.txt")
        .lines()
        .filter(|line| line.contains(" = "))
        .count();
    assert_eq!(
        lines,
        slsbft_wasm::prices::OPERATORS.len() + slsbft_wasm::prices::RULES.len()
    );
}

#[test]
fn a_table_keeps_its_prices_for_as_long_as_it_has_its_version() {
    let operators = include_str!("../../src/prices/v2.txt")
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .filter(|line| !line.is_empty());
    let host = format!("{:?}", HostPrices::DEFAULT);
    let table: Vec<_> = operators.chain([host.as_str()]).collect();
    let hash = hex::encode(Sha256::digest(table.join("\n")));
    assert_eq!(
        (VERSION, hash.get(..16)),
        (2, Some("c2029e65be5cac6a")),
        "nodes with other prices disagree: a new table is a file and a VERSION of its own"
    );
}
