//! `slsbft-testnet crash`: kills processes of a loaded testnet on a schedule, then
//! compares what every node computed at every height.

use std::{collections::BTreeSet, path::PathBuf, rc::Rc, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sha2::{Digest, Sha256};
use tokio::{
    signal,
    task::LocalSet,
    time::{Instant, sleep},
};

use crate::{
    error::{Error, Result},
    fleet::Fleet,
    folder::Folder,
    homes::{self, Plan},
    load::{Generator, Senders},
    rpc::Rpc,
    tools::Tools,
};

const CHAIN_ID: &str = "slsbft-crash-test-1";
/// Enough for the chain to have something to lose at each kill.
const RATE: f64 = 40.0;
const STARTUP: Duration = Duration::from_secs(120);
/// How long all nodes may take to be at one height after the last kill.
const RECOVERY: Duration = Duration::from_secs(180);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the chain made for this; what an earlier run left is removed
    #[arg(long, value_name = "DIR", default_value = ".testnet-crash")]
    dir: PathBuf,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=50))]
    validators: u64,
    /// How many times to kill
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    kills: u32,
    /// Longest pause between two kills, in milliseconds
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pause: u64,
    /// Start of the schedule's randomness, to repeat a run
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Application,
    Consensus,
    Both,
}

/// Runs the command.
pub async fn run(args: &Args, tools: &Tools, local: &LocalSet) -> Result<()> {
    let (slsbftd, cometbft) = (tools.slsbftd()?, tools.cometbft()?);
    let folder = Folder::take(&args.dir)?;
    folder.clear()?;
    // Every sender sends once: a transaction lost with a mempool then delays no other.
    let most = f64::from(args.kills) * args.pause as f64 / 1_000.0 + RECOVERY.as_secs_f64();
    let count = (most * RATE).ceil() as usize;
    let validators = args.validators as usize;
    let count = count.next_multiple_of(validators);
    println!("making a chain of {validators} validators and {count} transfers");
    let senders = Senders::new(count)?;
    let plan = plan(args, &senders);
    let network = homes::make(&slsbftd, &plan).await?;
    let mut fleet = Fleet::start(&args.dir, network, slsbftd, cometbft)?;
    let outcome = tokio::select! {
        outcome = torment(args, &mut fleet, &senders, count, local) => outcome,
        _ = signal::ctrl_c() => Err(Error::Usage("interrupted".into())),
    };
    fleet.stop().await?;
    outcome
}

fn plan(args: &Args, senders: &Senders) -> Plan {
    Plan {
        dir: args.dir.clone(),
        chain_id: CHAIN_ID.into(),
        validators: args.validators as usize,
        base_port: None,
        accounts: Vec::new(),
        senders: senders.addresses(),
        crowd: 0,
        settings: Vec::new(),
    }
}

async fn torment(
    args: &Args,
    fleet: &mut Fleet,
    senders: &Senders,
    count: usize,
    local: &LocalSet,
) -> Result<()> {
    fleet.reach(1, STARTUP).await?;
    let rpcs: Vec<_> = fleet.network.nodes.iter().map(|node| node.rpc).collect();
    let txs = Rc::new(senders.sign(CHAIN_ID, count)?);
    let generator = Generator::start(local, &rpcs, txs, RATE).await?;
    let mut dice = Dice(args.seed);
    for n in 1..=args.kills {
        let pause = Duration::from_millis(dice.below(args.pause));
        tend_for(fleet, pause).await?;
        strike(fleet, &mut dice, n).await;
    }
    generator.stop();
    let height = settle(fleet).await?;
    let sent = generator.take();
    println!(
        "{} transfers offered, {} requests broken by kills",
        sent.offered, sent.broken
    );
    compare(fleet, height).await
}

/// Lets time pass while what has died is started again.
async fn tend_for(fleet: &mut Fleet, time: Duration) -> Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        fleet.tend()?;
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// SIGKILL for a process or two of one node.
async fn strike(fleet: &Fleet, dice: &mut Dice, n: u32) {
    let node = dice.below(fleet.network.nodes.len() as u64) as usize;
    let victim = match dice.below(3) {
        0 => Victim::Application,
        1 => Victim::Consensus,
        _ => Victim::Both,
    };
    let (app, consensus) = fleet.pids(node);
    let pids = match victim {
        Victim::Application => [app, None],
        Victim::Consensus => [consensus, None],
        Victim::Both => [app, consensus],
    };
    let heights = fleet.heights().await;
    let shown: Vec<String> = heights
        .iter()
        .map(|h| h.map_or("–".into(), |h| h.to_string()))
        .collect();
    println!(
        "kill {n}: {victim:?} of node{node} {:?}; heights {}",
        pids.iter().flatten().collect::<Vec<_>>(),
        shown.join(" ")
    );
    for pid in pids.into_iter().flatten() {
        // It may be between two lives; the next strike will find it.
        let _gone = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
    }
}

/// Waits until all nodes are at one height that none had when the last was killed.
async fn settle(fleet: &mut Fleet) -> Result<u64> {
    let target = fleet.heights().await.into_iter().flatten().max().unwrap_or(0) + 2;
    println!("waiting for every node to pass height {target}");
    let deadline = Instant::now() + RECOVERY;
    loop {
        fleet.tend()?;
        let heights = fleet.heights().await;
        if heights
            .iter()
            .all(|height| height.is_some_and(|height| height >= target))
        {
            return Ok(target);
        }
        if Instant::now() > deadline {
            return Err(Error::Chain(format!(
                "not every node recovered: heights {heights:?}, wanted {target}; logs are in the homes"
            )));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Every node's own result at every height, and no transaction twice.
async fn compare(fleet: &Fleet, height: u64) -> Result<()> {
    let rpcs: Vec<Rpc> = fleet
        .network
        .nodes
        .iter()
        .map(|node| Rpc::new(&node.rpc.to_string()))
        .collect();
    let first = rpcs.first().ok_or_else(|| Error::Usage("no nodes".into()))?;
    let mut seen = BTreeSet::<[u8; 32]>::new();
    for at in 1..=height {
        let expected = first.computed_app_hash(at).await?;
        for (rpc, node) in rpcs.iter().zip(&fleet.network.nodes).skip(1) {
            let computed = rpc.computed_app_hash(at).await?;
            if computed != expected {
                let (name, first) = (&node.moniker, &fleet.network.nodes.first().map(|n| &n.moniker));
                return Err(Error::Chain(format!(
                    "app hashes differ at height {at}: {computed} on {name}, {expected} on {first:?}"
                )));
            }
        }
        for tx in first.block_txs(at).await? {
            if is_transfer(&tx) && !seen.insert(Sha256::digest(&tx).into()) {
                return Err(Error::Chain(format!(
                    "a transaction is in the chain twice, at height {at}"
                )));
            }
        }
    }
    println!(
        "all {} nodes agree on the app hash at each of {height} heights",
        rpcs.len()
    );
    println!("{} transfers committed, none twice", seen.len());
    Ok(())
}

/// The chain's own transaction in each block is short, and may repeat.
fn is_transfer(tx: &[u8]) -> bool {
    tx.len() > 200
}

/// A small generator of numbers (splitmix64): the same seed, the same schedule.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
