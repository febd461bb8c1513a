//! For each validator a provider, which proves what it computes, an auditor, and an edge node, which
//! answers requests: `slsbftd provider`, `slsbftd audit` and `slsbftd edge`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use super::{OPERATOR, degrade::Part, endpoint::Endpoint};
use crate::{
    child::Child,
    error::Result,
    network::{Network, Node},
};

/// A daemon that ends is started again, but not at once.
const PAUSE: Duration = Duration::from_secs(5);
/// Threads that compute for a validator: all of them share one machine.
const THREADS: &str = "1";

pub struct Daemons(Vec<Daemon>);

struct Daemon {
    node: Node,
    slsbftd: PathBuf,
    work: Work,
    /// What runs, or ran last, and its arguments.
    child: Option<(Child, Vec<String>)>,
    started: Instant,
}

enum Work {
    Provide { offer: u64, endpoint: Endpoint },
    Audit,
    Edge,
}

impl Daemons {
    /// Call it on the main thread: see [`Child::start`].
    pub fn start(network: &Network, slsbftd: &Path, endpoints: &[Endpoint], offers: &[u64]) -> Result<Self> {
        let mut daemons = Vec::with_capacity(3 * network.nodes.len());
        for ((node, endpoint), offer) in network.nodes.iter().zip(endpoints).zip(offers) {
            let (endpoint, offer) = (*endpoint, *offer);
            for work in [Work::Provide { offer, endpoint }, Work::Audit, Work::Edge] {
                daemons.push(Daemon {
                    node: node.clone(),
                    slsbftd: slsbftd.into(),
                    work,
                    child: None,
                    started: Instant::now(),
                });
            }
        }
        let mut daemons = Self(daemons);
        daemons.tend()?;
        Ok(daemons)
    }

    /// Starts again what has ended, and what has to run in another way.
    pub fn tend(&mut self) -> Result<()> {
        self.0.iter_mut().try_for_each(Daemon::tend)
    }
}

impl Daemon {
    fn tend(&mut self) -> Result<()> {
        let wanted = self.work.arguments(&self.node);
        let as_wanted = self.child.as_ref().map(|(_, arguments)| arguments) == wanted.as_ref();
        if let Some((child, _)) = &mut self.child {
            let ended = child.ended().is_some();
            if !ended && !as_wanted {
                child.signal(Signal::SIGTERM);
            }
            if !ended || (as_wanted && self.started.elapsed() < PAUSE) {
                return Ok(());
            }
        }
        self.child = None;
        if let Some(arguments) = wanted {
            self.child = Some((self.spawn(&arguments)?, arguments));
            self.started = Instant::now();
        }
        Ok(())
    }

    fn spawn(&self, arguments: &[String]) -> Result<Child> {
        let name = self.work.name();
        let mut command = Command::new(&self.slsbftd);
        command
            .arg("--home")
            .arg(&self.node.home)
            .arg(name)
            .args(arguments);
        command.args(["--from", OPERATOR, "--keyring-backend", "test"]);
        command.args(["--node", &self.node.grpc.to_string()]);
        let log = self.node.home.join(format!("{name}.log"));
        Child::start(&format!("{name} of {}", self.node.moniker), command, &log)
    }
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Provide { .. } => "provider",
            Self::Audit => "audit",
            Self::Edge => "edge",
        }
    }

    /// How it has to run now; `None` if not at all.
    fn arguments(&self, node: &Node) -> Option<Vec<String>> {
        match self {
            // All of the testnet is on this machine.
            Self::Audit | Self::Edge => Some(vec!["--allow-private".into()]),
            Self::Provide { .. } if Part::Endpoint.fails(node) => None,
            Self::Provide { offer, endpoint } => {
                let threads = if Part::Computing.fails(node) { "0" } else { THREADS };
                let pairs = [
                    ("--offer", offer.to_string()),
                    ("--upstream", format!("http://{}", node.rpc)),
                    ("--listen", endpoint.address.to_string()),
                    ("--vouchers-listen", endpoint.vouchers.to_string()),
                    ("--compute-threads", threads.into()),
                ];
                let flat = pairs.into_iter().flat_map(|(flag, value)| [flag.into(), value]);
                Some(flat.collect())
            }
        }
    }
}
