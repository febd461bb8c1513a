//! `slsbftd init`

use std::path::PathBuf;

use super::{Global, Outcome};
use crate::config::{self, Home, Init};

const EXAMPLES: &str = "\
Examples:
  slsbftd init --moniker alice
      a local chain of your own; the command says how to go on
  slsbftd init --moniker alice --genesis genesis.json --persistent-peers ID@HOST:26656
      a node of an existing chain";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the chain [default: the one in the genesis, else slsbft-local-1]
    #[arg(long, value_name = "ID")]
    chain_id: Option<String>,
    /// Name of this node, for people
    #[arg(long, default_value = "node")]
    moniker: String,
    /// Start from this genesis document instead of a new local one
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Nodes to stay connected to: ID@HOST:PORT, separated by commas
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true)]
    persistent_peers: String,
    /// Nodes to ask for addresses: ID@HOST:PORT, separated by commas
    #[arg(long, value_name = "LIST", default_value = "", hide_default_value = true)]
    seeds: String,
    /// Address told to peers: HOST:PORT
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    external_address: String,
    /// Several nodes share this machine: allow their addresses
    #[arg(long)]
    one_machine: bool,
}

pub fn run(args: Args, global: &Global) -> Outcome {
    let home = Home::new(global.home());
    let own_chain = args.genesis.is_none();
    let flag = global.home_flag();
    let node_id = config::init(
        &home,
        &Init {
            chain_id: args.chain_id,
            moniker: args.moniker,
            genesis: args.genesis,
            persistent_peers: args.persistent_peers,
            seeds: args.seeds,
            external_address: args.external_address,
            one_machine: args.one_machine,
            ..Init::default()
        },
    )?;
    say!("home       {}", home.root().display());
    say!("node id    {node_id}");
    say!(
        "\nKeep {} in one place only, and a backup of it and of {} where nobody finds it.",
        home.validator_key().display(),
        home.vrf_keys().display()
    );
    if own_chain {
        say!("\nNobody has coins yet, and nobody makes blocks. Next:");
        for next in ["keys add alice", "genesis add-account alice 1000000ankr"] {
            say!("  slsbftd {next}{flag}");
        }
        say!("  slsbftd genesis gentx alice 500000ankr{flag}");
        say!("  slsbftd genesis collect{flag}");
        say!("  slsbftd start{flag}");
    } else {
        say!("\nStart the node with: slsbftd start{flag}");
    }
    Ok(())
}
