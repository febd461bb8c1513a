//! Addresses and lengths that lead nowhere end the call with a typed reason and a bounded bill.

use slsbft_wasm::{Reason, RegionError};

use crate::support::{PLENTY, data, execute, failure, runs};
use crate::world::World;

/// The last 16 bytes that an address can name, far behind one page.
const BAD: &str = "(i32.const -16)";

fn outside(length: u32) -> Reason {
    Reason::Region(RegionError::Outside {
        offset: (-16_i32).cast_unsigned(),
        length,
    })
}

/// Calls `name` with these arguments and drops what it returns.
fn calls(name: &str, arguments: &[&str], returns: bool) -> String {
    let call = format!("(call ${name} {})", arguments.join(" "));
    if returns { format!("(drop {call})") } else { call }
}

#[test]
fn reads_outside_of_the_memory_end_the_call() {
    let (zero, four, forever) = ("(i32.const 0)", "(i32.const 4)", "(i64.const -1)");
    let cases: &[(&str, &[&str], bool)] = &[
        ("output", &[BAD, four], false),
        ("fail", &[BAD, four], false),
        ("panic", &[BAD, four], false),
        ("debug", &[BAD, four], false),
        ("get", &[BAD, four, zero, zero], true),
        ("set", &[BAD, four, zero, four], false),
        ("set", &[zero, four, BAD, four], false),
        ("remove", &[BAD, four], false),
        ("scan", &[BAD, four, zero, zero, "(i32.const 1)"], true),
        ("scan", &[zero, zero, BAD, four, "(i32.const 1)"], true),
        ("address_validate", &[BAD, four], true),
        ("address_canonicalize", &[BAD, four, zero, zero], true),
        ("address_humanize", &[BAD, four, zero, zero], true),
        ("sha256", &[BAD, four, zero], false),
        ("keccak256", &[BAD, four, zero], false),
        ("blake2b", &[BAD, four, zero, four], false),
        ("ed25519_verify", &[BAD, four, zero, zero], true),
        ("ed25519_batch_verify", &[BAD, four], true),
        ("execute", &[BAD, four, zero, zero, zero, zero, forever], true),
        ("execute", &[zero, zero, BAD, four, zero, zero, forever], true),
        ("execute", &[zero, zero, zero, zero, BAD, four, forever], true),
        ("send", &[BAD, four, zero, zero, forever], true),
        ("send", &[zero, zero, BAD, four, forever], true),
        ("query", &[BAD, four, zero, zero], true),
        ("query", &[zero, zero, BAD, four], true),
        ("ask", &[BAD, four, zero, zero], true),
        ("ask", &[zero, zero, BAD, four], true),
        ("event", &[BAD, four, zero, zero], false),
        ("event", &[zero, zero, BAD, four], false),
    ];
    for (name, arguments, returns) in cases {
        let body = calls(name, arguments, *returns);
        assert_eq!(failure("", &body), outside(4), "{body}");
    }
}

#[test]
fn what_has_a_fixed_length_is_read_wholly_or_not_at_all() {
    let zero = "(i32.const 0)";
    let key = "(i32.const 33)";
    for curve in ["secp256k1", "secp256r1"] {
        let verify = format!("{curve}_verify");
        assert_eq!(
            failure("", &calls(&verify, &[BAD, zero, zero, key], true)),
            outside(32)
        );
        assert_eq!(
            failure("", &calls(&verify, &[zero, BAD, zero, key], true)),
            outside(64)
        );
        assert_eq!(
            failure("", &calls(&verify, &[zero, zero, BAD, key], true)),
            outside(33)
        );
        let recover = format!("{curve}_recover");
        assert_eq!(
            failure("", &calls(&recover, &[BAD, zero, zero, zero], true)),
            outside(32)
        );
        assert_eq!(
            failure("", &calls(&recover, &[zero, BAD, zero, zero], true)),
            outside(64)
        );
    }
    let ed25519 = |signature, key| failure("", &calls("ed25519_verify", &[zero, zero, signature, key], true));
    assert_eq!(ed25519(BAD, zero), outside(64));
    assert_eq!(ed25519(zero, BAD), outside(32));
}

#[test]
fn writes_outside_of_the_memory_end_the_call() {
    let (zero, room) = ("(i32.const 0)", "(i32.const 100)");
    let cases: &[(&str, &[&str], bool, u32)] = &[
        ("chain_id", &[BAD, room], true, 5),
        ("contract", &[BAD, room], true, 4),
        ("sender", &[BAD, room], true, 8),
        ("funds", &[BAD, room], true, 11),
        ("tx_hash", &[BAD], true, 32),
        ("sha256", &[zero, zero, BAD], false, 32),
        ("keccak256", &[zero, zero, BAD], false, 32),
        ("blake2b", &[zero, zero, BAD, "(i32.const 20)"], false, 20),
        ("get", &[zero, "(i32.const 6)", BAD, room], true, 6),
        (
            "address_canonicalize",
            &[zero, "(i32.const 6)", BAD, room],
            true,
            1,
        ),
        ("address_humanize", &[zero, "(i32.const 6)", BAD, room], true, 11),
        ("beacon", &["(i64.const 1)", BAD], true, 32),
    ];
    for (name, arguments, returns, length) in cases {
        let stored = "(call $set (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 6))";
        let body = format!("{stored} {}", calls(name, arguments, *returns));
        let mut world = World::default();
        world.beacons.insert(1, [1; 32]);
        let outcome = execute(&mut world, &runs(&data(0, "addr:x"), &body));
        assert_eq!(outcome.result.unwrap_err().reason, outside(*length), "{body}");
    }
    let next = "(call $set (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 6))
        (drop (call $next
            (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1))
            (i32.const -16) (i32.const 100)))";
    assert_eq!(failure("", next), outside(16));
}

