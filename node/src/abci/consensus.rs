//! The thread that owns the state machine.
//!
//! Connections hand it one request at a time and wait for the answer, so the
//! state machine needs no lock and an answer is never lost between two owners.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use slsbft_app::abci::Consensus;
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{
        RequestExtendVote, RequestFinalizeBlock, RequestInitChain, RequestPrepareProposal,
        RequestProcessProposal, RequestVerifyVoteExtension, response::Value as Response,
    },
};

use super::server::{Stop, panic_message};
use crate::metrics::Metrics;

/// The requests only the owner may answer.
pub(super) enum Request {
    InitChain(RequestInitChain),
    PrepareProposal(RequestPrepareProposal),
    ProcessProposal(RequestProcessProposal),
    ExtendVote(RequestExtendVote),
    VerifyVoteExtension(RequestVerifyVoteExtension),
    FinalizeBlock(RequestFinalizeBlock),
    Commit,
}

impl Request {
    fn method(&self) -> &'static str {
        match self {
            Self::InitChain(_) => "init_chain",
            Self::PrepareProposal(_) => "prepare_proposal",
            Self::ProcessProposal(_) => "process_proposal",
            Self::ExtendVote(_) => "extend_vote",
            Self::VerifyVoteExtension(_) => "verify_vote_extension",
            Self::FinalizeBlock(_) => "finalize_block",
            Self::Commit => "commit",
        }
    }

    /// Height and time of the block it decides.
    fn block(&self) -> Option<(i64, Option<Timestamp>)> {
        match self {
            Self::FinalizeBlock(request) => Some((request.height, request.time)),
            _ => None,
        }
    }

    fn answer(self, app: &mut impl Consensus) -> Result<Response, Stop> {
        Ok(match self {
            Self::InitChain(request) => Response::InitChain(app.init_chain(request)?),
            Self::PrepareProposal(request) => Response::PrepareProposal(app.prepare_proposal(request)?),
            Self::ProcessProposal(request) => Response::ProcessProposal(app.process_proposal(request)?),
            Self::ExtendVote(request) => Response::ExtendVote(app.extend_vote(request)?),
            Self::VerifyVoteExtension(request) => {
                Response::VerifyVoteExtension(app.verify_vote_extension(request)?)
            }
            Self::FinalizeBlock(request) => Response::FinalizeBlock(app.finalize_block(request)?),
            Self::Commit => Response::Commit(app.commit()?),
        })
    }
}

type Job = (Request, Sender<Result<Response, Stop>>);

/// A connection's way to the owner.
#[derive(Clone)]
pub(super) struct Owner(Sender<Job>);

impl Owner {
    /// Starts the thread; it ends, dropping the state machine, when the last
    /// handle is gone.
    pub fn start(
        app: impl Consensus + 'static,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("consensus".into())
            .spawn(move || run(app, &queue, &metrics))?;
        Ok((Self(jobs), thread))
    }

    /// Has `request` answered. After a fault nothing is answered any more.
    pub fn call(&self, request: Request) -> Result<Response, Stop> {
        let (answer, answered) = mpsc::channel();
        self.0.send((request, answer)).map_err(|_| Stop::Ended)?;
        answered.recv().map_err(|_| Stop::Ended)?
    }
}

fn run(mut app: impl Consensus, queue: &Receiver<Job>, metrics: &Metrics) {
    while let Ok((request, reply)) = queue.recv() {
        let (method, block, start) = (request.method(), request.block(), Instant::now());
        let answer = panic::catch_unwind(AssertUnwindSafe(|| request.answer(&mut app)))
            .unwrap_or_else(|panic| Err(Stop::Panic(panic_message(&*panic))));
        metrics.abci(method, start.elapsed());
        if let (Some((height, time)), Ok(Response::FinalizeBlock(results))) = (block, &answer) {
            metrics.block(height, time, results);
        }
        let failed = answer.is_err();
        // A connection that went away in the meantime wants no answer.
        let _ = reply.send(answer);
        if failed {
            return;
        }
    }
}
