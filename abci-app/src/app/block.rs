//! Executing a block, in two passes over its transactions.
//!
//! Pass 1 admits each transaction in order, on the state before the block:
//! signatures, timeout, sequence, fee. Pass 2 runs the messages of those
//! admitted, each transaction on its own layer. So no message can drain the
//! account that pays a later fee, and each transaction has exactly one result.

use std::sync::Arc;

use bytes::Bytes;
use cosmos_sdk_proto::{Any, cosmos::base::abci::v1beta1::TxMsgData};
use prost::Message;
use rayon::prelude::*;
use slsbft_store::{BlockMeta, Commit, Overlay};
use slsbft_types::{Address, Amount, Coins};
use tendermint_proto::v0_38::abci::{
    CommitInfo, Event, ExecTxResult, Misbehavior, RequestFinalizeBlock, RequestProcessProposal,
};

use super::{
    App,
    modules::{self, BANK},
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault, TxError, sdk},
    events::{annotate, event},
    modules::{beacon, consensus, fees},
    probe::Phase,
    tx::{
        CheckedTx, SignatureVerdicts,
        ante::{self, AnteParams, Signatures},
    },
};

/// Everything a block's result depends on, besides the state before it. Two
/// blocks with one hash can differ in the round of their last commit, so
/// results are reused only when all of this is equal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub height: i64,
    pub time: Option<tendermint_proto::google::protobuf::Timestamp>,
    pub hash: Bytes,
    pub proposer_address: Bytes,
    pub next_validators_hash: Bytes,
    pub last_commit: Option<CommitInfo>,
    pub misbehavior: Vec<Misbehavior>,
    pub txs: Vec<Bytes>,
}

impl From<RequestProcessProposal> for Block {
    fn from(request: RequestProcessProposal) -> Self {
        Self {
            height: request.height,
            time: request.time,
            hash: request.hash,
            proposer_address: request.proposer_address,
            next_validators_hash: request.next_validators_hash,
            last_commit: request.proposed_last_commit,
            misbehavior: request.misbehavior,
            txs: request.txs,
        }
    }
}

impl From<RequestFinalizeBlock> for Block {
    fn from(request: RequestFinalizeBlock) -> Self {
        Self {
            height: request.height,
            time: request.time,
            hash: request.hash,
            proposer_address: request.proposer_address,
            next_validators_hash: request.next_validators_hash,
            last_commit: request.decided_last_commit,
            misbehavior: request.misbehavior,
            txs: request.txs,
        }
    }
}

/// A block's result, not yet written.
pub(super) struct Executed {
    pub commit: Commit,
    pub tx_results: Vec<ExecTxResult>,
    pub events: Vec<Event>,
}

/// A transaction read ahead of pass 1: what needs no order is done in parallel.
pub(super) type ReadTx = Result<(Arc<CheckedTx>, SignatureVerdicts), TxError>;

/// Pass 1's outcome for one transaction.
pub(super) type Admitted = Result<Arc<CheckedTx>, TxError>;

impl App {
    /// Header fields as the modules see them.
    pub(super) fn block_info(
        &self,
        height: i64,
        time: Option<tendermint_proto::google::protobuf::Timestamp>,
    ) -> Result<BlockInfo, Fault> {
        let height = u64::try_from(height).map_err(|_| Fault::OutOfStep(format!("height {height}")))?;
        Ok(BlockInfo {
            chain_id: self.chain_id.clone(),
            height,
            time: super::genesis::block_time(time)?,
        })
    }

    /// Reads transactions and judges their signatures and vouchers, on all cores.
    pub(super) fn read_txs(&self, state: &Overlay, txs: &[Bytes]) -> Result<Vec<ReadTx>, Fault> {
        txs.par_iter()
            .map(|tx| match self.reader.read(tx) {
                Ok(tx) => {
                    let verdicts = self.verifier.judge(&tx, &self.chain_id, state)?;
                    if verdicts.all_good() {
                        tx.verify_vouchers();
                    }
                    Ok(Ok((tx, verdicts)))
                }
                Err(error) => Ok(Err(error)),
            })
            .collect()
    }

