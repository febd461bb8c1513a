//! `slsbftd wasm`: contracts, before they are on a chain.

mod check;
mod deploy;
mod new;
mod profile;
mod run;
mod steps;
mod templates;

use std::{fs, io::Read, path::Path};

use clap::Subcommand;
use flate2::read::GzDecoder;

use super::{Global, Outcome, options::Failure};

const EXAMPLES: &str = "\
Examples:
  slsbftd wasm new counter --language rust
  slsbftd wasm check token.wasm
  slsbftd wasm deploy counter.wasm '{\"count\":0}' --label counter --from alice
  slsbftd wasm deploy contract.js '{\"count\":0}' --interpreter 1 --label counter --from alice
  slsbftd wasm run counter.wasm instantiate '{\"count\":0}' execute '{\"increment\":{}}' query '{\"get_count\":{}}'";

/// The longest module, in bytes, and what is read of one in gzip.
const MAX_MODULE: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a contract: a folder with a small one, its SDK, and what to do next
    New(new::Args),
    /// Say whether a chain takes a contract's code, and why not
    Check(check::Args),
    /// Upload a contract's code and make a contract of it
    Deploy(Box<deploy::Args>),
    /// Try a contract on a chain in this process, without a network
    Run(run::Args),
}

pub fn run(args: Args, global: &Global) -> Outcome {
    match args.command {
        Command::New(args) => new::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Deploy(args) => deploy::run(*args, global),
        Command::Run(args) => run::run(&args),
    }
}

/// A module from a file, out of gzip if it is in it.
fn module(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let bytes = fs::read(path).map_err(unreadable)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut gzip = GzDecoder::new(bytes.as_slice()).take(MAX_MODULE);
    gzip.read_to_end(&mut unpacked).map_err(unreadable)?;
    Ok(unpacked)
}

/// What an interpreter is told to run a script: `{"script":…,"msg":…}`, with the script out of a file and its own
/// message, in JSON.
fn script_message(script: &Path, msg: &str) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", script.display());
    let script = serde_json::to_string(&fs::read_to_string(script).map_err(unreadable)?)?;
    Ok(format!(r#"{{"script":{script},"msg":{msg}}}"#))
}
