//! One connection: requests in, answers out in the same order.
//!
//! What has arrived is taken as a batch. Its CheckTx requests are verified side
//! by side in a pool, then everything is answered in order and written at once.
//! The batch is the read-ahead: under load it grows by itself, and it is
//! bounded; a lone request is answered without any detour.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use prost::{DecodeError, Message};
use slsbft_app::abci::{Mempool, Query, Snapshots};
use tendermint_proto::v0_38::abci::{
    Request, Response, ResponseEcho, ResponseException, ResponseFlush, request::Value as Incoming,
    response::Value as Outgoing,
};
use thiserror::Error;

use super::{
    consensus::{Owner, Request as ConsensusRequest},
    endpoint::Stream,
    frame::{FrameError, FrameReader, append_frame},
    pool::Pool,
    server::{Options, Stop},
};
use crate::metrics::Metrics;

/// Answers are written when they exceed this, or at the end of a batch.
const WRITE_AT: usize = 64 * 1024;
/// A write buffer that grew above this is given back.
const KEEP: usize = 1024 * 1024;

/// Everything the connections share.
pub(super) struct Handlers<M, Q, S> {
    pub mempool: Arc<M>,
    pub query: Arc<Q>,
    pub snapshots: Arc<S>,
    pub consensus: Owner,
    pub pool: Pool,
    pub metrics: Arc<Metrics>,
    pub options: Options,
}

/// Why a connection ended before its peer closed it.
#[derive(Debug, Error)]
pub(super) enum ConnectionError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("a request cannot be decoded; is this CometBFT v0.38 or v0.39?")]
    Decode(#[from] DecodeError),
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("the peer closed the connection inside a frame")]
    Truncated,
    #[error(transparent)]
    Stop(#[from] Stop),
}

/// A request that waits for its turn.
enum Turn<V> {
    Check(V),
    Other(Box<Incoming>),
    Unknown,
}

/// Answers requests until the peer closes the connection.
pub(super) fn serve<M: Mempool + 'static, Q: Query, S: Snapshots>(
    stream: &Stream,
    handlers: &Handlers<M, Q, S>,
) -> Result<(), ConnectionError> {
    handlers.mempool.connected();
    let mut reader = FrameReader::new(handlers.options.max_frame_bytes);
    let mut out = Vec::new();
    loop {
        let (requests, undecodable) = next_batch(&mut reader, handlers.options.read_ahead);
        if requests.is_empty() {
            if let Some(error) = undecodable {
                return Err(error);
            }
            if reader.fill(&mut &*stream)? == 0 {
                let truncated = reader.is_mid_frame();
                return if truncated {
                    Err(ConnectionError::Truncated)
                } else {
                    Ok(())
                };
            }
            continue;
        }
        for turn in verify(requests, handlers) {
            match answer(turn, handlers) {
                Ok(value) => append_frame(&Response { value: Some(value) }, &mut out),
                Err(stop) => {
                    append_frame(
                        &Response {
                            value: Some(exception(&stop)),
                        },
                        &mut out,
                    );
                    // The node stops for the fault's sake, whether or not the peer hears of it.
                    let _ = write(stream, &mut out);
                    return Err(stop.into());
                }
            }
            if out.len() >= WRITE_AT {
                write(stream, &mut out)?;
            }
        }
        write(stream, &mut out)?;
        if let Some(error) = undecodable {
            return Err(error);
        }
    }
}

/// The complete requests that are already here, at most `limit`, and what is
/// wrong with the one after them.
fn next_batch(reader: &mut FrameReader, limit: usize) -> (Vec<Request>, Option<ConnectionError>) {
    let mut requests = Vec::new();
    while requests.len() < limit {
        let decoded = match reader.next_frame() {
            Ok(None) => break,
            Ok(Some(frame)) => Request::decode(frame).map_err(ConnectionError::from),
            Err(error) => Err(error.into()),
        };
        match decoded {
            Ok(request) => requests.push(request),
            Err(error) => return (requests, Some(error)),
        }
    }
    (requests, None)
}

