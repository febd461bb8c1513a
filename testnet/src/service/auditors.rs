//! An auditor daemon for each validator.

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

/// An auditor that ends is started again, but not at once.
const PAUSE: Duration = Duration::from_secs(5);

pub struct Auditors(Vec<Auditor>);

struct Auditor {
    node: Node,
    slsbftd: PathBuf,
    child: Option<Child>,
    started: Instant,
}

impl Auditors {
    /// Call it on the main thread: see [`Child::start`].
    pub fn start(network: &Network, slsbftd: &Path) -> Result<Self> {
        let mut auditors = Vec::with_capacity(network.nodes.len());
        for node in &network.nodes {
            let mut auditor = Auditor {
                node: node.clone(),
                slsbftd: slsbftd.into(),
                child: None,
                started: Instant::now(),
            };
            auditor.spawn()?;
            auditors.push(auditor);
        }
        Ok(Self(auditors))
    }

    /// Starts again what has ended.
    pub fn tend(&mut self) -> Result<()> {
        for auditor in &mut self.0 {
            let ended = auditor.child.as_mut().is_none_or(|child| child.ended().is_some());
            if ended && auditor.started.elapsed() > PAUSE {
                auditor.spawn()?;
            }
        }
        Ok(())
    }
}

impl Auditor {
    fn spawn(&mut self) -> Result<()> {
        let mut command = Command::new(&self.slsbftd);
        command.arg("--home").arg(&self.node.home).arg("audit");
        command.args(["--from", OPERATOR, "--keyring-backend", "test"]);
        command.args(["--node", &self.node.grpc.to_string()]);
        // All of the testnet is on this machine.
        command.arg("--allow-private");
        let name = format!("the auditor of {}", self.node.moniker);
        let log = self.node.home.join("audit.log");
        self.child = Some(Child::start(&name, command, &log)?);
        self.started = Instant::now();
        Ok(())
    }
}
