//! `slsbftd wasm check`

use std::{path::PathBuf, time::Instant};

use slsbft_app::modules::contracts::compiling;
use slsbft_wasm::{CodeHash, Config, Optimise, Vm, pass::function_name};

use super::super::{Outcome, options::Failure};

const EXAMPLES: &str = "\
Examples:
  slsbftd wasm check token.wasm
  slsbftd wasm check *.wasm            fails if one of them is refused
  slsbftd wasm check token.wasm --function 312    which function an error names";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Modules, plain or in gzip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say also what the module calls the function of this index, which errors of calls give
    #[arg(long, value_name = "INDEX")]
    function: Option<u32>,
}

pub fn run(args: &Args) -> Outcome {
    let vm = Vm::new(Config {
        optimise: Optimise::Speed,
        ..Config::default()
    })?;
    let mut refused = 0usize;
    for file in &args.files {
        say!("{}", file.display());
        let code = super::module(file)?;
        if let Some(index) = args.function {
            let name = function_name(&code, index);
            say!(
                "  function {index}  {}",
                name.as_deref().unwrap_or("has no name in this module")
            );
        }
        match check(&vm, &code) {
            Ok(lines) => put!("{lines}"),
            Err(refusal) => {
                refused = refused.saturating_add(1);
                say!("  refused: {refusal}");
            }
        }
    }
    match refused {
        0 => Ok(()),
        1 => Err("a contract is refused".into()),
        many => Err(format!("{many} contracts are refused").into()),
    }
}

/// What there is to say of a module that is accepted.
fn check(vm: &Vm, code: &[u8]) -> Result<String, Failure> {
    let report = vm.check(code)?;
    let begun = Instant::now();
    vm.compile(code)?;
    let compiled = begun.elapsed();
    let mut lines = Vec::from([
        ("size", format!("{} bytes", code.len())),
        ("hash", CodeHash::of(code).to_string()),
        ("written for", report.interface().to_string()),
        ("entry points", report.entries().join(", ")),
    ]);
    let required: Vec<_> = report.capabilities().collect();
    for (name, items) in [
        ("requires", required.as_slice()),
        ("never called", report.never_called()),
    ] {
        if !items.is_empty() {
            lines.push((name, items.join(", ")));
        }
    }
    let effort = report.effort();
    lines.push(("compiles in", format!("{effort} ms at most, by estimate")));
    lines.push(("usable", usable(compiling::blocks(effort))));
    lines.push(("compiled in", format!("{} ms here", compiled.as_millis())));
    lines.push(("verdict", "accepted".to_owned()));
    Ok(lines
        .into_iter()
        .map(|(name, value)| format!("  {name:<13} {value}\n"))
        .collect())
}

/// When a chain lets it be used.
fn usable(blocks: u64) -> String {
    match blocks {
        0 | 1 => "in the block after its upload, if little else was uploaded".to_owned(),
        many => format!("{many} blocks after its upload, or later"),
    }
}