/// Does the stateless part of every CheckTx of a batch, in the pool.
fn verify<M: Mempool + 'static, Q: Query, S: Snapshots>(
    requests: Vec<Request>,
    handlers: &Handlers<M, Q, S>,
) -> Vec<Turn<M::Verified>> {
    let mempool = Arc::clone(&handlers.mempool);
    let turn = move |request: Request| match request.value {
        Some(Incoming::CheckTx(request)) => Turn::Check(mempool.verify(request)),
        Some(other) => Turn::Other(Box::new(other)),
        None => Turn::Unknown,
    };
    let is_check = |request: &&Request| matches!(request.value, Some(Incoming::CheckTx(_)));
    let checks = requests.iter().filter(is_check).count();
    if checks == 0 {
        return requests.into_iter().map(turn).collect();
    }
    let start = Instant::now();
    let turns = handlers.pool.map(requests, turn);
    handlers.metrics.verified(checks, start.elapsed());
    turns
}

fn answer<M: Mempool, Q: Query, S: Snapshots>(
    turn: Turn<M::Verified>,
    handlers: &Handlers<M, Q, S>,
) -> Result<Outgoing, Stop> {
    let Handlers {
        mempool,
        query,
        snapshots,
        consensus,
        metrics,
        ..
    } = handlers;
    let request = match turn {
        Turn::Check(verified) => {
            let start = Instant::now();
            let response = mempool.apply(verified)?;
            metrics.checked(response.code == 0, start.elapsed());
            return Ok(Outgoing::CheckTx(response));
        }
        Turn::Unknown => {
            tracing::warn!("an unknown ABCI request was refused");
            return Ok(Outgoing::Exception(ResponseException {
                error: "unknown request: this node speaks ABCI 2.0 as of CometBFT v0.38; \
                        set mempool.type to \"flood\" in config.toml"
                    .into(),
            }));
        }
        Turn::Other(request) => *request,
    };
    let start = Instant::now();
    match request {
        Incoming::Echo(request) => Ok(Outgoing::Echo(ResponseEcho {
            message: request.message,
        })),
        Incoming::Flush(_) => Ok(Outgoing::Flush(ResponseFlush {})),
        Incoming::Info(request) => {
            let response = query.info(request)?;
            metrics.abci("info", start.elapsed());
            Ok(Outgoing::Info(response))
        }
        Incoming::Query(request) => {
            let response = query.query(request)?;
            metrics.abci("query", start.elapsed());
            Ok(Outgoing::Query(response))
        }
        Incoming::ListSnapshots(_) => Ok(Outgoing::ListSnapshots(snapshots.list_snapshots()?)),
        Incoming::OfferSnapshot(request) => Ok(Outgoing::OfferSnapshot(snapshots.offer_snapshot(request)?)),
        Incoming::LoadSnapshotChunk(request) => Ok(Outgoing::LoadSnapshotChunk(
            snapshots.load_snapshot_chunk(request)?,
        )),
        Incoming::ApplySnapshotChunk(request) => Ok(Outgoing::ApplySnapshotChunk(
            snapshots.apply_snapshot_chunk(request)?,
        )),
        Incoming::InitChain(r) => consensus.call(ConsensusRequest::InitChain(r)),
        Incoming::PrepareProposal(r) => consensus.call(ConsensusRequest::PrepareProposal(r)),
        Incoming::ProcessProposal(r) => consensus.call(ConsensusRequest::ProcessProposal(r)),
        Incoming::ExtendVote(r) => consensus.call(ConsensusRequest::ExtendVote(r)),
        Incoming::VerifyVoteExtension(r) => consensus.call(ConsensusRequest::VerifyVoteExtension(r)),
        Incoming::FinalizeBlock(r) => consensus.call(ConsensusRequest::FinalizeBlock(r)),
        Incoming::Commit(_) => consensus.call(ConsensusRequest::Commit),
        // Taken out of the batch by `verify`.
        Incoming::CheckTx(request) => Ok(Outgoing::CheckTx(mempool.apply(mempool.verify(request))?)),
    }
}

fn exception(stop: &Stop) -> Outgoing {
    Outgoing::Exception(ResponseException {
        error: stop.to_string(),
    })
}

fn write(mut stream: &Stream, out: &mut Vec<u8>) -> io::Result<()> {
    stream.write_all(out)?;
    if out.capacity() > KEEP {
        *out = Vec::new();
    }
    out.clear();
    Ok(())
}
