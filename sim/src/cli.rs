//! The command line.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;

use crate::{
    SimError,
    output::Report,
    scenario::{Scenario, Settings},
};

const EXAMPLES: &str = "\
Examples:
  slsbft-sim third                        how much stake is safe
  slsbft-sim honest --nodes 10000         ten thousand nodes, a thousand epochs
  slsbft-sim ddos --json                  for machines
  slsbft-sim all --out docs/security      everything, with its plots";

/// Drives the chain's own rules of election, service level, audit and reward without consensus, and
/// shows in numbers what attacks on them cost and bring.
#[derive(Debug, Parser)]
#[command(name = "slsbft-sim", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    /// What to simulate
    #[arg(value_enum)]
    scenario: Scenario,
    /// Of all random numbers: the same seed gives the same output on any machine
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Epochs, or independent draws; each scenario has its own default
    #[arg(long)]
    epochs: Option<u64>,
    /// Honest candidates; each scenario has its own default
    #[arg(long)]
    nodes: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write plots (SVG) into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("{0}")]
    Sim(#[from] SimError),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

/// Runs what the command line says.
pub fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints each report when it is ready; JSON is one list, so it comes last.
fn run(cli: &Cli) -> Result<(), CliError> {
    let settings = Settings {
        seed: cli.seed,
        epochs: cli.epochs,
        nodes: cli.nodes,
    };
    let mut reports = Vec::new();
    for run in cli.scenario.runs() {
        let report = run(&settings)?;
        if let Some(folder) = &cli.out {
            report.save_plots(folder)?;
        }
        if !cli.json {
            writeln!(io::stdout(), "{}", report.text())?;
        }
        reports.push(report);
    }
    if cli.json {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        writeln!(io::stdout(), "{:#}", serde_json::Value::from(all))?;
    }
    Ok(())
}
