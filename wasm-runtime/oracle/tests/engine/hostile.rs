//! Contracts that mean harm end with a typed failure and an exact bill, and leave the node well.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use slsbft_wasm::cosmwasm::Entry;
use slsbft_wasm::{Answer, Code, Failure, Fault, Interrupt, Lane, Outcome, Reason, RegionError, Trap};

use crate::chain::MemoryChain;
use crate::support::{PLENTY, VM, call, contract, execute};

/// Compiles a contract whose `execute` runs `body` and returns an empty JSON object.
fn executes(imports: &str, body: &str) -> Arc<Code> {
    let wasm = contract(&format!(
        r#"{imports}
        (data (i32.const 128) "\00\01\00\00\02\00\00\00\02\00\00\00")
        (data (i32.const 256) "{{}}")
        (data (i32.const 64) "\00\02\00\00\03\00\00\00\03\00\00\00")
        (data (i32.const 512) "key")
        (func (export "execute") (param i32 i32 i32) (result i32) (local $i i32) {body} (i32.const 128))"#
    ));
    VM.compile(&wasm).unwrap()
}

fn reason(outcome: &Outcome<Vec<u8>>) -> &Reason {
    &outcome.result.as_ref().unwrap_err().reason
}

/// Out of gas with all of a budget used, at two budgets.
fn runs_out(code: &Code) {
    for budget in [50_000_000, 300_000_000] {
        let outcome = execute(code, &mut MemoryChain::default(), budget, b"");
        assert_eq!((outcome.used, reason(&outcome)), (budget, &Reason::OutOfGas));
    }
}

#[test]
fn a_call_needs_exactly_what_it_used() {
    let code = executes("", "");
    let mut chain = MemoryChain::default();
    let outcome = execute(&code, &mut chain, PLENTY, b"{}");
    assert_eq!(outcome.result.unwrap(), b"{}");
    let enough = execute(&code, &mut chain, outcome.used, b"{}");
    assert_eq!(enough.used, outcome.used);
    assert!(enough.result.is_ok());
    for budget in [outcome.used - 1, outcome.used / 2, 1, 0] {
        let short = execute(&code, &mut chain, budget, b"{}");
        assert_eq!((short.used, reason(&short)), (budget, &Reason::OutOfGas));
    }
}

#[test]
fn endless_loops_run_out_of_gas() {
    runs_out(&executes("", "(loop $again (br $again))"));
}

#[test]
fn storms_of_host_calls_run_out_of_gas() {
    let read = r#"(import "env" "db_read" (func $read (param i32) (result i32)))"#;
    runs_out(&executes(
        read,
        "(loop $again (drop (call $read (i32.const 64))) (br $again))",
    ));
    let write = r#"(import "env" "db_write" (func $write (param i32 i32)))"#;
    runs_out(&executes(
        write,
        "(loop $again (call $write (i32.const 64) (i32.const 64)) (br $again))",
    ));
    let debug = r#"(import "env" "debug" (func $debug (param i32)))"#;
    runs_out(&executes(
        debug,
        "(loop $again (call $debug (i32.const 64)) (br $again))",
    ));
}

#[test]
fn storms_of_iterators_end() {
    let scan = r#"(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))"#;
    let body = "(loop $again (drop (call $scan (i32.const 64) (i32.const 0) (i32.const 1))) (br $again))";
    let code = executes(scan, body);
    runs_out(&code);
    let outcome = execute(&code, &mut MemoryChain::default(), PLENTY, b"");
    assert_eq!(reason(&outcome), &Reason::TooManyIterators(1 << 15));
    assert!(outcome.used > 32_768 * VM.prices().scan.base && outcome.used < PLENTY);
}

#[test]
fn bounds_of_iterators_have_a_greatest_length_together() {
    let scan = r#"(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (data (i32.const 96) "\00\00\10\00\00\00\01\00\00\00\01\00")"#;
    let body = "(loop $again (drop (call $scan (i32.const 96) (i32.const 0) (i32.const 1))) (br $again))";
    let outcome = execute(&executes(scan, body), &mut MemoryChain::default(), PLENTY, b"");
    assert_eq!(reason(&outcome), &Reason::IteratorBounds(16 << 20));
}

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let grow = "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (i32.store (i32.const 256) (memory.size))";
    let code = executes("", &format!("{grow} (i32.store (i32.const 136) (i32.const 2))"));
    let outcome = execute(&code, &mut MemoryChain::default(), PLENTY, b"");
    assert_eq!(outcome.result.unwrap(), 512_u16.to_le_bytes());
    let all_at_once = executes(
        "",
        "(if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then (unreachable)))",
    );
    let outcome = execute(&all_at_once, &mut MemoryChain::default(), PLENTY, b"");
    assert!(outcome.result.is_ok() || reason(&outcome) == &Reason::OutOfGas);
}

