//! `slsbft-sim`: what the mechanism does to whom, in numbers.

use std::process::ExitCode;

fn main() -> ExitCode {
    slsbft_sim::cli::main()
}
