//! The auditor daemon: measures the providers that an epoch's seed assigns to a validator, and
//! puts on the chain what it found.
//!
//! It promises: for an epoch it commits to one report and never to another, reveals that one and
//! no other, whenever it is killed; it holds little and goes on whatever targets do; it opens no
//! connection into private networks unless it was told to; what it could not measure it does not
//! report. A node that is away, a full disk, an empty purse cost the epoch and nothing more.
//!
//! - `probe`: one look at one target
//! - `survey`: all targets of an epoch, and what is made of their answers
//! - `proofs`: whether they computed what they had to
//! - `book`: reports on disk
//! - `chain`, `sight`: the account that sends, and where the chain is
//! - `metrics`

pub mod book;
pub mod chain;
pub mod metrics;
pub mod probe;
mod proofs;
pub mod sight;
pub mod survey;

use std::{path::PathBuf, sync::Arc};

use rand::{RngCore, rngs::OsRng};
use slsbft_app::modules::service::MAX_ENTRIES;
use slsbft_client::{ClientError, client::Assignment};
use slsbft_mechanism::audit::{Entry, Finding, Report};
use slsbft_types::Address;
use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

use self::{
    book::{Book, BookError, Held},
    chain::{Chain, SendError},
    metrics::Metrics,
    probe::Prober,
    proofs::{Checker, Delivered},
    sight::Sight,
    survey::{Manner, Survey, Window},
};

/// Between attempts that failed for something that may take longer, such as an empty purse.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Blocks after which a transaction that an earlier process sent has shown itself, or is lost.
const UNDER_WAY: u64 = 2;

/// An auditor daemon's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the reports.
    pub home: PathBuf,
    /// How often each target is asked in an epoch.
    pub samples: u32,
    /// Probes at a time.
    pub at_once: usize,
    /// Between looks at the node.
    pub poll: Duration,
}

/// How an epoch ended for an auditor.
#[derive(Debug)]
pub enum Ended {
    /// There was nothing to audit.
    Idle,
    Revealed {
        targets: usize,
        reached: usize,
    },
    Missed(Missed),
    /// The chain has a digest that is not this daemon's; nothing was revealed.
    Conflict,
}

/// Why an epoch was missed.
#[derive(Debug, thiserror::Error)]
pub enum Missed {
    #[error("too little of the time for commitments was left")]
    Late,
    #[error("no target could be asked")]
    Unmeasured,
    #[error("the commitment was in no block in time")]
    Uncommitted,
    #[error("the report was in no block in time, although it was committed to")]
    Unrevealed,
    #[error(transparent)]
    Book(#[from] BookError),
}

impl Ended {
    /// For metrics.
    const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Revealed { .. } => "revealed",
            Self::Missed(_) => "missed",
            Self::Conflict => "conflict",
        }
    }
}

/// An auditor.
pub struct Auditor {
    config: Config,
    chain: Chain,
    book: Book,
    prober: Arc<Prober>,
    checker: Arc<Checker>,
    metrics: Arc<Metrics>,
    sight: watch::Receiver<Sight>,
    /// The epoch that was dealt with last, or is.
    done: Option<Epoch>,
}

#[derive(Clone, Copy)]
struct Epoch {
    number: u64,
    /// Its last height.
    last: u64,
}

/// Where an epoch stands on the chain.
enum Standing {
    At(Box<Assignment>),
    /// Another one runs.
    Over,
    /// It cannot be told, or nothing may be sent now.
    Unknown(SendError),
}

impl Auditor {
    /// Opens the folder of reports and begins to look at the chain. Must be called within a
    /// tokio runtime.
    pub fn start(
        config: Config,
        chain: Chain,
        prober: Prober,
        metrics: Arc<Metrics>,
    ) -> Result<Self, BookError> {
        let book = Book::open(&config.home, chain.chain_id())?;
        let sight = sight::watch(chain.client().clone(), config.poll);
        let prober = Arc::new(prober);
        Ok(Self {
            config,
            chain,
            book,
            checker: Arc::new(Checker::new(prober.clone(), metrics.clone())),
            prober,
            metrics,
            sight,
            done: None,
        })
    }

    /// Waits for the next epoch, the running one at first, and audits it; its number and how it
    /// ended.
    pub async fn next(&mut self) -> (u64, Ended) {
        let (operator, assignment) = self.assigned().await;
        let (epoch, targets) = (assignment.epoch, assignment.targets.len());
        self.done = Some(Epoch {
            number: epoch,
            last: assignment.reveal_until,
        });
        self.metrics.began(epoch, targets);
        let ended = self.audit(operator, assignment).await;
        self.metrics.ended(ended.name());
        match &ended {
            Ended::Idle => tracing::info!(epoch, "nothing to audit"),
            Ended::Revealed { targets, reached } => tracing::info!(epoch, targets, reached, "audited"),
            Ended::Missed(missed) => tracing::error!(epoch, %missed, "this epoch is missed"),
            Ended::Conflict => tracing::error!(
                epoch,
                "THE CHAIN HAS ANOTHER COMMITMENT THAN THIS DAEMON; nothing is revealed. Somebody else \
                 audits with this account, or from another --data: stop one of them"
            ),
        }
        if let Err(error) = self.book.forget_before(epoch) {
            tracing::warn!(%error, "old reports are not deleted");
        }
        (epoch, ended)
    }

