//! `slsbft-testnet load`: the highest rate of signed transfers that a new testnet
//! sustains, and beside it, in turn, that of CometBFT's own kvstore.

mod disk;
mod figures;
mod generator;
mod http;
mod search;
mod system;
mod transfers;
mod trial;
mod watch;

use std::{path::PathBuf, time::Duration};

use tokio::{signal, task::LocalSet};

pub use self::{generator::Generator, transfers::Senders};
use self::{
    search::Search,
    system::{Stand, System},
    trial::{Timing, Trial},
};
use crate::{
    error::{Error, Result},
    folder::Folder,
    tools::Tools,
};

/// Sockets of the generator and a little more.
const OPEN_FILES: u64 = 8_192;

const RULE: &str = "\
A rate is sustained if, over the window after the warm-up, at least 95 % of it is
committed and blocks come every 2 s or faster on average. Transactions are offered
at fixed times whether or not the chain keeps up; latency counts from then until
the block is committed. A transaction that failed is not committed. Each trial
runs on a new chain. Trials are told on the error output; the figures, a line each
as name, value and unit, come last, on the standard output.

Examples:
  slsbft-testnet load --reference kvstore              highest rate, beside CometBFT's kvstore
  slsbft-testnet load --rates 300                      latency at a rate
  slsbft-testnet load --validators 1 --from 3000       one node alone
  slsbft-testnet load --rates 500 --window 600 --accounts 1000000 --keep-blocks 100
                                                       memory and disk over ten minutes";

#[derive(Debug, clap::Args)]
#[command(after_help = RULE)]
pub struct Args {
    /// Folder of the chains made for this; what an earlier run left is removed
    #[arg(long, value_name = "DIR", default_value = ".testnet-load")]
    dir: PathBuf,
    /// Validators of each chain
    #[arg(long, default_value_t = 4)]
    validators: usize,
    /// Compare with this chain, trial by trial
    #[arg(long, value_name = "CHAIN")]
    reference: Option<System>,
    /// Load only the reference
    #[arg(long, requires = "reference")]
    reference_only: bool,
    /// Try exactly these rates, in transactions per second, instead of searching
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    rates: Vec<f64>,
    /// First rate of the search
    #[arg(long, default_value_t = 1_000.0)]
    from: f64,
    /// Seconds before the window
    #[arg(long, default_value_t = 10)]
    warm_up: u64,
    /// Seconds that are measured
    #[arg(long, default_value_t = 30)]
    window: u64,
    /// Accounts that send
    #[arg(long, default_value_t = 6_000)]
    senders: usize,
    /// More accounts in the genesis. Nodes are started again after it, since reading
    /// it takes memory that a running chain does not need
    #[arg(long, default_value_t = 0)]
    accounts: usize,
    /// Prune: keep this many blocks and states [default: all]
    #[arg(long, value_name = "N")]
    keep_blocks: Option<u64>,
}

/// Runs the command.
pub async fn run(args: &Args, tools: &Tools, local: &LocalSet) -> Result<()> {
    check(args)?;
    allow_open_files();
    let stand = Stand {
        folder: Folder::take(&args.dir)?,
        dir: args.dir.clone(),
        slsbftd: tools.slsbftd()?,
        cometbft: tools.cometbft()?,
        validators: args.validators,
        senders: Senders::new(args.senders)?,
        crowd: args.accounts,
        keep_blocks: args.keep_blocks,
    };
    let mut contests: Vec<Contest> = (!args.reference_only)
        .then_some(System::Slsbft)
        .into_iter()
        .chain(args.reference)
        .map(|system| Contest::new(system, args))
        .collect();
    let timing = Timing {
        warm_up: Duration::from_secs(args.warm_up),
        window: Duration::from_secs(args.window),
    };
    // One trial each in turn, so that a change in the machine's mood meets both.
    while contests.iter().any(|contest| contest.next().is_some()) {
        for contest in &mut contests {
            if let Some(rate) = contest.next() {
                let trial = one_trial(&stand, contest.system, rate, timing, local).await?;
                eprintln!("{trial}");
                contest.learn(trial);
            }
        }
    }
    print!("{}", figures::of(&contests, args.validators));
    Ok(())
}

fn check(args: &Args) -> Result<()> {
    let bad = |problem: &str| Err(Error::Usage(problem.into()));
    let rates = args.rates.iter().chain([&args.from]);
    if !rates.clone().all(|rate| (1.0..=100_000.0).contains(rate)) {
        return bad("a rate must be between 1 and 100000 transactions per second");
    }
    // Transactions of one sender go to one node, or they would overtake each other.
    if args.validators == 0 || args.senders == 0 || !args.senders.is_multiple_of(args.validators) {
        return bad("--senders must be a multiple of --validators");
    }
    if args.window == 0 {
        return bad("--window must be at least a second");
    }
    if args.keep_blocks == Some(0) {
        return bad("--keep-blocks must be at least 1; leave it out to keep all");
    }
    Ok(())
}

async fn one_trial(
    stand: &Stand,
    system: System,
    rate: f64,
    timing: Timing,
    local: &LocalSet,
) -> Result<Trial> {
    let count = (rate * timing.supply().as_secs_f64()).ceil() as usize;
    eprintln!("… {system:?} at {rate:.0}/s: a new chain and {count} transactions");
    let chain = stand.start(system, count).await?;
    let seconds = (timing.warm_up + timing.window).as_secs();
    eprintln!("… {system:?} at {rate:.0}/s: running for about {seconds} s");
    let outcome = tokio::select! {
        outcome = trial::run(local, &chain, rate, timing) => outcome,
        _ = signal::ctrl_c() => Err(Error::Usage("interrupted".into())),
    };
    chain.stop().await?;
    outcome
}

/// One chain's way through its rates.
struct Contest {
    system: System,
    search: Search,
    /// Rates still to try, the next one last, if they were given.
    given: Option<Vec<f64>>,
    trials: Vec<Trial>,
}

impl Contest {
    fn new(system: System, args: &Args) -> Self {
        let given = (!args.rates.is_empty()).then(|| args.rates.iter().rev().copied().collect());
        Self {
            system,
            search: Search::new(args.from),
            given,
            trials: Vec::new(),
        }
    }

    fn next(&self) -> Option<f64> {
        match &self.given {
            Some(rates) => rates.last().copied(),
            None => self.search.next(),
        }
    }

    fn learn(&mut self, trial: Trial) {
        if let Some(rates) = &mut self.given {
            rates.pop();
        }
        self.search.learn(trial.offered, trial.sustained());
        self.trials.push(trial);
    }

    /// The trial with the highest rate that was sustained.
    fn best(&self) -> Option<&Trial> {
        let sustained = self.trials.iter().filter(|trial| trial.sustained());
        sustained.max_by(|a, b| a.offered.total_cmp(&b.offered))
    }
}

/// Raises the soft limit as far as allowed; connecting fails with a clear error if that is too low.
fn allow_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < OPEN_FILES
    {
        let _kept = setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES.min(hard), hard);
    }
}