#[test]
fn endless_recursion_exhausts_the_stack() {
    let wide = "(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)";
    for locals in ["", wide] {
        let recursive = format!("(func $deeper {locals} (call $deeper))");
        let outcome = execute(
            &executes(&recursive, "(call $deeper)"),
            &mut MemoryChain::default(),
            PLENTY,
            b"",
        );
        assert_eq!(reason(&outcome), &Reason::StackExhausted);
        assert!(outcome.used < PLENTY);
    }
}

#[test]
fn out_of_gas_goes_before_every_other_failure() {
    let code = executes("", "(unreachable)");
    let trap = execute(&code, &mut MemoryChain::default(), PLENTY, b"");
    assert_eq!(reason(&trap), &Reason::Trap(Trap::Unreachable));
    let short = execute(&code, &mut MemoryChain::default(), trap.used - 1, b"");
    assert_eq!((short.used, reason(&short)), (trap.used - 1, &Reason::OutOfGas));
}

#[test]
fn traps_are_told_apart() {
    let cases = [
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            Trap::DivisionByZero,
        ),
        (
            "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
            Trap::IntegerOverflow,
        ),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", Trap::BadConversion),
        ("(drop (i32.load (i32.const -4)))", Trap::MemoryOutOfBounds),
        ("(call_indirect (i32.const 9))", Trap::TableOutOfBounds),
        ("(call_indirect (i32.const 1))", Trap::NullCall),
        (
            "(call_indirect (param i32) (i32.const 0) (i32.const 0))",
            Trap::WrongSignature,
        ),
    ];
    for (body, trap) in cases {
        let table = "(table 2 2 funcref) (func $f) (elem (i32.const 0) $f)";
        let outcome = execute(&executes(table, body), &mut MemoryChain::default(), PLENTY, b"");
        assert_eq!(reason(&outcome), &Reason::Trap(trap), "{body}");
    }
}

/// A contract whose `allocate` runs `body`.
fn allocates(imports: &str, body: &str) -> Arc<Code> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (data (i32.const 64) "\00\02\00\00\03\00\00\00\03\00\00\00")
            (data (i32.const 96) "\00\04\00\00\ff\ff\00\00\00\00\00\00")
            (data (i32.const 128) "\00\04\00\00\01\00\00\00\00\00\00\00")
            (data (i32.const 512) "key")
            (func (export "interface_version_8"))
            (func (export "allocate") (param i32) (result i32) {body})
            (func (export "deallocate") (param i32))
            (func (export "execute") (param i32 i32 i32) (result i32) (i32.const 64)))"#
    );
    VM.compile(&wat::parse_str(text).unwrap()).unwrap()
}

#[test]
fn an_allocator_that_lies_is_found_out() {
    let cases = [
        ("(i32.const 0)", RegionError::NullPointer),
        ("(i32.const 65530)", RegionError::Pointer(65530)),
        ("(i32.const -1)", RegionError::Pointer(u32::MAX)),
        ("(i32.const 1)", RegionError::ZeroOffset),
    ];
    for (body, error) in cases {
        let outcome = execute(&allocates("", body), &mut MemoryChain::default(), PLENTY, b"");
        assert_eq!(reason(&outcome), &Reason::Region(error), "{body}");
    }
    let outcome = execute(
        &allocates("", "(i32.const 128)"),
        &mut MemoryChain::default(),
        PLENTY,
        b"",
    );
    assert!(matches!(
        reason(&outcome),
        Reason::Region(RegionError::TooSmall { capacity: 1, .. })
    ));
}

#[test]
fn an_allocator_must_not_ask_the_host_for_more() {
    let read = r#"(import "env" "db_read" (func $read (param i32) (result i32)))"#;
    let code = allocates(read, "(drop (call $read (i32.const 64))) (i32.const 96)");
    let mut chain = MemoryChain::default();
    assert!(
        execute(&code, &mut chain, PLENTY, b"").result.is_ok(),
        "nothing to allocate for"
    );
    chain.state.insert(b"key".to_vec(), b"value".to_vec());
    assert_eq!(
        reason(&execute(&code, &mut chain, PLENTY, b"")),
        &Reason::Reentered
    );
}

