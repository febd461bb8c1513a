//! What makes the election visible: every validator is a provider, sells its node's RPC, proves its computing,
//! audits the others, and answers requests. A provider can be degraded and restored from outside; then
//! its owner's level falls, it leaves the set, and comes back.
//!
//! - `endpoint`: where a provider serves
//! - `register`: the validators as providers, each with an offer
//! - `daemons`: a provider, an auditor and an edge node for each
//! - `degrade`: the files that make one fail
//! - `traffic`: blocks every second while there is something to see
//! - `table`: the candidates as the last election saw them

mod daemons;
pub mod degrade;
mod endpoint;
pub mod register;
pub mod table;
mod traffic;

use std::path::Path;

use daemons::Daemons;
use endpoint::Endpoint;
use traffic::Traffic;

use crate::{error::Result, network::Network};

/// Name of an operator's key in the home's test keyring.
const OPERATOR: &str = "operator";

/// Everything that runs beside the nodes.
pub struct Services {
    daemons: Daemons,
    traffic: Traffic,
}

impl Services {
    /// Registers all validators as providers, and starts their daemons.
    pub async fn start(network: &Network, slsbftd: &Path) -> Result<Self> {
        let endpoints: Vec<_> = network.nodes.iter().map(Endpoint::of).collect::<Result<_>>()?;
        let offers = register::all(network, &endpoints).await?;
        println!(
            "all {} validators are registered as providers, prove their computing, audit each other, and answer requests\n",
            endpoints.len()
        );
        Ok(Self {
            daemons: Daemons::start(network, slsbftd, &endpoints, &offers)?,
            traffic: Traffic::new(network),
        })
    }

    /// Starts again what has ended, and makes blocks while a node is degraded.
    pub async fn tend(&mut self, network: &Network) -> Result<()> {
        self.daemons.tend()?;
        let degraded = network.nodes.iter().any(degrade::is_degraded);
        self.traffic.tend(network, degraded).await;
        Ok(())
    }
}
