//! Calls of other contracts and of modules, and events.

use std::sync::Arc;

use slsbft_wasm::bus::Entry;
use slsbft_wasm::{CallError, Called, Chain, Code, Fault, MAX_NESTED_CALLS, Order, Page, Reason, Record};

use crate::support::{HERE, PLENTY, VM, call, data, enter, execute, failure, number, output, runs};
use crate::world::World;

/// The names that contracts in these tests find in their memory: "there" at 0, a message at 8, "{}" at 16.
fn names() -> String {
    [data(0, "there"), data(8, "a msg"), data(16, "3x")].concat()
}

/// Executes "a msg" at "there" for at most `points`, and outputs what came of it and the answer.
fn executes(points: i64) -> Arc<Code> {
    let body = format!(
        "(i32.store (i32.const 100) (call $execute (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5)
            (i32.const 16) (i32.const 2) (i64.const {points})))
        (local.set $i (call $answer (i32.const 104) (i32.const 500)))
        (call $output (i32.const 100) (i32.add (local.get $i) (i32.const 4)))"
    );
    runs(&names(), &body)
}

fn told(code: i32, answer: &str) -> Vec<u8> {
    [&number(code)[..], answer.as_bytes()].concat()
}

/// A world where "there" runs `body`.
fn there(body: &str) -> World {
    let mut world = World::default();
    world.put("there", &runs(&data(0, "key"), body));
    world
}

const WRITES: &str = "(call $set (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3))
    (call $event (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0))";

const FAILS: &str = "(call $fail (i32.const 0) (i32.const 3))";

const ENDLESS: &str = "(loop $again (br $again))";

#[test]
fn a_contract_calls_another_and_gets_its_output() {
    let mut world = there(&format!("{WRITES} (call $output (i32.const 0) (i32.const 3))"));
    let outcome = execute(&mut world, &executes(-1));
    assert_eq!(outcome.result.unwrap(), told(0, "key"));
    assert_eq!(world.state("there").len(), 1);
    assert!(world.state(HERE).is_empty());
}

#[test]
fn the_other_contract_gets_message_sender_and_funds() {
    let mut world = there(
        "(local.set $i (call $input (i32.const 100) (i32.const 50)))
        (local.set $i (i32.add (local.get $i) (call $sender (i32.add (i32.const 100) (local.get $i)) (i32.const 50))))
        (local.set $i (i32.add (local.get $i) (call $funds (i32.add (i32.const 100) (local.get $i)) (i32.const 50))))
        (call $output (i32.const 100) (local.get $i))",
    );
    assert_eq!(
        execute(&mut world, &executes(-1)).result.unwrap(),
        told(0, "a msghere3x")
    );
}

#[test]
fn a_call_that_fails_is_undone_and_the_caller_goes_on() {
    let mut world = there(&format!("{WRITES} {FAILS}"));
    let outcome = execute(&mut world, &executes(-1));
    assert_eq!(outcome.result.unwrap(), told(1, "execute: key"));
    assert!(world.state("there").is_empty() && world.events.is_empty());
}

#[test]
fn what_is_no_contract_fails_as_a_call() {
    let outcome = execute(&mut World::default(), &executes(-1));
    assert_eq!(outcome.result.unwrap(), told(1, "no such contract"));
}

#[test]
fn a_call_that_exceeds_its_limit_costs_the_limit_and_fails_alone() {
    let mut world = there(ENDLESS);
    let used = |world: &mut World, points| {
        let outcome = execute(world, &executes(points));
        assert_eq!(outcome.result.unwrap(), told(1, "out of gas"));
        outcome.used
    };
    let (small, large) = (used(&mut world, 50_000_000), used(&mut world, 70_000_000));
    assert_eq!(large - small, 20_000_000);
    assert_eq!(used(&mut world, 50_000_000) - used(&mut world, 0), 50_000_000);
}

#[test]
fn a_call_that_exceeds_all_that_is_left_is_out_of_gas_for_the_caller() {
    let mut world = there(ENDLESS);
    for points in [-1, i64::MIN, 900_000_000, i64::MAX] {
        let outcome = enter(&mut world, &executes(points), Entry::Execute, b"", 900_000_000);
        assert_eq!(
            (outcome.used, outcome.result.unwrap_err().reason),
            (900_000_000, Reason::OutOfGas)
        );
    }
}

#[test]
fn whoever_gives_too_little_cannot_make_an_inner_call_fail_alone() {
    let mut world = there(WRITES);
    let code = executes(60_000_000);
    let needed = execute(&mut world, &code);
    assert_eq!(needed.result.unwrap()[..4], number(0));
    for points in (0..20).map(|part| needed.used * part / 20) {
        let outcome = enter(&mut world, &code, Entry::Execute, b"", points);
        assert_eq!(outcome.result.unwrap_err().reason, Reason::OutOfGas, "{points}");
    }
}

