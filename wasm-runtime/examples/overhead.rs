//! What the accounting costs: each export `(i32) -> i32` of a module that imports nothing, run as it
//! is and metered, best of so many runs in turn.
//!
//! `cargo run --release -p slsbft-wasm --example overhead -- MODULE.wasm [RUNS]`
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads clocks and arguments"
)]

use std::time::{Duration, Instant};

use slsbft_wasm::pass::{Kind, POINTS, Rules, STACK, meter};
use wasmtime::{Config, Engine, Instance, Module, Store, Val};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a module")?;
    let runs: u32 = arguments.next().map_or(Ok(7), |runs| runs.parse())?;
    let code = std::fs::read(path)?;
    let metered = meter(&code, &Rules::CONSENSUS)?;
    let mut config = Config::new();
    config
        .cranelift_nan_canonicalization(true)
        .generate_address_map(false);
    let engine = Engine::new(&config)?;
    let compiled = Instant::now();
    let plain = Module::new(&engine, &code)?;
    let plain_time = compiled.elapsed();
    let compiled = Instant::now();
    let counted = Module::new(&engine, &metered.wasm)?;
    println!("compiled in {plain_time:?}, metered {:?}", compiled.elapsed());
    let (mut ratios, mut product) = (0u32, 0.0);
    for export in &metered.exports {
        if !matches!(&export.kind, Kind::Function(ty) if ty.to_string() == "(i32) -> (i32)") {
            continue;
        }
        let (mut bare, mut charged, mut points) = (Duration::MAX, Duration::MAX, 0);
        for run in 0..runs {
            bare = bare.min(time(&engine, &plain, &export.name, run)?.0);
            let (time, used) = time(&engine, &counted, &export.name, run)?;
            charged = charged.min(time);
            points = used;
        }
        let ratio = charged.as_secs_f64() / bare.as_secs_f64();
        println!(
            "{:>10} {:>9.3} ms, metered {:>9.3} ms: {ratio:.3}; {:.2} points per ps",
            export.name,
            bare.as_secs_f64() * 1e3,
            charged.as_secs_f64() * 1e3,
            points as f64 / (charged.as_secs_f64() * 1e12),
        );
        ratios += 1;
        product += ratio.ln();
    }
    println!("geometric mean {:.3}", (product / f64::from(ratios)).exp());
    Ok(())
}

/// One run in a new instance, and the points it used.
fn time(engine: &Engine, module: &Module, name: &str, argument: u32) -> Result<(Duration, i64), Failure> {
    const BUDGET: i64 = 1 << 60;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    for (global, value) in [(POINTS, BUDGET), (STACK, 1 << 20)] {
        if let Some(global) = instance.get_global(&mut store, global) {
            global.set(&mut store, Val::I64(value))?;
        }
    }
    let function = instance.get_typed_func::<i32, i32>(&mut store, name)?;
    let begun = Instant::now();
    std::hint::black_box(function.call(&mut store, argument.cast_signed())?);
    let time = begun.elapsed();
    let left = instance
        .get_global(&mut store, POINTS)
        .map_or(BUDGET, |global| global.get(&mut store).unwrap_i64());
    Ok((time, BUDGET - left))
}