    /// Waits for the assignment of the epoch after the one that is done.
    async fn assigned(&self) -> (Address, Assignment) {
        let (done, last) = self.done.map_or((None, 1), |done| (Some(done.number), done.last));
        self.until_height(last).await;
        let mut complaint = Complaint::default();
        loop {
            if self.sight.borrow().is_stale {
                complaint.say(&SendError::Stale.to_string());
            } else {
                match self.ask().await {
                    Ok(assignment) if done.is_some_and(|done| assignment.epoch <= done) => {}
                    Ok(assignment) => match assignment.operator {
                        Some(operator) => return (operator, assignment),
                        None => complaint.say(&self.unappointed()),
                    },
                    Err(ClientError::NotFound(_)) => complaint.say(&self.unappointed()),
                    Err(error) => complaint.say(&error.to_string()),
                }
            }
            sleep(self.config.poll).await;
        }
    }

    fn unappointed(&self) -> String {
        format!(
            "{} audits for no validator; its operator appoints it with MsgSetAuditor",
            self.chain.account()
        )
    }

    async fn audit(&mut self, operator: Address, mut assignment: Assignment) -> Ended {
        if assignment.targets.is_empty() {
            return Ended::Idle;
        }
        assignment.targets.truncate(MAX_ENTRIES);
        let held = match self.book.load(assignment.epoch, &operator) {
            // By an earlier process.
            Ok(Some(held)) if assignment.revealed => return revealed(&held),
            Ok(Some(held)) => {
                self.let_settle(&assignment).await;
                held
            }
            Ok(None) if assignment.digest.is_some() => return Ended::Conflict,
            Ok(None) => match self.report(operator, &assignment).await {
                Ok(held) => held,
                Err(missed) => return Ended::Missed(missed),
            },
            Err(error) => return Ended::Missed(error.into()),
        };
        if let Err(ended) = self.commit(&held, &assignment).await {
            return ended;
        }
        self.reveal(&held, &assignment).await
    }

    /// Measures all targets; what was found is on disk when this returns.
    async fn report(&self, operator: Address, assignment: &Assignment) -> Result<Held, Missed> {
        let window = Window::of(assignment).ok_or(Missed::Late)?;
        let manner = Manner {
            samples: self.config.samples,
            at_once: self.config.at_once,
            patience: self.chain.patience().await,
        };
        let targets = assignment.targets.len();
        tracing::info!(
            epoch = assignment.epoch,
            targets,
            until = window.close,
            "auditing"
        );
        let survey = Survey::new(self.prober.clone(), &assignment.targets, manner, &self.metrics);
        let (mut entries, delivered) = tokio::join!(
            survey.run(&window, &self.sight),
            self.proofs(assignment, &window, manner.patience),
        );
        add_proofs(&mut entries, &delivered);
        if entries.is_empty() {
            return Err(Missed::Unmeasured);
        }
        let reached = reached(&entries);
        self.metrics.surveyed(reached);
        if reached == 0 && targets > 1 {
            tracing::warn!(targets, "no target answered; does this machine's network work?");
        }
        let report = Report::new(entries).map_err(|error| {
            // Targets come in order, each once.
            tracing::error!(%error, "the node's targets make no report");
            Missed::Unmeasured
        })?;
        let mut salt = [0; 32];
        OsRng.fill_bytes(&mut salt);
        let held = Held::new(self.chain.chain_id(), assignment.epoch, operator, salt, report);
        self.book.write(&held)?;
        Ok(held)
    }

    /// What the proofs of computing are worth, once the chain has sampled them.
    async fn proofs(&self, assignment: &Assignment, window: &Window, patience: Duration) -> Delivered {
        let Some(computing) = assignment.computing else {
            return Delivered::new();
        };
        if assignment.targets.iter().all(|target| target.segments == 0) {
            return Delivered::new();
        }
        self.until_height(computing.sample_height.min(window.close)).await;
        while self.sight.borrow().height < window.close {
            match self.chain.assignment().await {
                Ok(now) if now.epoch != assignment.epoch => break,
                Ok(now) if now.computing.is_some_and(|computing| computing.sample.is_some()) => {
                    return self
                        .checker
                        .check(&now, patience, window.close, &self.sight)
                        .await;
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "the sample of computing is not known yet"),
            }
            sleep(self.config.poll).await;
        }
        tracing::warn!("the proofs of computing are not checked: their sample came too late");
        Delivered::new()
    }

