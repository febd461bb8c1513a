//! What makes the election visible: every validator offers an endpoint, is
//! registered as a provider, audits the others, and answers requests. An endpoint can be degraded
//! and restored from outside; then its owner's level falls, it leaves the set,
//! and comes back.
//!
//! - `endpoint`: what is audited, and the file that degrades it
//! - `register`: the validators as providers
//! - `daemons`: an auditor and an edge node for each
//! - `traffic`: blocks every second while there is something to see
//! - `table`: the candidates as the last election saw them

mod daemons;
mod endpoint;
mod register;
pub mod table;
mod traffic;

use std::path::{Path, PathBuf};

pub use daemons::Daemons;
use endpoint::Endpoint;
use traffic::Traffic;

use crate::{
    error::{During, Error, Result},
    network::{Network, Node},
};

/// Name of an operator's key in the home's test keyring.
const OPERATOR: &str = "operator";

/// Everything that runs beside the nodes.
pub struct Services {
    daemons: Daemons,
    traffic: Traffic,
    _endpoints: Vec<Endpoint>,
}

impl Services {
    /// Serves endpoints, registers them, and starts the daemons.
    pub async fn start(network: &Network, slsbftd: &Path) -> Result<Self> {
        let mut endpoints = Vec::with_capacity(network.nodes.len());
        for node in &network.nodes {
            endpoints.push(Endpoint::start(node).await?);
        }
        let addresses: Vec<_> = endpoints.iter().map(|endpoint| endpoint.address).collect();
        register::all(network, &addresses).await?;
        println!(
            "all {} validators are registered as providers, audit each other, and answer requests\n",
            endpoints.len()
        );
        Ok(Self {
            daemons: Daemons::start(network, slsbftd)?,
            traffic: Traffic::new(network),
            _endpoints: endpoints,
        })
    }

    /// Starts again what has ended, and makes blocks while a node is degraded.
    pub async fn tend(&mut self, network: &Network) -> Result<()> {
        self.daemons.tend()?;
        let degraded = network.nodes.iter().any(endpoint::is_degraded);
        self.traffic.tend(network, degraded).await;
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name, as in node2
    node: String,
    /// Folder of the testnet
    #[arg(long, value_name = "DIR", default_value = ".testnet")]
    dir: PathBuf,
}

/// Runs `degrade`.
pub fn degrade(args: &Args) -> Result<()> {
    let node = find(args)?;
    endpoint::degrade(&node)?;
    println!(
        "the endpoint of {} hangs up on everybody from now on",
        node.moniker
    );
    println!("  two failed audits in a row pause it: no new deals, and no place in the next election");
    println!(
        "  an epoch is 20 blocks, one a second while something is degraded; watch it with `slsbft-testnet status`"
    );
    println!(
        "  bring it back: slsbft-testnet restore {} --dir {}",
        args.node,
        args.dir.display()
    );
    Ok(())
}

/// Runs `restore`.
pub fn restore(args: &Args) -> Result<()> {
    let node = find(args)?;
    endpoint::restore(&node)?;
    println!("the endpoint of {} answers again", node.moniker);
    println!("  two good audits in a row end its pause, and the election after that may seat it");
    Ok(())
}

fn find(args: &Args) -> Result<Node> {
    let dir = args.dir.display();
    let network = Network::read(&args.dir)?;
    let network = network.ok_or_else(|| {
        Error::Usage(format!(
            "no testnet in {dir}; `slsbft-testnet up --dir {dir}` makes one"
        ))
    })?;
    let names: Vec<_> = network.nodes.iter().map(|node| node.moniker.clone()).collect();
    let found = network.nodes.into_iter().find(|node| node.moniker == args.node);
    found.ok_or_else(|| {
        Error::Usage(format!(
            "there is no {}; there are {}",
            args.node,
            names.join(", ")
        ))
    })
}

/// Where a node's flag is.
fn flag(node: &Node) -> PathBuf {
    node.home.join("degraded")
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.during(|| format!("remove {}", path.display())),
    }
}