#[test]
fn a_caller_needs_exactly_what_it_and_the_called_used() {
    let mut world = there(WRITES);
    let code = executes(-1);
    let outcome = execute(&mut world, &code);
    let enough = enter(&mut world, &code, Entry::Execute, b"", outcome.used);
    assert_eq!(enough.used, outcome.used);
    assert_eq!(enough.result.unwrap(), told(0, ""));
    let short = enter(&mut world, &code, Entry::Execute, b"", outcome.used - 1);
    assert_eq!(
        (short.used, short.result.unwrap_err().reason),
        (outcome.used - 1, Reason::OutOfGas)
    );
}

#[test]
fn a_contract_that_waits_is_not_entered() {
    for entry in [
        "(call $execute (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1))",
        "(call $ask (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 0))",
    ] {
        let back = format!(
            "(drop {entry}) (call $output (i32.const 100) (call $answer (i32.const 100) (i32.const 500)))"
        );
        let mut world = World::default();
        world.put("there", &runs(&data(8, HERE), &back));
        let outcome = execute(&mut world, &executes(-1));
        assert_eq!(
            outcome.result.unwrap(),
            told(0, "the contract waits for its own call")
        );
    }
}

/// A contract that uses up most of its stack, then asks the next of a row, then all of its stack.
const DEEPER: &str = "(func $deeper (param $left i32)
    (if (local.get $left)
        (then (call $deeper (i32.sub (local.get $left) (i32.const 1))))
        (else
            (drop (call $input (i32.const 0) (i32.const 1)))
            (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
            (drop (call $execute (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0)
                (i32.const 0) (i64.const -1))))))";

#[test]
fn contracts_nest_to_the_greatest_depth_with_all_their_stacks_used() {
    let code = runs(
        DEEPER,
        "(call $deeper (i32.const 2000)) (call $deeper (i32.const -1))",
    );
    let mut world = World::default();
    for name in b'A'..=b'Z' {
        world.put(&char::from(name).to_string(), &code);
    }
    let outcome = enter(&mut world, &code, Entry::Execute, b"A", PLENTY);
    assert_eq!(outcome.result.unwrap_err().reason, Reason::StackExhausted);
    assert_eq!(world.deepest, MAX_NESTED_CALLS as usize);
}

#[test]
fn modules_take_messages_and_answer_questions() {
    let ask = |call: &str| {
        let body = format!(
            "(i32.store (i32.const 100) {call})
            (call $output (i32.const 100)
                (i32.add (i32.const 4) (call $answer (i32.const 104) (i32.const 500))))"
        );
        runs(&names(), &body)
    };
    let send = ask("(call $send (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5) (i64.const 5000))");
    let query = ask("(call $query (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5))");
    for code in [&send, &query] {
        let mut world = World::default();
        assert_eq!(execute(&mut world, code).result.unwrap(), told(0, "there<a msg>"));
        world.module = Some(Called {
            used: 0,
            result: Err(CallError::Failed("insufficient funds".to_owned())),
        });
        assert_eq!(
            execute(&mut world, code).result.unwrap(),
            told(1, "insufficient funds")
        );
    }
}

#[test]
fn a_contract_asks_another_that_must_not_write() {
    let ask = "(i32.store (i32.const 100) (call $ask (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5)))
        (call $output (i32.const 100) (i32.add (i32.const 4) (call $answer (i32.const 104) (i32.const 500))))";
    let ask = runs(&names(), ask);
    let mut world = there("(call $output (i32.const 0) (i32.const 3))");
    assert_eq!(execute(&mut world, &ask).result.unwrap(), told(0, "key"));
    let asked = enter(&mut world, &ask, Entry::Query, b"", PLENTY);
    assert_eq!(asked.result.unwrap(), told(0, "key"));
    let mut world = there(WRITES);
    let refused = execute(&mut world, &ask).result.unwrap();
    assert_eq!(refused, told(1, "query: a query must not write to the state"));
}

#[test]
fn an_answer_is_kept_until_the_next_and_fits_or_is_not_written() {
    let body = "(i32.store (i32.const 100) (call $answer (i32.const 200) (i32.const 9)))
        (drop (call $query (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5)))
        (i32.store (i32.const 104) (call $answer (i32.const 200) (i32.const 11)))
        (i32.store (i32.const 108) (i32.load8_u (i32.const 200)))
        (i32.store (i32.const 112) (call $answer (i32.const 200) (i32.const 12)))
        (i32.store (i32.const 116) (i32.load8_u (i32.const 200)))
        (call $output (i32.const 100) (i32.const 20))";
    let expected = [0, 12, 0, 12, i32::from(b't')].map(number).concat();
    assert_eq!(output(&names(), body), expected);
}

#[test]
fn events_stand_in_the_order_in_which_they_were_emitted() {
    let mut world = there("(call $event (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0))");
    let attributes = b"\x01\0\0\0k\x02\0\0\0v1\0\0\0\0\x00\0\0\0";
    let rest = [names(), data(40, attributes)].concat();
    let event = "(call $event (i32.const 0) (i32.const 5) (i32.const 40) (i32.const 19))";
    let body = format!(
        "{event} (drop (call $execute (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i64.const -1))) {event}"
    );
    execute(&mut world, &runs(&rest, &body)).result.unwrap();
    let own = (
        "there".to_owned(),
        vec![("k".to_owned(), "v1".to_owned()), (String::new(), String::new())],
    );
    assert_eq!(world.events, [own.clone(), ("key".to_owned(), Vec::new()), own]);
}

