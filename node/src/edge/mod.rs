//! The edge daemon: answers what is asked of the world outside, for a provider that is drawn for it.
//!
//! It promises: to a request it commits once and reveals that and nothing else, whenever it is killed;
//! it opens no connection into private networks unless it was told to; whatever a server does, an
//! answer takes bounded time and memory. A URL that gives nothing is an answer, too; what this machine
//! itself could not do is none.
//!
//! - `desk`: answers that are being looked for
//! - `find`: an answer in a document; `task`: what a task comes to
//! - `book`: answers on disk

pub mod book;
mod desk;
pub mod find;
pub mod task;

use std::path::PathBuf;

use slsbft_client::TxBuilder;
use slsbft_proto::requests::v1::{Request, Seat};
use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

use self::{
    book::{Book, BookError, Held},
    desk::Desk,
    task::Runner,
};
use crate::auditor::{
    chain::{Chain, SendError},
    probe::Prober,
    sight::{self, Sight},
};

/// Messages of one transaction.
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
    desk: Desk,
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
    pub fn start(config: Config, chain: Chain, prober: Prober) -> Result<Self, StartError> {
        Ok(Self {
            book: Book::open(&config.home, chain.chain_id(), chain.address())?,
            sight: sight::watch(chain.client().clone(), config.poll),
            desk: Desk::new(prober, Runner::new(chain.client().clone())?),
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
        for (request, answer) in self.desk.answered() {
            tracing::info!(request = request.id, ?answer, "answering");
            self.book.write(request.id, request.reveal_until, answer)?;
        }
        self.chain.settled().await?;
        let address = self.chain.address();
        let (height, assigned) = self
            .chain
            .client()
            .assigned_requests(&address)
            .await
            .map_err(SendError::from)?;
        let (mut commits, mut reveals) = (Vec::new(), Vec::new());
        for request in assigned {
            match self.step(&request, height)? {
                Step::Wait => {}
                Step::Reveal(held, until) => reveals.push((held, until)),
                Step::Commit(until) => match self.book.load(request.id)? {
                    Some(held) => commits.push((held, until)),
                    None => self.desk.ask(request),
                },
            }
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

/// Why the daemon cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Book(#[from] BookError),
    #[error("cannot set up what runs tasks: {0}")]
    Vm(#[from] slsbft_wasm::Fault),
}
