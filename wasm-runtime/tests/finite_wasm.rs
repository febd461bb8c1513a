//! What the pass charges is what `finite-wasm` charges, an analysis that nobody here wrote: the same points
//! on calls that do not trap, and the same height of the stack.
//!
//! Where the two differ by design, the price table here makes no difference: an `end` or `else` costs
//! nothing, nor does a `loop` (paid at each turn there, once here); nothing is charged by a value. Code
//! behind a block that nothing leaves is dead here and not there, and version 0.6.1 leaves the index of a
//! `call_indirect` on the stack, so heights there are at least ours, and equal where no function has an
//! operator that never falls through or such a call.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot do, it fails with"
)]

#[path = "programs/mod.rs"]
mod programs;

use finite_wasm::prefix_sum_vec::PrefixSumVec;
use finite_wasm::wasmparser as theirs;
use finite_wasm::{Analysis, Fee, max_stack::SizeConfig};
use programs::choices::{Choices, Seeded};
use programs::compare::calls;
use programs::engine::{self, Engines, val, value, value_type};
use programs::module::host_functions;
use programs::observe::{Observation, Plan};
use programs::{generate, host, smith, tables};
use slsbft_wasm::pass::{self, Rules};
use slsbft_wasm::prices::{OPERATORS, Prices, RULES};
use slsbft_wasm_interpreter::{Budget, End, HostContext, Value};
use std::collections::BTreeMap;
use wasmtime::{Caller, Config, Engine, FuncType, Linker, Memory, Module, Store, Val};

/// The module under which the accounting is imported.
const FINITE: &str = "finite";
/// A frame's own slots.
const FRAME: u64 = 3;
const AMPLE: Budget = Budget {
    points: 400_000,
    slots: 10_000,
};

fn price(index: usize, name: &str) -> u64 {
    match name {
        "end" | "else" | "loop" => 0,
        _ => 1 + (index as u64 * 7) % 31,
    }
}

/// A table with what the two charge alike.
fn rules() -> Rules {
    let mut text = String::new();
    for (index, name) in OPERATORS.iter().enumerate() {
        text.push_str(&format!("{name} = {}\n", price(index, name)));
    }
    for name in RULES {
        let price = match name {
            "function.entry" => 1,
            "height.frame" => FRAME,
            // The greatest price: no body has as many operators, so none adds to its height.
            "height.operators" => 1 << 32,
            _ => 0,
        };
        text.push_str(&format!("{name} = {price}\n"));
    }
    Rules {
        prices: Prices::parse(&text).unwrap(),
        ..Rules::CONSENSUS
    }
}

struct Slots;

impl SizeConfig for Slots {
    fn size_of_value(&self, _: theirs::ValType) -> u8 {
        1
    }

    fn size_of_function_activation(&self, locals: &PrefixSumVec<theirs::ValType, u32>) -> u64 {
        FRAME + locals.max_index().map_or(0, |last| u64::from(*last) + 1)
    }
}

/// The same prices by the names of the other side's methods.
struct Costs(BTreeMap<String, u64>);

impl Costs {
    fn new() -> Self {
        let priced = |(index, name): (usize, &&str)| {
            let method = format!("visit_{}", name.replace('.', "_"));
            (method, price(index, name))
        };
        Self(OPERATORS.iter().enumerate().map(priced).collect())
    }
}

macro_rules! costs {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(fn $visit(&mut self $($(, _: $argty)*)?) -> Fee {
            Fee::constant(self.0.get(stringify!($visit)).copied().unwrap_or(0))
        })*
    };
}

impl<'a> theirs::VisitOperator<'a> for Costs {
    type Output = Fee;

    fn simd_visitor(&mut self) -> Option<&mut dyn theirs::VisitSimdOperator<'a, Output = Fee>> {
        Some(self)
    }

    theirs::for_each_visit_operator!(costs);
}

impl<'a> theirs::VisitSimdOperator<'a> for Costs {
    theirs::for_each_visit_simd_operator!(costs);
}

/// What the other side counts, and what host functions charge.
#[derive(Default)]
struct Counted {
    points: i64,
    slots: i64,
    deepest: i64,
    memory: Option<Memory>,
}

/// A module with the other side's accounting, linked.
struct Finite {
    engine: Engine,
    linker: Linker<Counted>,
}

