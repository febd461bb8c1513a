//! Real nodes: `slsbftd` processes with their CometBFT, each with a home and
//! ports of its own. Everything waits for a condition, with a deadline.
//!
//! - `node`: a home, its processes, and what CometBFT says of itself

mod node;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use slsbft_genesis::Genesis;
use slsbft_types::{Address, Amount, Coins, Time, UANKR_PER_ANKR};
use tempfile::TempDir;

use crate::chain::CHAIN_ID;
pub use node::{Daemon, Node, OPERATOR, free_ports};

/// What every validator's operator has, and what it stakes of that.
const FUNDS_ANKR: u128 = 1_000_000;
pub const STAKE_ANKR: u128 = 500_000;
/// For one condition, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(100);

/// Polls until there is something.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(25));
    }
}

/// Nodes of one chain. Dropped: all are killed, the homes are removed.
pub struct Fleet {
    pub nodes: Vec<Node>,
    pub genesis: Genesis,
    pace: &'static str,
    // The last, so that nobody writes there any more.
    folder: TempDir,
}

/// What a fleet is to be.
pub struct Plan<'a> {
    /// All with the same stake.
    pub validators: usize,
    /// Each gets an amount of uankr and its index as number; operators come after these.
    pub accounts: &'a [(Address, u128)],
    /// CometBFT's `timeout_commit`.
    pub pace: &'static str,
    /// Changes the genesis, which has no candidates yet.
    pub change: &'a dyn Fn(&mut Genesis),
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self {
            validators: 4,
            accounts: &[],
            pace: "100ms",
            change: &|_| (),
        }
    }
}

impl Plan<'_> {
    /// Starts the nodes and waits for the first blocks.
    pub fn start(&self) -> Fleet {
        let folder = tempfile::tempdir().expect("temporary folder");
        let nodes: Vec<Node> = (0..self.validators)
            .map(|index| Node::init(folder.path(), index, self.pace))
            .collect();
        let mut fleet = Fleet {
            genesis: self.genesis(&nodes),
            nodes,
            pace: self.pace,
            folder,
        };
        let peers = fleet.peers();
        for node in &mut fleet.nodes {
            node.introduce(&fleet.genesis, &peers);
            node.start();
        }
        for node in &mut fleet.nodes {
            wait_for("the first blocks", || {
                assert!(node.ended().is_none(), "a node does not start:\n{}", node.log());
                node.height().filter(|height| *height >= 2)
            });
        }
        fleet
    }

    fn genesis(&self, nodes: &[Node]) -> Genesis {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(now.as_secs() as i64));
        let funded = self
            .accounts
            .iter()
            .map(|(address, amount)| (*address, Coins::base(Amount::new(*amount))));
        genesis.add_accounts(funded).expect("different accounts");
        // Long enough that nothing is folded while a test looks at the epoch-local state.
        genesis.app_state.epochs.params.blocks_per_epoch = 1_000;
        (self.change)(&mut genesis);
        let (operators, txs): (Vec<_>, Vec<_>) = nodes.iter().map(Node::candidate).unzip();
        let funds = Coins::base(Amount::new(FUNDS_ANKR * UANKR_PER_ANKR));
        let operators = operators.into_iter().map(|operator| (operator, funds.clone()));
        genesis.add_accounts(operators).expect("different operators");
        genesis.collect(txs).expect("a good genesis");
        genesis
    }
}

impl Fleet {
    /// Starts validators of equal stake on a chain with accounts: see [`Plan`].
    pub fn start(validators: usize, accounts: &[(Address, u128)]) -> Self {
        let plan = Plan {
            validators,
            accounts,
            ..Plan::default()
        };
        plan.start()
    }

    /// Makes a home for one more node, which has no vote and does not run yet.
    pub fn add(&mut self) -> &mut Node {
        let index = self.nodes.len();
        let node = Node::init(self.folder.path(), index, self.pace);
        node.introduce(&self.genesis, &self.peers());
        self.nodes.push(node);
        &mut self.nodes[index]
    }

    /// Starts one more node, which has no vote.
    pub fn join(&mut self) -> &Node {
        let node = self.add();
        node.start();
        node
    }

    fn peers(&self) -> Vec<String> {
        self.nodes.iter().map(Node::peer).collect()
    }

    /// Height that the most advanced node has reached.
    pub fn height(&self) -> u64 {
        self.nodes.iter().filter_map(Node::height).max().unwrap_or(0)
    }

    /// Waits until all nodes are above `height` and compares every header's app
    /// hash up to it; returns how many there were.
    pub fn assert_equal_until(&self, height: u64) -> u64 {
        for node in &self.nodes {
            node.wait_for(height);
        }
        for at in 1..=height {
            let found: Vec<_> = self.nodes.iter().map(|node| node.app_hash(at)).collect();
            assert!(
                found.iter().all(|hash| *hash == found[0]),
                "app hashes at {at}: {found:?}"
            );
        }
        height
    }
}

fn slsbftd() -> PathBuf {
    binary("slsbftd")
}

/// A program of the workspace: beside the test's own binary, whose folder is `deps`.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let path = test.ancestors().nth(2).expect("a target folder").join(name);
    assert!(
        path.exists(),
        "{} is missing; run `make test`, or build it with --bins",
        path.display()
    );
    path
}

pub fn cometbft() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/cometbft");
    assert!(path.exists(), "CometBFT is missing; run `make setup`");
    path
}
