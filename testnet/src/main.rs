//! `slsbft-testnet`: testnets on one machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    slsbft_testnet::cli::main()
}
