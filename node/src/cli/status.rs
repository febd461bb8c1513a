//! `slsbftd status`

use std::time::Duration;

use serde_json::Value;

use super::{Global, Outcome, block_on};
use crate::config::{CometConfig, Home};

const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  slsbftd status\n  slsbftd status --json --node http://127.0.0.1:26657")]
pub struct Args {
    /// RPC of the node to ask [default: that of the home]
    #[arg(long, value_name = "URL")]
    node: Option<String>,
    /// Print CometBFT's whole answer as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let url = match args.node {
        Some(url) => url,
        None => CometConfig::read(&Home::new(global.home()).config_toml())?.rpc_url()?,
    };
    let (status, peers) = block_on(async {
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let ask = |method: &str| {
            let request = client.get(format!("{}/{method}", url.trim_end_matches('/')));
            async move { request.send().await?.error_for_status()?.json::<Value>().await }
        };
        Ok::<_, reqwest::Error>((ask("status").await?, ask("net_info").await?))
    })?
    .map_err(|error| format!("no node answers at {url} ({error}); start one with `slsbftd start`"))?;
    let (status, peers) = (&status["result"], &peers["result"]["n_peers"]);
    if args.json {
        println!("{status:#}");
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let (node, sync) = (&status["node_info"], &status["sync_info"]);
    let power = text(&status["validator_info"]["voting_power"]);
    let catching_up = sync["catching_up"].as_bool().unwrap_or(true);
    println!("chain       {}", text(&node["network"]));
    println!("node        {} ({})", text(&node["moniker"]), text(&node["id"]));
    println!("height      {}", text(&sync["latest_block_height"]));
    println!("block time  {}", text(&sync["latest_block_time"]));
    println!("app hash    {}", text(&sync["latest_app_hash"]));
    println!(
        "caught up   {}",
        if catching_up { "no, still syncing" } else { "yes" }
    );
    println!("peers       {}", text(peers));
    println!(
        "validator   {}",
        if power == "0" {
            "no".into()
        } else {
            format!("yes, power {power}")
        }
    );
    Ok(())
}