impl Finite {
    fn new() -> Self {
        let engine = Engine::new(Config::new().cranelift_nan_canonicalization(true)).unwrap();
        let mut linker = Linker::new(&engine);
        linker
            .func_wrap(
                FINITE,
                "finite_wasm_gas",
                |mut caller: Caller<'_, Counted>, points: i64| {
                    caller.data_mut().points += points;
                },
            )
            .unwrap();
        let stack = |name: &str, sign: i64, linker: &mut Linker<Counted>| {
            let count = move |mut caller: Caller<'_, Counted>, operands: i64, frame: i64| {
                let counted = caller.data_mut();
                counted.slots += sign * (operands + frame);
                counted.deepest = counted.deepest.max(counted.slots);
                // A function's entry, which the other side has no price for.
                counted.points += i64::from(sign > 0);
            };
            linker.func_wrap(FINITE, name, count).unwrap();
        };
        stack("finite_wasm_stack", 1, &mut linker);
        stack("finite_wasm_unstack", -1, &mut linker);
        for bulk in [
            "memory_copy",
            "memory_fill",
            "memory_init",
            "table_copy",
            "table_fill",
            "table_init",
        ] {
            let never = |_: i32, _: i64, _: i64| -> i32 { panic!("no price depends on a value") };
            linker
                .func_wrap(FINITE, &format!("finite_wasm_{bulk}"), never)
                .unwrap();
        }
        for (name, params, results) in host_functions() {
            let of =
                |types: Vec<wasm_encoder::ValType>| types.into_iter().map(value_type).collect::<Vec<_>>();
            let ty = FuncType::new(&engine, of(params), of(results));
            linker
                .func_new("env", name, ty, move |caller, arguments, results| {
                    lend(name, caller, arguments, results)
                })
                .unwrap();
        }
        Self { engine, linker }
    }

    fn module(&self, code: &[u8]) -> Module {
        let outcome = Analysis::new()
            .with_stack(Slots)
            .with_gas(Costs::new())
            .analyze(code);
        let wasm = outcome.unwrap().instrument(FINITE, code).unwrap();
        Module::new(&self.engine, wasm).unwrap()
    }

    /// What a call that does not trap uses: points, and the most slots at once.
    fn call(&self, module: &Module, export: &str, arguments: &[Value]) -> Option<(Vec<Value>, i64, i64)> {
        let mut store = Store::new(&self.engine, Counted::default());
        let instance = self.linker.instantiate(&mut store, module).ok()?;
        store.data_mut().memory = module
            .exports()
            .find_map(|export| instance.get_memory(&mut store, export.name()));
        let function = instance.get_func(&mut store, export).unwrap();
        let arguments: Vec<Val> = arguments.iter().map(|argument| val(*argument)).collect();
        let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
        function.call(&mut store, &arguments, &mut results).ok()?;
        let Counted {
            points,
            slots,
            deepest,
            ..
        } = *store.data();
        assert_eq!(slots, 0, "the other side gives back what it reserves");
        Some((results.iter().map(value).collect(), points, deepest))
    }
}

/// Runs a host function of the programs, and counts what it charges.
fn lend(
    name: &str,
    mut caller: Caller<'_, Counted>,
    arguments: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let mut left = 0;
    let memory = caller.data().memory;
    let memory = match memory {
        Some(memory) => memory.data_mut(&mut caller),
        None => &mut [],
    };
    let arguments: Vec<Value> = arguments.iter().map(value).collect();
    let context = HostContext {
        memory,
        points: &mut left,
    };
    let answer = host::call(name, context, &arguments).map_err(wasmtime::Error::new)?;
    caller.data_mut().points -= left;
    for (slot, value) in results.iter_mut().zip(answer) {
        *slot = val(value);
    }
    Ok(())
}

/// Whether some operator never falls through, so that what is dead is a matter of definition, or is one
/// that the other side counts wrongly.
fn differs(code: &[u8]) -> bool {
    use wasmparser::{Operator, Parser, Payload};
    Parser::new(0)
        .parse_all(code)
        .any(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => {
                body.get_operators_reader().unwrap().into_iter().any(|operator| {
                    matches!(
                        operator.unwrap(),
                        Operator::Br { .. }
                            | Operator::BrTable { .. }
                            | Operator::Return
                            | Operator::Unreachable
                            | Operator::CallIndirect { .. }
                    )
                })
            }
            _ => false,
        })
}

/// How much was compared.
#[derive(Debug, Default)]
struct Compared {
    calls: u32,
    /// Of these, with heights that must be equal.
    exact: u32,
}

/// Compares the calls of a program that end well within [`AMPLE`].
fn compare(code: &[u8], seed: u64, engines: &Engines, finite: &Finite, compared: &mut Compared) {
    let rules = rules();
    let Ok(metered) = pass::meter(code, &rules) else {
        return;
    };
    if metered.start {
        return;
    }
    let [compiled, ..] = engines.compile(&metered.wasm);
    let other = finite.module(code);
    let exact = !differs(code);
    for (export, arguments) in calls(&tables::load(code, &rules).unwrap(), &mut Seeded::new(seed)) {
        let run = |budget| {
            let plan = Plan {
                export: export.clone(),
                arguments: arguments.clone(),
                budget,
            };
            match engine::run(&compiled, &plan) {
                Observation::Ran {
                    end: End::Returned(results),
                    points,
                    ..
                } => Some((results, budget.points - points)),
                _ => None,
            }
        };
        let Some((results, used)) = run(AMPLE) else {
            continue;
        };
        let (theirs, points, deepest) = finite.call(&other, &export, &arguments).unwrap();
        assert_eq!((&results, used), (&theirs, points), "program {seed}, {export}");
        let within = |slots| run(Budget { slots, ..AMPLE }).is_some();
        assert!(
            within(deepest),
            "program {seed}, {export} needs more than {deepest} slots"
        );
        compared.calls += 1;
        if exact {
            assert!(
                !within(deepest - 1),
                "program {seed}, {export} needs less than {deepest} slots"
            );
            compared.exact += 1;
        }
    }
}

fn compare_all(programs: u64, program: impl Fn(u64) -> Option<Vec<u8>>) -> Compared {
    let (engines, finite) = (Engines::new(), Finite::new());
    let mut compared = Compared::default();
    for seed in 0..programs {
        if let Some(code) = program(seed) {
            compare(&code, seed, &engines, &finite, &mut compared);
        }
    }
    compared
}

#[test]
fn programs_of_wasm_smith_cost_what_finite_wasm_says() {
    let compared = compare_all(1_000, |seed| smith::module(&Seeded::new(seed).bytes(3_000)));
    assert!(compared.calls > 100 && compared.exact > 10, "{compared:?}");
}

#[test]
fn programs_with_deep_control_flow_cost_what_finite_wasm_says() {
    let compared = compare_all(400, |seed| {
        let bytes = Seeded::new(seed).bytes(600);
        Some(generate::module(&mut Choices::new(&bytes)))
    });
    assert!(compared.calls > 100 && compared.exact > 10, "{compared:?}");
}
