//! The contract's state.

use slsbft_wasm::Reason;
use slsbft_wasm::bus::Entry;

use crate::support::{HERE, PLENTY, data, enter, execute, failure, number, output, runs};
use crate::world::World;

/// Gets "key" into 8 bytes at 104 with room for `capacity`, and outputs the result and these bytes.
fn get(capacity: u32) -> String {
    format!(
        "(i32.store (i32.const 100) (call $get (i32.const 0) (i32.const 3) (i32.const 104) (i32.const {capacity})))
        (call $output (i32.const 100) (i32.const 12))"
    )
}

fn with(records: &[(&str, &str)]) -> World {
    let mut world = World::default();
    world.put(HERE, &runs("", ""));
    for (key, value) in records {
        world.state(HERE).insert((*key).into(), (*value).into());
    }
    world
}

#[test]
fn a_value_is_written_if_the_whole_fits_and_its_length_is_told() {
    let mut world = with(&[("key", "value")]);
    let mut get = |capacity| {
        execute(&mut world, &runs(&data(0, "key"), &get(capacity)))
            .result
            .unwrap()
    };
    assert_eq!(get(8), *b"\x05\0\0\0value\0\0\0");
    assert_eq!(get(5), *b"\x05\0\0\0value\0\0\0");
    assert_eq!(get(4), *b"\x05\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(get(0), *b"\x05\0\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn an_absent_key_is_told_from_an_empty_value() {
    let code = runs(&data(0, "key"), &get(8));
    assert_eq!(execute(&mut with(&[]), &code).result.unwrap()[..4], number(-1));
    assert_eq!(
        execute(&mut with(&[("key", "")]), &code).result.unwrap()[..4],
        number(0)
    );
}

#[test]
fn what_is_set_is_there_and_what_is_removed_is_not() {
    let mut world = with(&[("old", "x")]);
    let code = runs(
        &data(0, "keyoldvalue"),
        "(call $set (i32.const 0) (i32.const 3) (i32.const 6) (i32.const 5))
        (call $remove (i32.const 3) (i32.const 3))
        (call $remove (i32.const 0) (i32.const 2))",
    );
    execute(&mut world, &code).result.unwrap();
    let state: Vec<_> = world.state(HERE).clone().into_iter().collect();
    assert_eq!(state, [(b"key".to_vec(), b"value".to_vec())]);
}

#[test]
fn a_query_must_not_write() {
    for write in [
        "(call $set (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))",
        "(call $remove (i32.const 0) (i32.const 3))",
        "(drop (call $execute (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i64.const -1)))",
        "(drop (call $send (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1)))",
        "(call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
    ] {
        let code = runs("", write);
        let mut world = World::default();
        let query = enter(&mut world, &code, Entry::Query, b"", PLENTY);
        assert_eq!(query.result.unwrap_err().reason, Reason::ReadOnly, "{write}");
        assert!(world.state(HERE).is_empty() && world.events.is_empty());
        assert!(execute(&mut world, &code).result.is_ok(), "{write}");
    }
}

/// Steps through a range and outputs all records behind each other.
fn steps(start: &str, end: &str, order: u32) -> String {
    format!(
        "(local.set $i (call $scan {start} {end} (i32.const {order})))
        (local.set $j (i32.const 1000))
        (block $done (loop $again
            (local.set $k (call $next (local.get $i) (local.get $j) (i32.const 100)))
            (br_if $done (i32.eq (local.get $k) (i32.const -1)))
            (local.set $j (i32.add (local.get $j) (local.get $k)))
            (br $again)))
        (call $output (i32.const 1000) (i32.sub (local.get $j) (i32.const 1000)))"
    )
}

#[test]
fn a_range_is_stepped_through_in_either_order() {
    let mut world = with(&[("a", "1"), ("b", "22"), ("c", ""), ("d", "4")]);
    let (from_b, from_start) = ("(i32.const 0) (i32.const 1)", "(i32.const 0) (i32.const 0)");
    let (to_d, to_end) = ("(i32.const 1) (i32.const 1)", "(i32.const 0) (i32.const -1)");
    let mut steps = |start, end, order| {
        let code = runs(&data(0, "bd"), &steps(start, end, order));
        execute(&mut world, &code).result.unwrap()
    };
    assert_eq!(steps(from_b, to_d, 1), *b"\x01\0\0\0b22\x01\0\0\0c");
    assert_eq!(steps(from_b, to_d, 2), *b"\x01\0\0\0c\x01\0\0\0b22");
    assert_eq!(steps(from_b, to_end, 1), *b"\x01\0\0\0b22\x01\0\0\0c\x01\0\0\0d4");
    assert_eq!(
        steps(from_start, to_d, 1),
        *b"\x01\0\0\0a1\x01\0\0\0b22\x01\0\0\0c"
    );
    assert_eq!(steps("(i32.const 1) (i32.const 1)", from_b, 1), b"");
}

#[test]
fn a_record_that_does_not_fit_is_kept_for_the_next_time() {
    let mut world = with(&[("a", "long"), ("b", "x")]);
    let body =
        "(local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1)))
        (i32.store (i32.const 100) (call $next (local.get $i) (i32.const 104) (i32.const 8)))
        (i32.store (i32.const 120) (i32.load (i32.const 104)))
        (i32.store (i32.const 104) (call $next (local.get $i) (i32.const 200) (i32.const 9)))
        (i32.store (i32.const 108) (call $next (local.get $i) (i32.const 220) (i32.const 9)))
        (i32.store (i32.const 112) (call $next (local.get $i) (i32.const 220) (i32.const 9)))
        (call $output (i32.const 100) (i32.const 24))";
    let told = execute(&mut world, &runs("", body)).result.unwrap();
    let expected = [9, 9, 6, -1, 0, 0].map(number).concat();
    assert_eq!(told, expected);
}

#[test]
fn a_record_that_was_kept_and_then_removed_is_not_shown() {
    let mut world = with(&[("a", "long"), ("b", "x")]);
    let body =
        "(local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1)))
        (drop (call $next (local.get $i) (i32.const 100) (i32.const 0)))
        (call $remove (i32.const 0) (i32.const 1))
        (call $output (i32.const 100) (call $next (local.get $i) (i32.const 100) (i32.const 9)))";
    let shown = execute(&mut world, &runs(&data(0, "a"), body)).result.unwrap();
    assert_eq!(shown, *b"\x01\0\0\0bx");
}

#[test]
fn iterators_have_numbers_and_orders() {
    assert_eq!(
        failure(
            "",
            "(drop (call $next (i32.const 1) (i32.const 0) (i32.const 9)))"
        ),
        Reason::NoIterator(1)
    );
    let scan = |order| {
        format!(
            "(call $give (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {order})))"
        )
    };
    assert_eq!(failure("", &scan(3)), Reason::NoOrder(3));
    assert_eq!(output("", &format!("{} {}", scan(1), scan(2))), number(2));
    let endless = format!("(loop $again {} (br $again))", scan(1));
    assert_eq!(failure("", &endless), Reason::TooManyIterators(1 << 15));
}
