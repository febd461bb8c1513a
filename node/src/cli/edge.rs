//! `slsbftd edge`

use std::{path::PathBuf, time::Duration};

use super::{
    Global, Outcome,
    daemon::{self, LogOptions},
    options::{KeyringOptions, NodeOptions},
};
use crate::{
    auditor::{
        chain::Chain,
        probe::{Prober, System, Trust},
    },
    edge::{Config, Edge},
};

const EXAMPLES: &str = "\
Examples:
  slsbftd tx service update --tag edge --from alice       be drawn, from the next epoch on
  slsbftd edge --from alice                               answer
  slsbftd edge --from alice --allow-private               on a network on one machine

The key is that of a provider with the tag 'edge'. docs/contracts/requests.md
says what is asked and what an answer earns.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Key of the provider
    #[arg(long, value_name = "NAME")]
    from: String,
    /// Folder of the answers [default: edge in the home]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Connect to private addresses, too: for networks on one machine
    #[arg(long)]
    allow_private: bool,
    /// Believe any TLS certificate: for networks without a public authority
    #[arg(long)]
    insecure: bool,
    /// Milliseconds between looks at the node
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..))]
    poll_ms: u64,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    keyring: KeyringOptions,
    #[command(flatten)]
    log: LogOptions,
}

pub fn run(args: &Args, global: &Global) -> Outcome {
    args.log.init()?;
    daemon::run(edge(args, global))
}

async fn edge(args: &Args, global: &Global) -> Outcome {
    let client = args.node.connect_lazy(global)?;
    daemon::until_ready(&client).await?;
    let chain_id = daemon::until_answered(|| client.chain_id()).await?;
    let key = args
        .keyring
        .unlock(&args.keyring.open(global), &args.from, &chain_id)?;
    let connect = async || Chain::new(client.clone(), key.clone()).await;
    let chain = daemon::until_answered(connect).await?;
    let trust = match args.insecure {
        true => Trust::Anybody,
        false => Trust::public(),
    };
    let prober = Prober::new(&trust, args.allow_private, Box::new(System::default()))?;
    let config = Config {
        home: args.data.clone().unwrap_or_else(|| global.home().join("edge")),
        poll: Duration::from_millis(args.poll_ms),
    };
    let mut edge = Edge::start(config, chain, prober)?;
    daemon::tell(format_args!("{} answers on {chain_id}", key.address()));
    tokio::select! {
        () = edge.run() => Ok(()),
        () = daemon::asked_to_stop() => Ok(()),
    }
}
