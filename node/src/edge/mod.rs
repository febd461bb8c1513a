//! The edge daemon: answers what is asked of the world outside, for a provider that is drawn for it.
//!
//! It promises: to a request it commits once and reveals that and nothing else, whenever it is killed;
//! it opens no connection into private networks unless it was told to; whatever a server does, an
//! answer takes bounded time and memory. A URL that gives nothing is an answer, too; what this machine
//! itself could not do is none.
//!
//! - `find`: an answer in a document
//! - `book`: answers on disk

pub mod book;
pub mod find;

use std::{path::PathBuf, sync::Arc};

use slsbft_client::TxBuilder;
use slsbft_mechanism::request::{Answer, Path};
use slsbft_proto::requests::v1::{Request, Seat};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Duration, sleep},
};

use self::book::{Book, BookError, Held};
use crate::auditor::{
    chain::{Chain, SendError},
    probe::{Failure, Prober},
    sight::{self, Sight},
};

/// Largest document that is read, and how long it may take.
const MAX_DOCUMENT: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a URL that gave nothing.
const AGAIN: Duration = Duration::from_secs(1);
/// URLs asked at a time, and messages of one transaction.
const AT_ONCE: usize = 16;

/// An edge daemon's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the answers.
    pub home: PathBuf,
    /// Between looks at the node.
    pub poll: Duration,
}

/// An edge node.
pub struct Edge {
    config: Config,
    chain: Chain,
    book: Book,
    prober: Arc<Prober>,
    sight: watch::Receiver<Sight>,
    /// Messages of the next transaction: one after a transaction that failed as a whole.
    at_once: usize,
}

/// What can be sent for a request now.
enum Step {
    Commit(u64),
    Reveal(Held, u64),
    /// Nothing, or not yet.
    Wait,
}

impl Edge {
    /// Opens the folder of answers and begins to look at the chain. Must be called within a tokio
    /// runtime.
    pub fn start(config: Config, chain: Chain, prober: Prober) -> Result<Self, BookError> {
        Ok(Self {
            book: Book::open(&config.home, chain.chain_id(), chain.address())?,
            sight: sight::watch(chain.client().clone(), config.poll),
            prober: Arc::new(prober),
            config,
            chain,
            at_once: AT_ONCE,
        })
    }

    /// Answers for ever.
    pub async fn run(&mut self) {
        let mut complaint = String::new();
        loop {
            match self.turn().await {
                Ok(()) => complaint.clear(),
                Err(error) => {
                    let error = error.to_string();
                    if error != complaint {
                        tracing::warn!("waiting: {error}");
                        complaint = error;
                    }
                }
            }
            sleep(self.config.poll).await;
        }
    }

    /// Looks once at what there is to do, and does what can be done now.
    pub async fn turn(&mut self) -> Result<(), TurnError> {
        if self.sight.borrow().is_stale {
            return Err(SendError::Stale.into());
        }
        self.chain.settled().await?;
        let address = self.chain.address();
        let (height, assigned) = self
            .chain
            .client()
            .assigned_requests(&address)
            .await
            .map_err(SendError::from)?;
        let (mut new, mut commits, mut reveals) = (Vec::new(), Vec::new(), Vec::new());
        for request in assigned {
            match self.step(&request, height)? {
                Step::Wait => {}
                Step::Reveal(held, until) => reveals.push((held, until)),
                Step::Commit(until) => match self.book.load(request.id)? {
                    Some(held) => commits.push((held, until)),
                    None => new.push(request),
                },
            }
        }
        for (request, answer) in answers(&self.prober, new).await {
            tracing::info!(request = request.id, ?answer, "answering");
            let held = self.book.write(request.id, request.reveal_until, answer)?;
            commits.push((held, request.commit_until));
        }
        // What is late first.
        commits.sort_by_key(|(_, until)| *until);
        reveals.sort_by_key(|(_, until)| *until);
        self.send(&reveals, |tx, held, edge| tx.message(&held.revelation(edge)))
            .await?;
        self.send(&commits, |tx, held, edge| tx.message(&held.commitment(edge)))
            .await?;
        self.book.forget_before(height)?;
        Ok(())
    }

