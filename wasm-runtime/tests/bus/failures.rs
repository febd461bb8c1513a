//! A failure says where in the contract it happened, whatever the compiler made of it.

use slsbft_wasm::bus::{Call, Entry};
use slsbft_wasm::{Config, Failure, Lane, Optimise, Reason, Trap, Vm};

use crate::support::{HERE, IMPORTS, PLENTY, context, contract};
use crate::world::World;

/// The first function of a test's own: behind the imports, the marker and the two that output numbers.
const FIRST: u32 = IMPORTS.len() as u32 + 3;

/// How `$failing` fails, called by a function that `execute` calls, on two settings of the compiler.
fn failure(failing: &str, points: u64) -> Failure {
    let wasm = contract(&format!(
        r#"(func $failing (param i32) (result i32) {failing})
           (func $calling (drop (call $failing (i32.const 0))))
           (func (export "execute") (call $calling))"#
    ));
    let failed = [Optimise::None, Optimise::Speed].map(|optimise| {
        let vm = Vm::new(Config {
            optimise,
            ..Config::default()
        });
        let vm = vm.unwrap();
        let mut world = World::default();
        let call = Call {
            vm: &vm,
            code: &vm.compile(&wasm).unwrap(),
            chain: &mut world.host(HERE),
            points,
            lane: Lane::Block,
            context: context(HERE, "somebody", ""),
        };
        call.run(Entry::Execute, b"").unwrap()
    });
    assert_eq!(failed[0], failed[1]);
    failed[0].clone().result.unwrap_err()
}

#[test]
fn a_failure_names_the_function_that_ran() {
    let cases = [
        ("unreachable", Reason::Trap(Trap::Unreachable)),
        (
            "(i32.div_s (i32.const 1) (local.get 0))",
            Reason::Trap(Trap::DivisionByZero),
        ),
        ("(i32.load (i32.const -4))", Reason::Trap(Trap::MemoryOutOfBounds)),
        ("(loop $again (br $again)) (i32.const 0)", Reason::OutOfGas),
        (
            "(i32.add (call $failing (local.get 0)) (i32.const 1))",
            Reason::StackExhausted,
        ),
    ];
    for (failing, reason) in cases {
        let points = if reason == Reason::OutOfGas {
            100_000_000
        } else {
            PLENTY
        };
        let failed = failure(failing, points);
        let due = Failure {
            entry: "execute",
            function: Some(FIRST),
            reason,
        };
        assert_eq!(failed, due, "{failing}");
    }
    let failed = failure(
        "(call $output (i32.const -4) (i32.const 4)) (i32.const 0)",
        PLENTY,
    );
    assert_eq!(failed.function, Some(FIRST), "{failed}");
    assert!(
        failed
            .to_string()
            .starts_with(&format!("execute, function {FIRST}: ")),
        "{failed}"
    );
}

#[test]
fn a_call_of_what_is_not_there_names_no_function() {
    let vm = Vm::new(Config::default()).unwrap();
    let code = vm.compile(&contract(r#"(func (export "execute"))"#)).unwrap();
    let mut world = World::default();
    let call = Call {
        vm: &vm,
        code: &code,
        chain: &mut world.host(HERE),
        points: PLENTY,
        lane: Lane::Block,
        context: context(HERE, "somebody", ""),
    };
    let outcome = call.run(Entry::Migrate, b"").unwrap();
    assert_eq!(outcome.result, Err(Failure::at("migrate", Reason::NoEntry)));
}
