//! The call itself: its message, its output, its end, its price.

use slsbft_wasm::bus::Entry;
use slsbft_wasm::{MAX_TEXT, Outcome, Reason, Trap};

use crate::support::{HERE, PLENTY, VM, call, contract, data, enter, execute, failure, number, output, runs};
use crate::world::World;

#[test]
fn a_contract_reads_its_message_and_returns_its_output() {
    let echo = runs(
        "",
        "(call $output (i32.const 100) (call $input (i32.const 100) (i32.const 1000)))",
    );
    let outcome = enter(&mut World::default(), &echo, Entry::Execute, b"a message", PLENTY);
    assert_eq!(outcome.result.unwrap(), b"a message");
}

#[test]
fn a_message_that_does_not_fit_is_not_written_and_its_length_is_told() {
    let code = runs(
        "",
        "(i32.store (i32.const 100) (call $input (i32.const 104) (i32.const 4)))
        (call $output (i32.const 100) (i32.const 9))",
    );
    let mut world = World::default();
    let mut read = |msg| {
        enter(&mut world, &code, Entry::Execute, msg, PLENTY)
            .result
            .unwrap()
    };
    assert_eq!(read(b"five!"), *b"\x05\0\0\0\0\0\0\0\0");
    assert_eq!(read(b"four"), *b"\x04\0\0\0four\0");
}

#[test]
fn the_last_output_counts_and_none_is_empty() {
    assert_eq!(
        output("", "(call $give (i32.const 1)) (call $give (i32.const 2))"),
        number(2)
    );
    assert_eq!(output("", ""), b"");
}

#[test]
fn errors_and_panics_end_the_call_with_their_words() {
    let words = data(0, "no, thanks");
    let end = |name: &str| format!("(call ${name} (i32.const 0) (i32.const 10)) (unreachable)");
    assert_eq!(
        failure(&words, &end("fail")),
        Reason::Contract("no, thanks".to_owned())
    );
    assert_eq!(
        failure(&words, &end("panic")),
        Reason::Aborted("no, thanks".to_owned())
    );
}

#[test]
fn no_more_than_the_head_of_long_words_is_kept() {
    let body = "(memory.fill (i32.const 0) (i32.const 0x61) (i32.const 60000))
        (call $fail (i32.const 0) (i32.const 60000))";
    let Reason::Contract(words) = failure("", body) else {
        panic!()
    };
    assert_eq!(words, format!("{}…", "a".repeat(MAX_TEXT)));
}

#[test]
fn what_a_contract_prints_reaches_the_developer() {
    let mut world = World::default();
    let code = runs(&data(0, "hi"), "(call $debug (i32.const 0) (i32.const 2))");
    execute(&mut world, &code).result.unwrap();
    assert_eq!(world.said, ["hi"]);
}

#[test]
fn what_a_contract_does_not_export_is_no_entry() {
    let code = runs("", "");
    for entry in [Entry::Instantiate, Entry::Migrate, Entry::Hook] {
        let outcome = enter(&mut World::default(), &code, entry, b"", PLENTY);
        assert_eq!(
            (outcome.used, outcome.result.unwrap_err().reason),
            (0, Reason::NoEntry)
        );
    }
}

#[test]
fn every_entry_point_runs_its_own_function() {
    for (at, entry) in (0..).zip(Entry::ALL) {
        let body = format!(
            r#"(func (export "{}") (call $give (i32.const {at})))"#,
            entry.name()
        );
        let code = VM.compile(&contract(&body)).unwrap();
        let outcome = enter(&mut World::default(), &code, entry, b"", PLENTY);
        assert_eq!(outcome.result.unwrap(), number(at));
    }
}

