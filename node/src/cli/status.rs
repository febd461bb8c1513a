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
    if args.json {
        println!("{:#}", status.get("result").unwrap_or(&status));
        return Ok(());
    }
    let text = |path: &str| {
        let value = status.pointer(&format!("/result/{path}")).unwrap_or(&Value::Null);
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    let peers = peers
        .pointer("/result/n_peers")
        .and_then(Value::as_str)
        .unwrap_or("?");
    let syncing = text("sync_info/catching_up") != "false";
    let validator = match text("validator_info/voting_power").as_str() {
        "0" => "no".to_owned(),
        power => format!("yes, power {power}"),
    };
    println!("chain       {}", text("node_info/network"));
    println!(
        "node        {} ({})",
        text("node_info/moniker"),
        text("node_info/id")
    );
    println!("height      {}", text("sync_info/latest_block_height"));
    println!("block time  {}", text("sync_info/latest_block_time"));
    println!("app hash    {}", text("sync_info/latest_app_hash"));
    println!(
        "caught up   {}",
        if syncing { "no, still syncing" } else { "yes" }
    );
    println!("peers       {peers}");
    println!("validator   {validator}");
    Ok(())
}