#[test]
fn a_start_function_is_paid_for_and_may_ask_the_host() {
    let with_start = |start: &str| {
        executes(
            &format!(
                r#"(import "env" "db_write" (func $write (param i32 i32)))
                (func $start {start}) (start $start)"#
            ),
            "",
        )
    };
    let mut chain = MemoryChain::default();
    let writes = with_start("(call $write (i32.const 64) (i32.const 64))");
    let outcome = execute(&writes, &mut chain, PLENTY, b"");
    assert!(outcome.result.is_ok());
    assert_eq!(chain.state.get(b"key".as_slice()), Some(&b"key".to_vec()));
    let nothing = execute(&with_start(""), &mut chain, PLENTY, b"");
    assert!(outcome.used > nothing.used + VM.prices().storage_write.base);
    runs_out(&with_start("(loop $again (br $again))"));
    let traps = execute(&with_start("(unreachable)"), &mut chain, PLENTY, b"");
    assert_eq!(reason(&traps), &Reason::Trap(Trap::Unreachable));
}

#[test]
fn what_is_no_result_is_a_failure() {
    let info = cosmwasm_vm::testing::mock_info("anybody", &[]);
    let env = cosmwasm_vm::testing::mock_env();
    let code = executes("", "");
    let mut chain = MemoryChain::default();
    let outcome = call(&code, &mut chain, PLENTY).execute(&env, &info, b"").unwrap();
    let Err(Failure {
        reason: Reason::Returned(_),
        ..
    }) = outcome.result
    else {
        panic!("{outcome:?}")
    };
    let missing = call(&code, &mut chain, PLENTY).query(&env, b"").unwrap();
    let failure = Failure::at("query", Reason::NoEntry);
    assert_eq!(
        missing,
        Outcome {
            used: 0,
            result: Err(failure)
        }
    );
}

#[test]
fn a_chain_that_fails_is_a_fault_and_no_failure() {
    let read = r#"(import "env" "db_read" (func $read (param i32) (result i32)))"#;
    let code = executes(read, "(drop (call $read (i32.const 64)))");
    let mut chain = MemoryChain {
        broken: true,
        ..Default::default()
    };
    let fault = call(&code, &mut chain, PLENTY)
        .raw(Entry::Execute, &[b"", b"", b""])
        .unwrap_err();
    assert!(
        matches!(&fault, Fault::Chain(error) if error.to_string() == "the disk is gone"),
        "{fault}"
    );
}

/// Asks the chain, which asks this contract again.
const ASKS: &str = r#"(import "env" "query_chain" (func $ask (param i32) (result i32)))"#;

/// Lets a contract ask itself `depth` times; counts the deepest call in `deepest`.
fn nested(code: &Arc<Code>, depth: u32, deepest: &Rc<Cell<u32>>) -> MemoryChain {
    let (code, deepest) = (Arc::clone(code), Rc::clone(deepest));
    let queries = Box::new(move |_: &[u8], budget: u64| {
        deepest.set(deepest.get() + 1);
        if depth == 0 {
            return Ok(Answer {
                used: 1,
                bytes: b"deep".to_vec(),
            });
        }
        let mut chain = nested(&code, depth - 1, &deepest);
        let outcome = execute(&code, &mut chain, budget, b"");
        Ok(Answer {
            used: outcome.used,
            bytes: outcome.result.unwrap_or_default(),
        })
    });
    MemoryChain {
        queries: Some(queries),
        ..Default::default()
    }
}

#[test]
fn contracts_may_ask_each_other_as_deep_as_their_chain_allows() {
    let code = executes(ASKS, "(drop (call $ask (i32.const 64)))");
    let deepest = Rc::new(Cell::new(0));
    let outcome = execute(&code, &mut nested(&code, 30, &deepest), PLENTY, b"");
    assert!(outcome.result.is_ok(), "{outcome:?}");
    assert_eq!(deepest.get(), 31);
    let short = execute(&code, &mut nested(&code, 30, &deepest), outcome.used - 1, b"");
    assert_eq!(
        (short.used, reason(&short)),
        (outcome.used - 1, &Reason::OutOfGas)
    );
}

#[test]
fn nested_contracts_that_all_exhaust_their_stacks_leave_the_process_well() {
    let code = executes(
        &format!(
            "{ASKS} (global $deep (mut i32) (i32.const 0))
            (func $deeper (param $left i32)
                (if (local.get $left)
                    (then (call $deeper (i32.sub (local.get $left) (i32.const 1))))
                    (else (drop (call $ask (i32.const 64))))))"
        ),
        "(call $deeper (i32.const 2000)) (call $deeper (i32.const -1))",
    );
    let deepest = Rc::new(Cell::new(0));
    let outcome = execute(&code, &mut nested(&code, 20, &deepest), PLENTY, b"");
    assert_eq!(reason(&outcome), &Reason::StackExhausted);
    assert_eq!(deepest.get(), 21);
}

