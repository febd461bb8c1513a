//! `slsbftd status`

use std::time::Duration;

use cosmos_sdk_proto::cosmos::base::node::v1beta1::{StatusRequest, service_client::ServiceClient};
use slsbft_client::Client;

use super::{
    Global, Outcome, block_on,
    options::{Failure, home_endpoint},
};
use crate::{
    comet_rpc::{CometRpc, RpcError, StatusAnswer},
    config::{CometConfig, Home},
};

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = 4 << 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  slsbftd status\n  slsbftd status --json --node tcp://127.0.0.1:26657\n\n\
    While a node runs old blocks again after a start, only its height is known."
)]
pub struct Args {
    /// RPC of the node to ask [default: that of the home]
    #[arg(long, value_name = "URL")]
    node: Option<String>,
    /// Print CometBFT's whole answer as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let (url, own) = match args.node {
        Some(url) => (url, false),
        None => (CometConfig::read(&home.config_toml())?.rpc_url()?, true),
    };
    let rpc = CometRpc::with_limits(&url, PATIENCE, MAX_ANSWER)?;
    block_on(async {
        let printed = if args.json {
            rpc.status_json().await.map(|status| format!("{status:#}\n"))
        } else {
            described(&rpc).await
        };
        match printed {
            Ok(text) => put!("{text}"),
            Err(error) if own => return Err(silent(&error, &url, &home).await),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    })?
}

async fn described(rpc: &CometRpc) -> Result<String, RpcError> {
    let StatusAnswer {
        node_info: node,
        sync_info: sync,
        validator_info,
    } = rpc.status().await?;
    let peers = rpc.peers().await?;
    let synced = if sync.catching_up {
        "no, still syncing"
    } else {
        "yes"
    };
    let validator = match validator_info.voting_power {
        0 => "no".to_owned(),
        power => format!("yes, power {power}"),
    };
    let lines = [
        ("chain", node.network),
        ("node", format!("{} ({})", node.moniker, node.id)),
        ("height", sync.latest_block_height.to_string()),
        ("block time", sync.latest_block_time),
        ("app hash", sync.latest_app_hash),
        ("caught up", synced.to_owned()),
        ("peers", peers.to_string()),
        ("validator", validator),
    ];
    Ok(lines.map(|(name, value)| format!("{name:<12}{value}\n")).concat())
}

/// Why the home's CometBFT does not answer: its application tells more.
async fn silent(error: &RpcError, url: &str, home: &Home) -> Failure {
    match height(home).await {
        Some(height) => format!(
            "the node runs and its state is at height {height}, but CometBFT does not answer at {url}: it is \
             starting, runs old blocks again, or hangs; the node's log says which"
        ),
        None => {
            let reason = match error {
                RpcError::Unreachable { reason, .. } => reason.clone(),
                other => other.to_string(),
            };
            format!("no node answers at {url} ({reason}); start one with `slsbftd start`")
        }
    }
    .into()
}

async fn height(home: &Home) -> Option<u64> {
    let client = Client::connect(&home_endpoint(home).ok()?).await.ok()?;
    let mut node = ServiceClient::new(client.channel());
    let answer = tokio::time::timeout(PATIENCE, node.status(StatusRequest {})).await;
    let answer = answer.ok()?.ok()?;
    Some(answer.into_inner().height)
}