    /// A process that was killed may have sent what is not in a block yet; sent twice, it would
    /// be paid for twice.
    async fn let_settle(&self, assignment: &Assignment) {
        let last = if assignment.height < assignment.commit_until {
            assignment.commit_until
        } else {
            assignment.reveal_until
        };
        let height = (assignment.height + UNDER_WAY).min(last.saturating_sub(1));
        self.until_height(height).await;
    }

    /// Until the chain has the digest of the report.
    async fn commit(&mut self, held: &Held, assignment: &Assignment) -> Result<(), Ended> {
        let until = assignment.commit_until;
        let mut pause = Pause::new(self.config.poll);
        loop {
            let sent = match self.standing(held.epoch).await {
                Standing::Over => return Err(Ended::Missed(Missed::Uncommitted)),
                Standing::At(now) => match now.digest {
                    Some(digest) if digest == held.digest => return Ok(()),
                    Some(_) => return Err(Ended::Conflict),
                    None if now.height >= until => return Err(Ended::Missed(Missed::Uncommitted)),
                    None => self.chain.commit(held, until).await,
                },
                Standing::Unknown(error) => Err(error),
            };
            match sent {
                Ok(()) => {
                    tracing::info!(epoch = held.epoch, digest = hex::encode(held.digest), "committed");
                    return Ok(());
                }
                Err(error) => pause.after(&error, "not committed yet").await,
            }
        }
    }

    /// Until the chain has the report.
    async fn reveal(&mut self, held: &Held, assignment: &Assignment) -> Ended {
        let until = assignment.reveal_until;
        let mut pause = Pause::new(self.config.poll);
        loop {
            self.until_height(assignment.commit_until).await;
            let sent = match self.standing(held.epoch).await {
                Standing::Over => return Ended::Missed(Missed::Unrevealed),
                Standing::At(now) if now.revealed => break,
                Standing::At(now) => match now.digest {
                    Some(digest) if digest != held.digest => return Ended::Conflict,
                    Some(_) if now.height >= assignment.commit_until => self.chain.reveal(held, until).await,
                    None if now.height >= assignment.commit_until => {
                        return Ended::Missed(Missed::Uncommitted);
                    }
                    // The node that answered is behind the one that was looked at.
                    _ => {
                        sleep(self.config.poll).await;
                        continue;
                    }
                },
                Standing::Unknown(error) => Err(error),
            };
            match sent {
                Ok(()) => break,
                Err(error) => pause.after(&error, "not revealed yet").await,
            }
        }
        revealed(held)
    }

    /// Where an epoch stands, once the last transaction is settled.
    async fn standing(&mut self, epoch: u64) -> Standing {
        let seen = *self.sight.borrow();
        if self.done.is_some_and(|done| seen.height > done.last) {
            return Standing::Over;
        }
        if seen.is_stale {
            return Standing::Unknown(SendError::Stale);
        }
        if let Err(error) = self.chain.settled().await {
            return Standing::Unknown(error);
        }
        match self.ask().await {
            Ok(now) if now.epoch > epoch => Standing::Over,
            Ok(now) if now.epoch < epoch => Standing::Unknown(SendError::Stale),
            Ok(now) => Standing::At(Box::new(now)),
            Err(error) => Standing::Unknown(error.into()),
        }
    }

    /// Asks for the running epoch's assignment until the node answers.
    async fn ask(&self) -> Result<Assignment, ClientError> {
        loop {
            match self.chain.assignment().await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "waiting for the node");
                    sleep(self.config.poll).await;
                }
                answer => return answer,
            }
        }
    }

    async fn until_height(&self, height: u64) {
        let mut sight = self.sight.clone();
        // The watcher ends only with this daemon.
        let _ = sight.wait_for(|sight| sight.height >= height).await;
    }
}

/// Adds to what was found of targets what their proofs of computing were worth.
fn add_proofs(entries: &mut [Entry], delivered: &Delivered) {
    for entry in entries {
        if let Finding::Reached(reading) = &mut entry.finding {
            reading.delivered = delivered.get(&entry.target).copied();
        }
    }
}

fn reached(entries: &[Entry]) -> usize {
    let is_reached = |entry: &&Entry| matches!(entry.finding, Finding::Reached(_));
    entries.iter().filter(is_reached).count()
}

fn revealed(held: &Held) -> Ended {
    Ended::Revealed {
        targets: held.report.entries().len(),
        reached: reached(held.report.entries()),
    }
}

/// Waits longer after each failure.
struct Pause(Duration);

impl Pause {
    const fn new(first: Duration) -> Self {
        Self(first)
    }

    async fn after(&mut self, error: &SendError, what: &str) {
        tracing::warn!(%error, "{what}");
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
    }
}

/// What stands in the way, said once and not with every look.
#[derive(Default)]
struct Complaint(String);

impl Complaint {
    fn say(&mut self, what: &str) {
        if self.0 != what {
            tracing::warn!("waiting: {what}");
            self.0 = what.to_owned();
        }
    }
}