#[test]
fn an_answer_that_costs_more_than_there_is_is_out_of_gas() {
    let code = executes(ASKS, "(drop (call $ask (i32.const 64)))");
    let queries = Box::new(|_: &[u8], budget: u64| {
        Ok(Answer {
            used: budget + 1,
            bytes: Vec::new(),
        })
    });
    let mut chain = MemoryChain {
        queries: Some(queries),
        ..Default::default()
    };
    let outcome = execute(&code, &mut chain, 100_000_000, b"");
    assert_eq!((outcome.used, reason(&outcome)), (100_000_000, &Reason::OutOfGas));
}

#[test]
fn a_query_that_nobody_waits_for_ends_at_its_next_call_of_the_host() {
    let debug = r#"(import "env" "debug" (func $debug (param i32)))"#;
    let code = executes(debug, "(loop $again (call $debug (i32.const 64)) (br $again))");
    let interrupt = Interrupt::default();
    interrupt.raise();
    let mut chain = MemoryChain::default();
    let query = slsbft_wasm::cosmwasm::Call {
        lane: Lane::Query(interrupt),
        ..call(&code, &mut chain, PLENTY)
    };
    let fault = query.raw(Entry::Execute, &[b"", b"", b""]).unwrap_err();
    assert!(matches!(fault, Fault::Interrupted) && fault.only_this_query());
}

#[test]
fn queries_have_places_of_their_own() {
    let config = slsbft_wasm::Config {
        query_places: 2,
        block_places: 1,
        ..Default::default()
    };
    let vm = Arc::new(slsbft_wasm::Vm::new(config).unwrap());
    let wasm = contract(&format!(
        r#"{ASKS} (data (i32.const 64) "\00\02\00\00\03\00\00\00\03\00\00\00")
        (func (export "execute") (param i32 i32 i32) (result i32) (call $ask (i32.const 64)))"#
    ));
    let code = vm.compile(&wasm).unwrap();
    let deepest = Rc::new(Cell::new(0));
    let query = |chain: &mut MemoryChain, lane: Lane| {
        let call = slsbft_wasm::cosmwasm::Call {
            vm: &vm,
            code: &code,
            chain,
            points: PLENTY,
            lane,
        };
        call.raw(Entry::Execute, &[b"", b"", b""])
    };
    let (inner_vm, inner_code, counted) = (Arc::clone(&vm), Arc::clone(&code), Rc::clone(&deepest));
    let mut chain = MemoryChain {
        queries: Some(asks_itself(inner_vm, inner_code, counted)),
        ..Default::default()
    };
    let fault = query(&mut chain, Lane::Query(Interrupt::default())).unwrap_err();
    assert!(matches!(fault, Fault::Busy) && fault.only_this_query(), "{fault}");
    assert_eq!(deepest.get(), 2);
    let answer = Box::new(|_: &[u8], _: u64| {
        Ok(Answer {
            used: 0,
            bytes: b"yes".to_vec(),
        })
    });
    let mut chain = MemoryChain {
        queries: Some(answer),
        ..Default::default()
    };
    assert!(
        query(&mut chain, Lane::Query(Interrupt::default()))
            .unwrap()
            .result
            .is_ok()
    );
    assert!(query(&mut chain, Lane::Block).unwrap().result.is_ok());
}

type Queries = Box<dyn FnMut(&[u8], u64) -> Result<Answer, Fault>>;

fn asks_itself(vm: Arc<slsbft_wasm::Vm>, code: Arc<Code>, deepest: Rc<Cell<u32>>) -> Queries {
    Box::new(move |_, points| {
        deepest.set(deepest.get() + 1);
        let queries = asks_itself(Arc::clone(&vm), Arc::clone(&code), Rc::clone(&deepest));
        let mut chain = MemoryChain {
            queries: Some(queries),
            ..Default::default()
        };
        let lane = Lane::Query(Interrupt::default());
        let call = slsbft_wasm::cosmwasm::Call {
            vm: &vm,
            code: &code,
            chain: &mut chain,
            points,
            lane,
        };
        let outcome = call.raw(Entry::Execute, &[b"", b"", b""])?;
        Ok(Answer {
            used: outcome.used,
            bytes: outcome.result.unwrap_or_default(),
        })
    })
}

#[test]
fn iterators_show_what_was_removed_after_they_read_ahead() {
    let imports = r#"(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (import "env" "db_next_key" (func $next (param i32) (result i32)))
        (import "env" "db_remove" (func $remove (param i32)))"#;
    let body = "(local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
        (drop (call $next (local.get $i))) (drop (call $next (local.get $i)))
        (call $remove (i32.const 64))
        (if (call $next (local.get $i)) (then (unreachable)))";
    let code = executes(imports, body);
    let mut chain = MemoryChain::default();
    for key in ["a", "b", "key"] {
        chain.state.insert(key.into(), Vec::new());
    }
    assert!(execute(&code, &mut chain, PLENTY, b"").result.is_ok());
}
