//! `slsbft-testnet up` and `down`: a testnet that stays, in the foreground or not.

pub mod lock;

mod connect;
mod detach;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use slsbft_client::{
    HdPath, Mnemonic,
    keyring::{Backend, Keyring, is_test_chain},
};
use tokio::signal::unix::{SignalKind, signal};

use self::lock::Lock;
use crate::{
    deal,
    error::{During, Error, Result},
    fleet::Fleet,
    homes::{self, Plan},
    network::{FundedAccount, Network},
    status::Screen,
    tools::Tools,
};

/// First blocks can take long on a machine that is busy.
const STARTUP: Duration = Duration::from_secs(120);
/// Longer than a node may take to stop.
const SHUTDOWN: Duration = Duration::from_secs(60);
const REFRESH: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folder of the testnet; made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".testnet")]
    pub dir: PathBuf,
    /// Validators of a new testnet
    #[arg(long, default_value_t = 4)]
    pub validators: usize,
    /// Chain id of a new testnet
    #[arg(long, value_name = "ID", default_value = "slsbft-local-1")]
    pub chain_id: String,
    /// Ports of a new testnet start here, four per node [default: any that are free]
    #[arg(long, value_name = "PORT")]
    pub base_port: Option<u16>,
    /// Run in the background
    #[arg(long)]
    pub detach: bool,
    /// Do not play the metered deal
    #[arg(long)]
    pub no_deal: bool,
    /// Requests that the deal serves and pays for
    #[arg(long, default_value_t = 3_000)]
    pub requests: u64,
}

#[derive(Debug, clap::Args)]
pub struct DownArgs {
    /// Folder of the testnet
    #[arg(long, value_name = "DIR", default_value = ".testnet")]
    dir: PathBuf,
}

/// Runs `up`.
pub async fn run(args: &Args, tools: &Tools) -> Result<()> {
    std::fs::create_dir_all(&args.dir).during(|| format!("make {}", args.dir.display()))?;
    if args.detach {
        return detach::run(args).await;
    }
    let mut lock = Lock::take(&args.dir)?;
    let (slsbftd, cometbft) = (tools.slsbftd()?, tools.cometbft()?);
    let network = match Network::read(&args.dir)? {
        Some(network) => {
            println!("going on with {} in {}", network.chain_id, args.dir.display());
            network
        }
        None => {
            println!("making {} homes in {}", args.validators, args.dir.display());
            let network = homes::make(&slsbftd, &plan(args)?)?;
            keep_keys(&args.dir, &network)?;
            network
        }
    };
    println!(
        "starting {} validators, each slsbftd with its own CometBFT",
        network.nodes.len()
    );
    let mut fleet = Fleet::start(&args.dir, network, slsbftd.clone(), cometbft)?;
    let outcome = tokio::select! {
        outcome = live(args, &slsbftd, &mut fleet, &mut lock) => outcome,
        outcome = interrupted() => outcome,
    };
    println!("\nstopping {} validators", fleet.network.nodes.len());
    fleet.stop().await?;
    println!(
        "stopped; the data stays in {} and the next start goes on from there",
        args.dir.display()
    );
    outcome
}

/// From the first block until somebody stops it.
async fn live(args: &Args, slsbftd: &Path, fleet: &mut Fleet, lock: &mut Lock) -> Result<()> {
    fleet.reach(1, STARTUP).await?;
    println!("all {} validators make blocks\n", fleet.network.nodes.len());
    if !args.no_deal {
        deal::play(&args.dir, &fleet.network, slsbftd, args.requests).await?;
    }
    connect::explain(&args.dir, slsbftd, &fleet.network);
    lock.ready()?;
    let mut screen = Screen::new();
    loop {
        fleet.tend()?;
        let restarts = (0..fleet.network.nodes.len())
            .map(|n| fleet.restarts(n))
            .collect::<Vec<_>>();
        screen.show(&fleet.network, &restarts).await;
        tokio::time::sleep(REFRESH).await;
    }
}

/// Returns at Ctrl-C or SIGTERM.
async fn interrupted() -> Result<()> {
    let listen = |kind| signal(kind).during(|| "listen to signals".into());
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut hang_up = listen(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Accounts with new keys: users to play with, and the parties of the deal.
fn plan(args: &Args) -> Result<Plan> {
    if !is_test_chain(&args.chain_id) {
        return Err(Error::Usage(format!(
            "chain id {} does not say that the chain is for tests, so no daemon would use its published keys; \
             choose one like slsbft-local-1",
            args.chain_id
        )));
    }
    let account = |name: &str| {
        let mnemonic = Mnemonic::generate();
        let key = mnemonic
            .derive("", HdPath::default())
            .map_err(|e| Error::Usage(e.to_string()))?;
        Ok(FundedAccount {
            name: name.into(),
            address: key.address().to_string(),
            mnemonic: mnemonic.phrase().to_string(),
        })
    };
    let names = ["alice", "bob", deal::PROVIDER, deal::CONSUMER, deal::APPLICATION];
    Ok(Plan {
        dir: args.dir.clone(),
        chain_id: args.chain_id.clone(),
        validators: args.validators,
        base_port: args.base_port,
        accounts: names.into_iter().map(account).collect::<Result<_>>()?,
        senders: Vec::new(),
    })
}

/// The same keys in a keyring, for commands that sign.
fn keep_keys(dir: &Path, network: &Network) -> Result<()> {
    let keyring = Keyring::open(dir, Backend::Test);
    for account in &network.accounts {
        let key = network.key(&account.name)?;
        keyring
            .add(&account.name, &key, None)
            .map_err(|e| Error::Usage(e.to_string()))?;
    }
    Ok(())
}

/// Runs `down`.
pub async fn down(args: &DownArgs) -> Result<()> {
    let Some(holder) = lock::holder(&args.dir)? else {
        println!("no testnet runs in {}", args.dir.display());
        return Ok(());
    };
    println!(
        "stopping the testnet in {} (process {})",
        args.dir.display(),
        holder.pid
    );
    // It may have ended since; then there is nothing left to do.
    let _gone = kill(Pid::from_raw(holder.pid.cast_signed()), Signal::SIGTERM);
    let deadline = tokio::time::Instant::now() + SHUTDOWN;
    while lock::holder(&args.dir)?.is_some_and(|now| now.pid == holder.pid) {
        if tokio::time::Instant::now() > deadline {
            let pid = holder.pid;
            return Err(Error::node(
                "the testnet",
                format!("(process {pid}) does not stop; see its log"),
            ));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("stopped; the data stays");
    Ok(())
}