    /// Pass 1 for one transaction. Its fee is added to `fees`.
    pub(super) fn admit(
        &self,
        state: &mut Overlay,
        info: &BlockInfo,
        params: &AnteParams,
        read: ReadTx,
        fees: &mut Amount,
    ) -> Result<Admitted, Fault> {
        let (tx, verdicts) = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        match ante::admit(
            state,
            info,
            params,
            &tx,
            &Signatures::Judged(&self.verifier, &verdicts),
        ) {
            Ok(fee) => {
                *fees = fees
                    .add(fee)
                    .map_err(|e| Fault::Invariant(format!("fees of a block: {e}")))?;
                Ok(Ok(tx))
            }
            Err(ExecError::Tx(error)) => Ok(Err(error)),
            Err(ExecError::Fault(fault)) => Err(fault),
        }
    }

    /// Executes a block on the latest state. With `strict`, as a proposal: the
    /// first thing wrong with it is returned instead, before any message runs.
    pub(super) fn execute(&self, block: &Block, strict: bool) -> Result<Result<Executed, TxError>, Fault> {
        let info = self.block_info(block.height, block.time)?;
        let mut state = self.overlay();
        let (system, admitted) = match self.pass_one(&mut state, &info, block, strict)? {
            Ok(passed) => passed,
            Err(error) => return Ok(Err(error)),
        };
        self.probe.enter(Phase::Messages);
        let params = AnteParams::load(&state)?;
        let mut tx_results = Vec::with_capacity(block.txs.len());
        tx_results.extend(
            system
                .as_ref()
                .map(|verdict| verdict.as_ref().err().map(failed).unwrap_or_default()),
        );
        for tx in &admitted {
            tx_results.push(match tx {
                Ok(tx) => run(&mut state, &info, &params, tx)?,
                Err(error) => failed(error),
            });
        }

        self.probe.enter(Phase::EndBlock);
        let mut events = Vec::new();
        modules::end_block(&mut Context {
            state: &mut state,
            block: &info,
            events: &mut events,
        })
        .map_err(|error| unexpected("end of block", error))?;
        events
            .iter_mut()
            .for_each(|event| annotate(event, "mode", "EndBlock"));

        self.probe.enter(Phase::Hashing);
        let commit = self.store.stage(state.into_changes(), meta(block, &info))?;
        self.probe.enter(Phase::Done);
        if let (Some(Ok(())), Some(first)) = (&system, tx_results.first_mut()) {
            first.data = tx_data(vec![beacon::response(commit.epoch_hash())]);
        }
        Ok(Ok(Executed {
            commit,
            tx_results,
            events,
        }))
    }

    /// The system transaction's verdict (`None` in an empty list) and pass 1
    /// over the others.
    #[allow(clippy::type_complexity, reason = "an outcome in an outcome, once")]
    fn pass_one(
        &self,
        state: &mut Overlay,
        info: &BlockInfo,
        block: &Block,
        strict: bool,
    ) -> Result<Result<(Option<Result<(), TxError>>, Vec<Admitted>), TxError>, Fault> {
        let system = block.txs.first().map(|tx| beacon::check(tx, info.height));
        if strict && let Err(error) = system.clone().unwrap_or_else(|| beacon::check(&[], info.height)) {
            return Ok(Err(error));
        }
        let params = AnteParams::load(state)?;
        self.probe.enter(Phase::Signatures);
        let reads = self.read_txs(state, block.txs.get(1..).unwrap_or_default())?;
        if strict && let Some(error) = over_gas(&reads, consensus::max_block_gas(state)?) {
            return Ok(Err(error));
        }
        self.probe.enter(Phase::Admission);
        consensus::record_commit(state, block.last_commit.as_ref())?;
        let mut fees = Amount::ZERO;
        let mut admitted = Vec::with_capacity(reads.len());
        for read in reads {
            let outcome = self.admit(state, info, &params, read, &mut fees)?;
            if strict && let Err(error) = outcome {
                return Ok(Err(error));
            }
            admitted.push(outcome);
        }
        BANK.deposit(state, &Address::module(fees::COLLECTOR), &Coins::base(fees))
            .map_err(|error| unexpected("collecting fees", error))?;
        Ok(Ok((system, admitted)))
    }
}

