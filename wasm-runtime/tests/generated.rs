//! Generated modules: the accounting changes nothing but the budgets, and they do not depend on how the
//! engine compiles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod common;

use arbitrary::Unstructured;
use common::{AMPLE, DEEP, Failure, Metering, deep, engine};
use proptest::prelude::*;
use slsbft_wasm::limits::Limits;
use slsbft_wasm::pass::{FEATURES, Metered, Rules, meter};
use slsbft_wasm::prices;
use wasm_smith::{Config, Module};
use wasmtime::{Engine, Extern, Linker, OptLevel, Store, Val, ValType};

/// What contracts may use, without imports; everything is exported, so all that a module does shows.
fn configuration() -> Config {
    Config {
        max_imports: 0,
        min_funcs: 4,
        max_data_segments: 3,
        max_element_segments: 3,
        export_everything: true,
        max_instructions: 400,
        max_memory32_bytes: 16 << 16,
        // Without a maximum the module as it is could grow further than the metered one may.
        memory_max_size_required: true,
        max_table_elements: 100,
        bulk_memory_enabled: true,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        allow_start_export: false,
        ..Config::default()
    }
}

/// A module from random bytes that ends by itself.
fn generate(seed: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new(configuration(), &mut Unstructured::new(seed)).ok()?;
    module.ensure_termination(300).ok()?;
    Some(module.to_bytes())
}

/// The consensus rules, but for numbers that the generator does not keep to.
fn rules() -> Rules {
    let limits = Limits {
        name_bytes: 100_000,
        results: 1_000,
        block_values: 1_000,
        loop_nesting: 1_000,
        ..Limits::CONSENSUS
    };
    Rules {
        limits,
        prices: prices::CURRENT,
    }
}

/// What calls returned and what they left behind, floats as bits.
#[derive(Debug, PartialEq)]
struct Trace {
    calls: Vec<Result<Vec<String>, Failure>>,
    left: Vec<String>,
}

fn arguments(types: impl Iterator<Item = ValType>) -> Vec<Val> {
    types
        .zip(1i32..)
        .map(|(ty, number)| match ty {
            ValType::I32 => Val::I32(number * 7),
            ValType::I64 => Val::I64(i64::from(number) << 33),
            ValType::F32 => Val::F32((number as f32 * 1.5).to_bits()),
            _ => Val::F64((f64::from(number) / 3.0).to_bits()),
        })
        .collect()
}

/// The exports that both the module and its metered form have, functions first.
fn names(metered: &Metered, functions: bool) -> Vec<&str> {
    let wanted =
        |kind: &slsbft_wasm::pass::Kind| matches!(kind, slsbft_wasm::pass::Kind::Function(_)) == functions;
    metered
        .exports
        .iter()
        .filter(|export| wanted(&export.kind))
        .map(|export| export.name.as_str())
        .collect()
}

fn left(store: &mut Store<()>, instance: wasmtime::Instance, metered: &Metered) -> Vec<String> {
    let mut left = Vec::new();
    for name in names(metered, false) {
        left.push(match instance.get_export(&mut *store, name) {
            Some(Extern::Global(global)) => bits(&global.get(&mut *store)),
            Some(Extern::Memory(memory)) => {
                let data = memory.data(&*store);
                let sum = data.iter().fold(0u64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
                });
                format!("{} bytes {sum:x}", data.len())
            }
            Some(Extern::Table(table)) => format!("{} elements", table.size(&*store)),
            other => panic!("{other:?}"),
        });
    }
    left
}

fn bits(value: &Val) -> String {
    format!("{value:?}")
}

/// Calls every export of a module as it is.
fn plain(engine: &Engine, code: &[u8], metered: &Metered) -> Option<Trace> {
    let module = wasmtime::Module::new(engine, code).expect("the generator makes valid modules");
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, &module).ok()?;
    let calls = names(metered, true)
        .into_iter()
        .map(|name| {
            let function = instance.get_func(&mut store, name).unwrap();
            let arguments = arguments(function.ty(&store).params());
            let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
            match function.call(&mut store, &arguments, &mut results) {
                Ok(()) => Ok(results.iter().map(bits).collect()),
                Err(error) => Err(Failure::Trap(
                    *error.downcast_ref().expect("calls fail by traps only"),
                )),
            }
        })
        .collect();
    let left = left(&mut store, instance, metered);
    Some(Trace { calls, left })
}

/// Calls every export of a metered module, and says what each call left of the points.
fn counted(engine: &Engine, metered: &Metered) -> (Trace, Vec<i64>) {
    let (mut metering, started) = Metering::start(engine, metered, AMPLE, DEEP);
    let (mut calls, mut points) = (Vec::new(), vec![metering.points()]);
    assert!(started.is_ok() || !matches!(started, Err(Failure::OutOfPoints)));
    for name in names(metered, true) {
        let function = metering.instance.get_func(&mut metering.store, name).unwrap();
        let arguments = arguments(function.ty(&metering.store).params());
        metering.arm(AMPLE, DEEP);
        let outcome = metering.call(name, &arguments);
        if outcome.is_ok() {
            assert_eq!(metering.stack(), DEEP, "the height is given back");
        }
        calls.push(outcome.map(|results| results.iter().map(bits).collect()));
        points.push(metering.points());
    }
    let left = left(&mut metering.store, metering.instance, metered);
    (Trace { calls, left }, points)
}

/// Meters and compares. Gives the number of calls compared, or nothing where there is nothing to compare.
fn compare(seed: &[u8]) -> Option<usize> {
    let code = generate(seed)?;
    let metered = match meter(&code, &rules()) {
        Ok(metered) => metered,
        Err(refusal) => panic!("a module of allowed features is refused: {refusal}"),
    };
    let mut validator = wasmparser::Validator::new_with_features(FEATURES);
    validator
        .validate_all(&metered.wasm)
        .expect("what the pass writes is valid");
    if metered.start {
        return Some(0);
    }
    let (speed, none) = (engine(OptLevel::Speed), engine(OptLevel::None));
    let expected = plain(&speed, &code, &metered)?;
    let (found, points) = counted(&speed, &metered);
    // Growing again and again by what there can never be uses up any budget, and what follows differs.
    if found
        .calls
        .iter()
        .any(|call| matches!(call, Err(Failure::OutOfPoints)))
    {
        return None;
    }
    assert_eq!(found, expected);
    let (found_none, points_none) = counted(&none, &metered);
    assert_eq!((found_none, points_none), (expected, points));
    Some(found.calls.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn metering_changes_nothing_but_the_budgets(seed in proptest::collection::vec(any::<u8>(), 400..4_000)) {
        deep(move || compare(&seed));
    }
}

#[test]
fn most_generated_modules_are_compared_call_by_call() {
    let mut state = 1u64;
    let mut calls = 0;
    for _ in 0..150 {
        let seed: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(3_000)
        .collect();
        calls += deep(move || compare(&seed)).unwrap_or(0);
    }
    assert!(calls > 300, "only {calls} calls were compared");
}
