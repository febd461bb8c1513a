//! What the accounting costs: programs that rustc compiled, run as they are and metered on the engine's settings, in turn.
//! Prints `name value unit`: the fastest of the runs, and the ratio.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads clocks and runs a compiler"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use slsbft_wasm::pass::{Kind, Metered, POINTS, Rules, STACK, meter};
use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store, Val};

type Failure = Box<dyn Error>;

const RUNS: u32 = 9;
const BUDGET: i64 = 1 << 60;

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let code = std::fs::read(compiled()?)?;
    let metered = meter(&code, &Rules::CONSENSUS)?;
    let engine = engine()?;
    let (plain, counted) = (Module::new(&engine, &code)?, Module::new(&engine, &metered.wasm)?);
    let (mut sum, mut count) = (0.0, 0u32);
    for name in programs(&metered) {
        let (mut bare, mut charged, mut points) = (Duration::MAX, Duration::MAX, 0);
        for run in 0..RUNS {
            bare = bare.min(time(&engine, &plain, name, run)?.0);
            let (time, used) = time(&engine, &counted, name, run)?;
            charged = charged.min(time);
            points = used;
        }
        let ratio = charged.as_secs_f64() / bare.as_secs_f64();
        println!("kernels::{name}/bare {:.3} ms", bare.as_secs_f64() * 1e3);
        println!("kernels::{name}/metered {:.3} ms", charged.as_secs_f64() * 1e3);
        println!("kernels::{name}/ratio {ratio:.3}");
        println!(
            "kernels::{name}/points_per_ps {:.2}",
            points as f64 / (charged.as_secs_f64() * 1e12)
        );
        sum += ratio.ln();
        count += 1;
    }
    println!("kernels::geometric_mean {:.3}", (sum / f64::from(count)).exp());
    Ok(())
}

/// Compiles the programs.
fn compiled() -> Result<PathBuf, Failure> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/kernels/programs.rs");
    let out = std::env::temp_dir().join(format!("kernels-{}.wasm", std::process::id()));
    let done = Command::new("rustc")
        .args([
            "--edition=2024",
            "--target=wasm32-unknown-unknown",
            "-Copt-level=3",
            "-Ccodegen-units=1",
        ])
        .arg("-o")
        .arg(&out)
        .arg(source)
        .output()?;
    if done.status.success() {
        return Ok(out);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("{said}\n(rustup target add wasm32-unknown-unknown)").into())
}

/// Settings as of the engine for contracts.
fn engine() -> Result<Engine, Failure> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .generate_address_map(false);
    Ok(Engine::new(&config)?)
}

fn programs(metered: &Metered) -> impl Iterator<Item = &str> {
    let programs = metered
        .exports
        .iter()
        .filter(|export| matches!(&export.kind, Kind::Function(ty) if ty.to_string() == "(i32) -> (i32)"));
    programs.map(|export| export.name.as_str())
}

/// One run in a new instance, and the points it used.
fn time(engine: &Engine, module: &Module, name: &str, run: u32) -> Result<(Duration, i64), Failure> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    for (global, value) in [(POINTS, BUDGET), (STACK, 1 << 20)] {
        if let Some(global) = instance.get_global(&mut store, global) {
            global.set(&mut store, Val::I64(value))?;
        }
    }
    let function = instance.get_typed_func::<i32, i32>(&mut store, name)?;
    let begun = Instant::now();
    std::hint::black_box(function.call(&mut store, run.cast_signed())?);
    let time = begun.elapsed();
    let left = instance
        .get_global(&mut store, POINTS)
        .map_or(BUDGET, |global| global.get(&mut store).unwrap_i64());
    Ok((time, BUDGET - left))
}