#[test]
fn attributes_that_do_not_fit_together_end_the_call() {
    for list in [
        &b"\x01"[..],
        b"\x01\0\0\0k",
        b"\0\0\0\0\x01\0\0\0",
        b"\xff\xff\xff\xffk\0\0\0\0",
    ] {
        let body = format!(
            "(call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {}))",
            list.len()
        );
        assert_eq!(
            failure(&data(0, list), &body),
            Reason::Sections("the list of attributes")
        );
    }
}

#[test]
fn a_contract_for_the_bus_calls_one_for_cosmwasm() {
    let theirs = r#"(func (export "execute") (param i32 i32 i32) (result i32) (local.get 2))"#;
    let mut world = World::default();
    world.put("there", &VM.compile(&crate::code::cosmwasm(theirs)).unwrap());
    let outcome = execute(&mut world, &executes(-1));
    assert_eq!(outcome.result.unwrap(), told(0, "a msg"));
}

#[test]
fn a_contract_for_cosmwasm_asks_one_for_the_bus() {
    let theirs = r#"(import "env" "query_chain" (func $ask (param i32) (result i32)))
        (func (export "execute") (param i32 i32 i32) (result i32) (call $ask (local.get 2)))"#;
    let mut world = there("(call $output (i32.const 0) (call $input (i32.const 0) (i32.const 50)))");
    world.put("theirs", &VM.compile(&crate::code::cosmwasm(theirs)).unwrap());
    let called = world
        .host(HERE)
        .execute("theirs", b"there who?", "", PLENTY)
        .unwrap();
    assert_eq!(called.result.unwrap(), b"who?");
}

#[test]
fn a_chain_that_lets_a_call_succeed_beyond_its_budget_is_at_fault() {
    let code = runs(
        &names(),
        "(drop (call $send (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5) (i64.const 1000)))",
    );
    let mut world = World::default();
    world.module = Some(Called {
        used: 1001,
        result: Ok(Vec::new()),
    });
    world.put(HERE, &code);
    let fault = call(&code, &mut world.host(HERE), PLENTY).run(Entry::Execute, b"");
    assert!(matches!(fault, Err(Fault::Engine(_))), "{fault:?}");
    world.module = Some(Called {
        used: 1001,
        result: Err(CallError::Failed("late".to_owned())),
    });
    assert!(execute(&mut world, &code).result.is_ok());
}

/// A chain that offers what it must and nothing else.
struct Bare;

impl Chain for Bare {
    fn get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Err(Fault::chain("the disk is gone"))
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Result<(), Fault> {
        Ok(())
    }

    fn remove(&mut self, _: &[u8]) -> Result<(), Fault> {
        Ok(())
    }

    fn scan(
        &mut self,
        _: std::ops::Bound<&[u8]>,
        _: std::ops::Bound<&[u8]>,
        _: Order,
        _: Page,
    ) -> Result<Vec<Record>, Fault> {
        Ok(Vec::new())
    }

    fn validate_address(&mut self, _: &str) -> Result<Result<(), String>, Fault> {
        Ok(Ok(()))
    }

    fn canonicalize_address(&mut self, _: &str) -> Result<Result<Vec<u8>, String>, Fault> {
        Ok(Ok(Vec::new()))
    }

    fn humanize_address(&mut self, _: &[u8]) -> Result<Result<String, String>, Fault> {
        Ok(Ok(String::new()))
    }

    fn query(&mut self, _: &[u8], _: u64) -> Result<slsbft_wasm::Answer, Fault> {
        Err(Fault::chain("nobody asks"))
    }
}

#[test]
fn what_a_chain_does_not_offer_is_a_failed_call() {
    let code = executes(-1);
    let outcome = call(&code, &mut Bare, PLENTY).run(Entry::Execute, b"").unwrap();
    assert_eq!(outcome.result.unwrap(), told(1, "this chain does not offer it"));
    let others = "(call $give (i32.add (i32.add
        (call $send (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1))
        (call $query (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (i32.add (call $ask (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (call $beacon (i64.const 1) (i32.const 0)))))
        (call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    let outcome = call(&runs("", others), &mut Bare, PLENTY)
        .run(Entry::Execute, b"")
        .unwrap();
    assert_eq!(outcome.result.unwrap(), number(3));
}

#[test]
fn a_chain_that_fails_is_a_fault_and_no_failure() {
    let code = runs(
        "",
        "(drop (call $get (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
    );
    let fault = call(&code, &mut Bare, PLENTY).run(Entry::Execute, b"");
    assert!(matches!(fault, Err(Fault::Chain(_))), "{fault:?}");
}