    /// What is to be done for a request, as the chain shows it after `height`.
    fn step(&self, request: &Request, height: u64) -> Result<Step, BookError> {
        let address = self.chain.account();
        let Some(seat) = request.seats.iter().find(|seat| seat.edge == address) else {
            return Ok(Step::Wait);
        };
        if seat.digest.is_empty() {
            let in_time = height < request.commit_until;
            return Ok(if in_time {
                Step::Commit(request.commit_until)
            } else {
                Step::Wait
            });
        }
        let has_committed = |seat: &Seat| !seat.digest.is_empty();
        let is_closed = height >= request.commit_until || request.seats.iter().all(has_committed);
        if seat.answer.is_some() || !is_closed || height >= request.reveal_until {
            return Ok(Step::Wait);
        }
        match self.book.load(request.id)? {
            Some(held) if seat.digest == held.digest.as_slice() => {
                Ok(Step::Reveal(held, request.reveal_until))
            }
            _ => {
                tracing::error!(
                    request = request.id,
                    "THE CHAIN HAS ANOTHER COMMITMENT THAN THIS DAEMON; nothing is revealed. Somebody else \
                     answers with this account, or from another --data: stop one of them"
                );
                Ok(Step::Wait)
            }
        }
    }

    /// Sends messages together. If they fail together, the next ones are sent one by one, so that one
    /// that cannot be sent does not hold up the others.
    async fn send(
        &mut self,
        all: &[(Held, u64)],
        add: impl Fn(TxBuilder, &Held, String) -> TxBuilder,
    ) -> Result<(), SendError> {
        for some in all.chunks(self.at_once.max(1)) {
            let Some(until) = some.iter().map(|(_, until)| *until).min() else {
                continue;
            };
            let edge = self.chain.account();
            let tx = some
                .iter()
                .fold(TxBuilder::new(), |tx, (held, _)| add(tx, held, edge.clone()));
            match self.chain.send(tx, until).await {
                Ok(()) => self.at_once = AT_ONCE,
                Err(error @ (SendError::Unsettled | SendError::Poor { .. } | SendError::Stale)) => {
                    return Err(error);
                }
                Err(error) => {
                    self.at_once = 1;
                    tracing::warn!(%error, "not sent");
                }
            }
        }
        Ok(())
    }
}

/// Why there is nothing to do now.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Book(#[from] BookError),
}

/// Asks all URLs at once, as far as that goes; those that this machine could not ask are left out.
async fn answers(prober: &Arc<Prober>, requests: Vec<Request>) -> Vec<(Request, Answer)> {
    let mut asked = JoinSet::new();
    for request in requests.into_iter().take(AT_ONCE) {
        let prober = prober.clone();
        asked.spawn(async move {
            let answer = answer(&prober, &request).await;
            (request, answer)
        });
    }
    let mut answers = Vec::new();
    while let Some(answered) = asked.join_next().await {
        match answered {
            Ok((request, Ok(answer))) => answers.push((request, answer)),
            Ok((request, Err(failure))) => {
                tracing::warn!(request = request.id, %failure, "not answered yet");
            }
            Err(error) => tracing::error!(%error, "a look at a URL ended early"),
        }
    }
    answers
}

/// What a request's URL says; a failure that is this machine's own is none of it.
async fn answer(prober: &Prober, request: &Request) -> Result<Answer, Failure> {
    // The chain takes no other.
    let Ok(path) = request.path.parse::<Path>() else {
        return Ok(Answer::Unavailable);
    };
    let mut last = look(prober, request, &path).await;
    if !matches!(last, Ok(Answer::Found(_))) {
        sleep(AGAIN).await;
        last = look(prober, request, &path).await;
    }
    match last {
        Err(failure @ Failure::Own(_)) => Err(failure),
        Err(failure) => {
            tracing::info!(request = request.id, %failure, "the URL gives nothing");
            Ok(Answer::Unavailable)
        }
        found => found,
    }
}

async fn look(prober: &Prober, request: &Request, path: &Path) -> Result<Answer, Failure> {
    let document = prober.fetch(&request.url, MAX_DOCUMENT, PATIENCE).await?;
    let found = find::find(&document, path, request.decimals);
    Ok(found.map_or(Answer::Unavailable, Answer::Found))
}
