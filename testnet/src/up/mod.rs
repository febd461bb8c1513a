//! `slsbft-testnet up` and `down`: a testnet that stays, in the foreground or not.

mod connect;
mod detach;
mod network;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use crate::{
    deal,
    error::{During, Error, Result},
    fleet::Fleet,
    folder::{self, Folder},
    service::Services,
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
    /// Validators of a new testnet [default: 4]
    #[arg(long)]
    pub validators: Option<usize>,
    /// Chain id of a new testnet [default: slsbft-local-1]
    #[arg(long, value_name = "ID")]
    pub chain_id: Option<String>,
    /// Ports of a new testnet start here, four per node [default: any that are free]
    #[arg(long, value_name = "PORT")]
    pub base_port: Option<u16>,
    /// Run in the background
    #[arg(long)]
    pub detach: bool,
    /// Do not play the metered deal
    #[arg(long)]
    pub no_deal: bool,
    /// Requests that the deal serves and pays for: enough for a claim to be worth its
    /// fee, and not more than the escrow pays
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1_000..=15_000))]
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
    if args.detach {
        return detach::run(args).await;
    }
    let mut folder = Folder::take(&args.dir)?;
    let (slsbftd, cometbft) = (tools.slsbftd()?, tools.cometbft()?);
    let mut stop = Interruptions::listen()?;
    let outcome = tokio::select! {
        outcome = network::find_or_make(args, &folder, &slsbftd) => outcome,
        () = stop.next() => return Ok(()),
    };
    let (network, height) = outcome?;
    println!(
        "starting {} validators, each slsbftd with its own CometBFT",
        network.nodes.len()
    );
    let mut fleet = Fleet::start(&args.dir, network, slsbftd.clone(), cometbft)?;
    let outcome = tokio::select! {
        outcome = live(args, &slsbftd, &mut fleet, height, &mut folder) => outcome,
        () = stop.next() => Ok(()),
    };
    println!("\nstopping {} validators", fleet.network.nodes.len());
    tokio::select! {
        stopped = fleet.stop() => stopped?,
        () = stop.next() => {
            println!("not waiting any longer: what still runs ends by itself");
            return outcome;
        }
    }
    println!(
        "stopped; the data stays in {} and the next start goes on from there",
        args.dir.display()
    );
    outcome
}

/// From the first block until somebody stops it.
async fn live(
    args: &Args,
    slsbftd: &Path,
    fleet: &mut Fleet,
    height: u64,
    folder: &mut Folder,
) -> Result<()> {
    fleet.reach(height.max(1), STARTUP).await?;
    let validators = fleet.network.nodes.len();
    match height {
        0 => println!("all {validators} validators make blocks\n"),
        height => println!("all {validators} validators are back at height {height}\n"),
    }
    // On a chain that goes on, proofs and reports of the running epoch are due first.
    let mut services = match height {
        0 => None,
        _ => Some(Services::start(&fleet.network, slsbftd).await?),
    };
    if !args.no_deal {
        deal::play(&args.dir, &fleet.network, slsbftd, args.requests).await?;
    }
    let mut services = match services.take() {
        Some(services) => services,
        None => Services::start(&fleet.network, slsbftd).await?,
    };
    connect::explain(&args.dir, slsbftd, &fleet.network);
    folder.ready()?;
    let mut screen = Screen::new();
    loop {
        fleet.tend()?;
        services.tend(&fleet.network).await?;
        let restarts = (0..validators).map(|n| fleet.restarts(n)).collect::<Vec<_>>();
        screen.show(&fleet.network, &restarts).await;
        tokio::time::sleep(REFRESH).await;
    }
}

/// Ctrl-C, SIGTERM and a terminal that goes away.
struct Interruptions([tokio::signal::unix::Signal; 3]);

impl Interruptions {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).during(|| "listen to signals".into());
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hang_up] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

/// Runs `down`.
pub async fn down(args: &DownArgs) -> Result<()> {
    let dir = args.dir.display();
    let Some(holder) = folder::holder(&args.dir)? else {
        println!("no testnet runs in {dir}");
        return Ok(());
    };
    println!("stopping the testnet in {dir} (process {})", holder.pid);
    // It may have ended since; then there is nothing left to do.
    let _gone = kill(Pid::from_raw(holder.pid.cast_signed()), Signal::SIGTERM);
    let deadline = Instant::now() + SHUTDOWN;
    while folder::holder(&args.dir)?.is_some_and(|now| now.pid == holder.pid) {
        if Instant::now() > deadline {
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
