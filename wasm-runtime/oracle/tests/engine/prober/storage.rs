//! The contract's state.

use slsbft_wasm::Reason;
use slsbft_wasm::cosmwasm::Entry;

use super::{Give, bytes, compare, probe};
use crate::oracle::{Pair, json};

#[test]
fn values_are_read_written_and_removed() {
    assert_eq!(
        compare("db_read", &[bytes("key")], Give::Pointer).unwrap(),
        b"value"
    );
    assert_eq!(
        compare("db_read", &[bytes("none")], Give::Pointer).unwrap(),
        [0; 8]
    );
    assert_eq!(compare("db_read", &[bytes("other")], Give::Pointer).unwrap(), b"");
    compare("db_write", &[bytes("key"), bytes("changed")], Give::Nothing).unwrap();
    compare("db_write", &[bytes(""), bytes("")], Give::Nothing).unwrap();
    compare("db_remove", &[bytes("key")], Give::Nothing).unwrap();
    compare("db_remove", &[bytes("none")], Give::Nothing).unwrap();
}

#[test]
fn keys_and_values_have_a_greatest_length() {
    let (key, value) = (bytes(vec![1; 64 << 10]), bytes(vec![2; 128 << 10]));
    let (long_key, long_value) = (bytes(vec![1; (64 << 10) + 1]), bytes(vec![2; (128 << 10) + 1]));
    compare("db_write", &[key.clone(), value.clone()], Give::Nothing).unwrap();
    for args in [[long_key.clone(), value], [key, long_value]] {
        let reason = compare("db_write", &args, Give::Nothing).unwrap_err();
        assert!(matches!(reason, Reason::TooLong { .. }), "{reason}");
    }
    for function in ["db_read", "db_remove"] {
        let give = if function == "db_read" {
            Give::Pointer
        } else {
            Give::Nothing
        };
        let reason = compare(function, &[long_key.clone()], give).unwrap_err();
        assert!(matches!(reason, Reason::TooLong { .. }), "{reason}");
    }
}
#[test]
fn queries_must_not_write() {
    for (function, args) in [
        ("db_write", vec![bytes("key"), bytes("x")]),
        ("db_remove", vec![bytes("key")]),
    ] {
        let mut pair = Pair::new(&probe(function, &args, Give::Nothing));
        pair.put(b"key", b"value");
        let env = json(&pair.env);
        assert_eq!(pair.both(Entry::Query, &[&env, b"{}"]), Err(Reason::ReadOnly));
    }
}
