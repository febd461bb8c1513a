//! What is around a call, and addresses.

use slsbft_wasm::bus::Entry;

use crate::support::{HERE, PLENTY, call, context, data, execute, number, output, runs};
use crate::world::World;

#[test]
fn a_contract_knows_the_block() {
    assert_eq!(
        output("", "(call $give64 (call $block_height))"),
        7_u64.to_le_bytes()
    );
    assert_eq!(
        output("", "(call $give64 (call $block_time))"),
        1_700_000_000_123_456_789_u64.to_le_bytes()
    );
}

#[test]
fn names_are_written_if_they_fit() {
    for (name, value) in [
        ("chain_id", "bus-1"),
        ("contract", HERE),
        ("sender", "somebody"),
        ("funds", "5uankr,7foo"),
    ] {
        let of = |capacity: usize| {
            let body = format!(
                "(i32.store (i32.const 100) (call ${name} (i32.const 104) (i32.const {capacity})))
                (call $output (i32.const 100) (i32.const {}))",
                4 + value.len()
            );
            output("", &body)
        };
        let length = number(i32::try_from(value.len()).unwrap());
        assert_eq!(of(value.len()), [&length, value.as_bytes()].concat(), "{name}");
        assert_eq!(
            of(value.len() - 1),
            [&length[..], &vec![0; value.len()]].concat(),
            "{name}"
        );
    }
}

#[test]
fn a_contract_knows_its_transaction_if_there_is_one() {
    let code = runs(
        "",
        "(i32.store (i32.const 100) (call $tx_index))
        (i32.store (i32.const 104) (call $tx_hash (i32.const 108)))
        (call $output (i32.const 100) (i32.const 40))",
    );
    let mut world = World::default();
    let inside = execute(&mut world, &code).result.unwrap();
    assert_eq!(inside, [&number(3)[..], &number(1), &[9; 32]].concat());
    let mut host = world.host(HERE);
    let mut outside = call(&code, &mut host, PLENTY);
    outside.context.transaction = None;
    let outside = outside.run(Entry::Execute, b"").unwrap().result.unwrap();
    assert_eq!(outside, [&number(-1)[..], &number(0), &[0; 32]].concat());
}

#[test]
fn a_contract_knows_what_is_left_of_its_budget() {
    let code = runs("", "(call $give64 (call $points_left))");
    let mut world = World::default();
    let mut left = |points| {
        world.put(HERE, &code);
        let outcome = call(&code, &mut world.host(HERE), points)
            .run(Entry::Execute, b"")
            .unwrap();
        u64::from_le_bytes(outcome.result.unwrap().try_into().unwrap())
    };
    let (plenty, more) = (left(PLENTY), left(PLENTY + 1234));
    assert_eq!(more - plenty, 1234);
    assert!(plenty < PLENTY && plenty > PLENTY - 1_000_000_000);
}

#[test]
fn a_beacon_is_there_or_not() {
    let body = "(call $give (call $beacon (i64.const 5) (i32.const 100)))
        (call $output (i32.const 100) (i32.const 32))";
    let read = |height: u64| {
        let body = body.replace("(i64.const 5)", &format!("(i64.const {height})"));
        let mut world = World::default();
        world.beacons.insert(5, [77; 32]);
        execute(&mut world, &runs("", &body)).result.unwrap()
    };
    assert_eq!(read(5), [77; 32]);
    assert_eq!(read(6), [0; 32]);
    assert_eq!(read(u64::MAX), [0; 32]);
    assert_eq!(
        output("", "(call $give (call $beacon (i64.const 6) (i32.const -1)))"),
        number(0)
    );
}

#[test]
fn addresses_are_checked_and_converted() {
    let valid = |text: &str| {
        let body = format!(
            "(call $give (call $address_validate (i32.const 0) (i32.const {})))",
            text.len()
        );
        output(&data(0, text), &body)
    };
    assert_eq!(valid("addr:x"), number(1));
    assert_eq!(valid("other"), number(0));
    assert_eq!(valid(""), number(0));
    let convert = |function: &str, from: &[u8], capacity: u32| {
        let body = format!(
            "(i32.store (i32.const 100)
                (call ${function} (i32.const 0) (i32.const {}) (i32.const 104) (i32.const {capacity})))
            (call $output (i32.const 100) (i32.const 12))",
            from.len()
        );
        output(&data(0, from), &body)
    };
    assert_eq!(
        convert("address_canonicalize", b"addr:xyz", 8),
        *b"\x03\0\0\0xyz\0\0\0\0\0"
    );
    assert_eq!(
        convert("address_canonicalize", b"addr:xyz", 2),
        *b"\x03\0\0\0\0\0\0\0\0\0\0\0"
    );
    assert_eq!(convert("address_canonicalize", b"xyz", 8)[..4], number(-1));
    assert_eq!(convert("address_canonicalize", b"addr:\xff", 8)[..4], number(-1));
    assert_eq!(convert("address_humanize", b"xyz", 8), *b"\x08\0\0\0addr:xyz");
    assert_eq!(convert("address_humanize", b"\xff", 8)[..4], number(-1));
}

#[test]
fn the_query_of_nobody_has_no_sender() {
    let empty = context(HERE, "", "");
    assert!(empty.sender.is_empty());
    let code = runs("", "(call $give (call $sender (i32.const 0) (i32.const 9)))");
    let mut world = World::default();
    world.put(HERE, &code);
    let mut host = world.host(HERE);
    let mut asked = call(&code, &mut host, PLENTY);
    asked.context = empty;
    assert_eq!(asked.run(Entry::Query, b"").unwrap().result.unwrap(), number(0));
}