#[test]
fn a_call_needs_exactly_what_it_used() {
    let code = runs(
        "",
        "(call $set (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 9))",
    );
    let mut world = World::default();
    let outcome = execute(&mut world, &code);
    outcome.result.unwrap();
    let enough = enter(&mut world, &code, Entry::Execute, b"", outcome.used);
    assert_eq!((enough.used, enough.result.is_ok()), (outcome.used, true));
    for budget in [outcome.used - 1, outcome.used / 2, 1, 0] {
        let short = enter(&mut world, &code, Entry::Execute, b"", budget);
        assert_eq!(
            (short.used, short.result.unwrap_err().reason),
            (budget, Reason::OutOfGas)
        );
    }
}

/// What `body` costs more than `other`.
fn difference(body: &str, other: &str) -> u64 {
    let used = |body| execute(&mut World::default(), &runs("", body)).used;
    used(body) - used(other)
}

#[test]
fn the_host_takes_the_prices_of_its_table() {
    let prices = VM.prices();
    let none = "(local.set $i (i32.add (i32.const 0) (i32.const 0)))
        (local.set $i (i32.add (i32.const 0) (i32.const 0)))";
    let set = |length| format!("(call $set (i32.const 0) (i32.const 3) (i32.const 0) (i32.const {length}))");
    assert_eq!(
        difference(&set(19), &set(9)),
        10 * (prices.storage_write.each + prices.region_read.each)
    );
    let hash = |length| format!("(call $sha256 (i32.const 0) (i32.const {length}) (i32.const 0))");
    assert_eq!(
        difference(&hash(1000), &hash(0)),
        1000 * (prices.sha256.each + prices.region_read.each)
    );
    let height = "(drop (call $block_height))";
    assert!(difference(&format!("{none} {height}"), none) >= prices.call);
}

#[test]
fn storms_of_calls_of_the_host_run_out_of_gas() {
    for storm in [
        "(drop (call $get (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0)))",
        "(call $set (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))",
        "(drop (call $block_height))",
        "(drop (call $ask (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
    ] {
        let code = runs("", &format!("(loop $again {storm} (br $again))"));
        let outcome = enter(&mut World::default(), &code, Entry::Execute, b"", 50_000_000);
        let reason = outcome.result.unwrap_err().reason;
        assert_eq!((outcome.used, reason), (50_000_000, Reason::OutOfGas), "{storm}");
    }
}

#[test]
fn traps_end_the_call_and_cost_what_ran() {
    let outcome = execute(&mut World::default(), &runs("", "(unreachable)"));
    assert_eq!(
        outcome.result.unwrap_err().reason,
        Reason::Trap(Trap::Unreachable)
    );
    assert!(outcome.used > 0 && outcome.used < PLENTY);
}

#[test]
fn a_start_function_may_ask_the_host() {
    let start = "(func $start (call $give (i32.const 5))) (start $start)";
    assert_eq!(output(start, ""), number(5));
}

#[test]
fn instances_share_nothing() {
    let counts = "(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (call $output (i32.const 0) (i32.const 4))";
    let (mut world, code) = (World::default(), runs("", counts));
    for _ in 0..2 {
        assert_eq!(execute(&mut world, &code).result.unwrap(), number(1));
    }
}

#[test]
fn a_call_for_the_other_interface_is_no_entry() {
    let code = runs("", "");
    let mut world = World::default();
    world.put(HERE, &code);
    let mut host = world.host(HERE);
    let theirs = slsbft_wasm::cosmwasm::Call {
        vm: &VM,
        code: &code,
        chain: &mut host,
        points: PLENTY,
        lane: slsbft_wasm::Lane::Block,
    };
    let outcome = theirs
        .raw(slsbft_wasm::cosmwasm::Entry::Execute, &[b"", b"", b""])
        .unwrap();
    assert_eq!(outcome.result.unwrap_err().reason, Reason::NoEntry);
    let cosmwasm = VM.compile(&crate::code::cosmwasm("")).unwrap();
    let ours: Outcome<_> = call(&cosmwasm, &mut host, PLENTY)
        .run(Entry::Execute, b"")
        .unwrap();
    assert_eq!(ours.result.unwrap_err().reason, Reason::NoEntry);
}