/// Pass 2 for one transaction: all of its messages or none.
fn run(
    state: &mut Overlay,
    info: &BlockInfo,
    params: &AnteParams,
    tx: &CheckedTx,
) -> Result<ExecTxResult, Fault> {
    let mut events = ante_events(tx);
    let kept = events.len();
    let mut responses = Vec::with_capacity(tx.messages().len());
    state.begin();
    let mut failure = None;
    for (index, msg) in tx.messages().iter().enumerate() {
        let mut ctx = Context {
            state,
            block: info,
            events: &mut events,
        };
        match modules::execute(&mut ctx, msg, index) {
            Ok(response) => responses.push(response),
            Err(ExecError::Fault(fault)) => return Err(fault),
            Err(ExecError::Tx(error)) => {
                failure = Some(TxError {
                    message: format!("failed to execute message; message index: {index}: {error}"),
                    ..error
                });
                break;
            }
        }
    }
    let mut result = match failure {
        None => {
            state.apply();
            ExecTxResult {
                data: tx_data(responses),
                ..Default::default()
            }
        }
        Some(error) => {
            state.discard();
            events.truncate(kept);
            failed(&error)
        }
    };
    result.events = events;
    result.gas_wanted = i64::try_from(tx.fee().gas_limit).unwrap_or(i64::MAX);
    result.gas_used = i64::try_from(ante::gas_used(tx, params)).unwrap_or(i64::MAX);
    Ok(result)
}

/// Executes a transaction's messages for an estimate: responses and events.
pub(super) fn dry_run(
    state: &mut Overlay,
    info: &BlockInfo,
    tx: &CheckedTx,
) -> Result<(Vec<Any>, Vec<Event>), (usize, ExecError)> {
    let mut events = ante_events(tx);
    let mut responses = Vec::new();
    for (index, msg) in tx.messages().iter().enumerate() {
        let mut ctx = Context {
            state,
            block: info,
            events: &mut events,
        };
        responses.push(modules::execute(&mut ctx, msg, index).map_err(|error| (index, error))?);
    }
    Ok((responses, events))
}

/// The `tx` events of an admitted transaction, apart from one another as
/// indexers expect them.
fn ante_events(tx: &CheckedTx) -> Vec<Event> {
    let fee = Coins::base(tx.fee().amount);
    let mut events = Vec::with_capacity(8);
    events.push(
        event("tx")
            .attr("fee", fee)
            .attr("fee_payer", tx.fee().payer)
            .into(),
    );
    for signer in tx.signers() {
        events.push(
            event("tx")
                .attr("acc_seq", format!("{}/{}", signer.address, signer.sequence))
                .into(),
        );
    }
    for signer in tx.signers() {
        events.push(event("tx").attr("signature", base64(&signer.signature)).into());
    }
    events
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

/// Result of a transaction that failed. Only the codes are part of consensus.
fn failed(error: &TxError) -> ExecTxResult {
    ExecTxResult {
        code: error.code,
        codespace: error.codespace.to_owned(),
        log: error.message.clone(),
        ..Default::default()
    }
}

pub(super) fn tx_data(msg_responses: Vec<Any>) -> Bytes {
    TxMsgData {
        msg_responses,
        ..Default::default()
    }
    .encode_to_vec()
    .into()
}

/// Gas limits of a proposal's transactions together must fit a block.
fn over_gas(reads: &[ReadTx], max_gas: u64) -> Option<TxError> {
    let limits = reads.iter().flatten().map(|(tx, _)| tx.fee().gas_limit);
    let sum = limits.fold(0u64, u64::saturating_add);
    (sum > max_gas).then(|| sdk::out_of_gas(format!("block gas {sum} is above {max_gas}")))
}

fn meta(block: &Block, info: &BlockInfo) -> BlockMeta {
    BlockMeta {
        height: info.height,
        time: (info.time.seconds, info.time.nanos as i32),
        hash: block.hash.to_vec(),
        ..Default::default()
    }
}

/// What the chain does by itself cannot fail for a reason a transaction could have.
fn unexpected(what: &str, error: ExecError) -> Fault {
    match error {
        ExecError::Fault(fault) => fault,
        ExecError::Tx(error) => Fault::Invariant(format!("{what}: {error}")),
    }
}