#[test]
fn bytes_at_the_very_end_of_the_memory_are_inside() {
    let body = |at: u32| format!("(call $output (i32.const {at}) (i32.const 16))");
    assert_eq!(crate::support::output("", &body(65_520)), [0; 16]);
    let reason = failure("", &body(65_521));
    assert!(matches!(
        reason,
        Reason::Region(RegionError::Outside { offset: 65_521, .. })
    ));
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    let zero = "(i32.const 0)";
    let forever = "(i64.const -1)";
    let cases: &[(&str, &[&str], bool, u64)] = &[
        ("output", &[zero, "{}"], false, 4 << 20),
        ("fail", &[zero, "{}"], false, 2 << 20),
        ("panic", &[zero, "{}"], false, 2 << 20),
        ("debug", &[zero, "{}"], false, 2 << 20),
        ("get", &[zero, "{}", zero, zero], true, 64 << 10),
        ("set", &[zero, "{}", zero, zero], false, 64 << 10),
        ("set", &[zero, zero, zero, "{}"], false, 128 << 10),
        ("remove", &[zero, "{}"], false, 64 << 10),
        ("scan", &[zero, "{}", zero, zero, zero], true, 64 << 10),
        ("scan", &[zero, zero, zero, "{}", zero], true, 64 << 10),
        ("address_validate", &[zero, "{}"], true, 256),
        ("address_canonicalize", &[zero, "{}", zero, zero], true, 256),
        ("address_humanize", &[zero, "{}", zero, zero], true, 64),
        ("sha256", &[zero, "{}", zero], false, 5 << 20),
        ("ed25519_verify", &[zero, "{}", zero, zero], true, 128 << 10),
        (
            "ed25519_batch_verify",
            &[zero, "{}"],
            true,
            ((128 << 10) + 100) * 256,
        ),
        (
            "execute",
            &[zero, "{}", zero, zero, zero, zero, forever],
            true,
            256,
        ),
        (
            "execute",
            &[zero, zero, zero, "{}", zero, zero, forever],
            true,
            1 << 20,
        ),
        (
            "execute",
            &[zero, zero, zero, zero, zero, "{}", forever],
            true,
            4 << 10,
        ),
        ("send", &[zero, "{}", zero, zero, forever], true, 256),
        ("send", &[zero, zero, zero, "{}", forever], true, 1 << 20),
        ("query", &[zero, "{}", zero, zero], true, 256),
        ("query", &[zero, zero, zero, "{}"], true, 64 << 10),
        ("ask", &[zero, "{}", zero, zero], true, 256),
        ("ask", &[zero, zero, zero, "{}"], true, 64 << 10),
        ("event", &[zero, "{}", zero, zero], false, 256),
        ("event", &[zero, zero, zero, "{}"], false, 64 << 10),
    ];
    for (name, arguments, returns, most) in cases {
        let body = calls(name, arguments, *returns).replace("{}", &format!("(i32.const {})", most + 1));
        let outcome = execute(&mut World::default(), &runs("", &body));
        let Err(failure) = outcome.result else {
            panic!("{body}")
        };
        let Reason::TooLong { length, limit, .. } = failure.reason else {
            panic!("{body}: {failure}")
        };
        assert_eq!((length, limit), (most + 1, *most), "{body}");
        assert!(outcome.used < PLENTY / 1000);
    }
}

#[test]
fn what_must_be_text_is_checked() {
    let bad = data(0, b"\xff");
    let forever = "(i64.const -1)";
    for (body, what) in [
        (
            "(call $execute (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) F)",
            "an address",
        ),
        (
            "(call $execute (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) F)",
            "a list of coins",
        ),
        (
            "(call $send (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) F)",
            "a message's type",
        ),
        (
            "(call $query (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))",
            "a method's path",
        ),
        (
            "(call $ask (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))",
            "an address",
        ),
    ] {
        let body = format!("(drop {})", body.replace('F', forever));
        assert_eq!(failure(&bad, &body), Reason::NotText(what));
    }
    let event = "(call $event (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))";
    assert_eq!(failure(&bad, event), Reason::NotText("an event's type"));
    let attribute = data(0, b"\x00\x00\x00\x00\x01\x00\x00\x00\xff");
    let event = "(call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9))";
    assert_eq!(failure(&attribute, event), Reason::NotText("an attribute"));
}
