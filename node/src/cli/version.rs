//! `slsbftd version`

use super::Outcome;

/// The CometBFT release the node is made for.
pub const COMETBFT: &str = "v0.39.4";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd version --json")]
pub struct Args {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        let document = serde_json::json!({
            "name": "slsbftd",
            "version": version,
            "abci": "2.0.0",
            "cometbft": COMETBFT,
        });
        say!("{document}");
    } else {
        say!("slsbftd {version}\nABCI    2.0.0\nmade for CometBFT {COMETBFT}");
    }
    Ok(())
}
