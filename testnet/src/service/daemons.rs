//! For each validator an auditor and an edge node, which answers requests: `slsbftd audit` and
//! `slsbftd edge`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::OPERATOR;
use crate::{
    child::Child,
    error::Result,
    network::{Network, Node},
};

/// A daemon that ends is started again, but not at once.
const PAUSE: Duration = Duration::from_secs(5);

/// What runs for each validator: the command.
const COMMANDS: [&str; 2] = ["audit", "edge"];

pub struct Daemons(Vec<Daemon>);

struct Daemon {
    node: Node,
    command: &'static str,
    slsbftd: PathBuf,
    child: Option<Child>,
    started: Instant,
}

impl Daemons {
    /// Call it on the main thread: see [`Child::start`].
    pub fn start(network: &Network, slsbftd: &Path) -> Result<Self> {
        let mut daemons = Vec::with_capacity(network.nodes.len());
        for (node, command) in network
            .nodes
            .iter()
            .flat_map(|node| COMMANDS.map(|command| (node, command)))
        {
            let mut daemon = Daemon {
                node: node.clone(),
                command,
                slsbftd: slsbftd.into(),
                child: None,
                started: Instant::now(),
            };
            daemon.spawn()?;
            daemons.push(daemon);
        }
        Ok(Self(daemons))
    }

    /// Starts again what has ended.
    pub fn tend(&mut self) -> Result<()> {
        for daemon in &mut self.0 {
            let ended = daemon.child.as_mut().is_none_or(|child| child.ended().is_some());
            if ended && daemon.started.elapsed() > PAUSE {
                daemon.spawn()?;
            }
        }
        Ok(())
    }
}

impl Daemon {
    fn spawn(&mut self) -> Result<()> {
        let mut command = Command::new(&self.slsbftd);
        command.arg("--home").arg(&self.node.home).arg(self.command);
        command.args(["--from", OPERATOR, "--keyring-backend", "test"]);
        command.args(["--node", &self.node.grpc.to_string()]);
        // All of the testnet is on this machine.
        command.arg("--allow-private");
        let name = format!("{} of {}", self.command, self.node.moniker);
        let log = self.node.home.join(format!("{}.log", self.command));
        self.child = Some(Child::start(&name, command, &log)?);
        self.started = Instant::now();
        Ok(())
    }
}
