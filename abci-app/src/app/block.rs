//! Executing a block, in two passes over its transactions.
//!
//! Pass 1 admits each transaction in order, on the state before the block:
//! signatures, timeout, sequence, fee. Pass 2 runs the messages of those
//! admitted, each transaction on its own layer. So no message can drain the
//! account that pays a later fee, and each transaction has exactly one result.

use bytes::Bytes;
use cosmos_sdk_proto::{Any, cosmos::base::abci::v1beta1::TxMsgData};
use prost::Message;
use slsbft_store::{BlockMeta, Changes, Commit, Overlay};
use slsbft_types::{Address, Coins};
use tendermint_proto::v0_38::abci::{
    CommitInfo, Event, ExecTxResult, Misbehavior, RequestFinalizeBlock, RequestProcessProposal,
    ValidatorUpdate,
};

use super::{
    App,
    admission::{self, Admission, Admitted},
    modules::{self, BANK},
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault, TxError},
    events::{annotate, event},
    machine::{Machine, Position, Runner},
    modules::{bank, beacon, fees},
    probe::Phase,
    tx::{
        CheckedTx,
        ante::{self, AnteParams},
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

/// What a block did.
pub(super) struct Executed {
    changes: Changes,
    meta: BlockMeta,
    /// The block starts with its system transaction, whose result waits for the hashes.
    system_is_good: bool,
    tx_results: Vec<ExecTxResult>,
    events: Vec<Event>,
    validator_updates: Vec<ValidatorUpdate>,
}

/// A block's result with the hashes of its state, not yet written.
pub(super) struct Staged {
    pub commit: Commit,
    pub tx_results: Vec<ExecTxResult>,
    pub events: Vec<Event>,
    pub validator_updates: Vec<ValidatorUpdate>,
}

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

    /// Executes a block on the latest state. With `strict`, as a proposal: the
    /// first thing wrong with it is returned instead, before any message runs.
    pub(super) fn execute(&self, block: &Block, strict: bool) -> Result<Result<Executed, TxError>, Fault> {
        let info = self.block_info(block.height, block.time)?;
        let mut state = self.overlay();
        let mut events = Vec::new();
        let (system, admitted) = match self.pass_one(&mut state, &info, block, strict, &mut events)? {
            Ok(passed) => passed,
            Err(error) => return Ok(Err(error)),
        };
        self.probe.enter(Phase::Messages);
        admission::verify_vouchers(&admitted);
        let params = AnteParams::load(&state)?;
        let mut tx_results = Vec::with_capacity(block.txs.len());
        tx_results.extend(
            system
                .as_ref()
                .map(|verdict| verdict.as_ref().err().map(failed).unwrap_or_default()),
        );
        let runner = Runner::of_blocks(self.vm.clone());
        // The system transaction, if there is one, has no place among those that run code.
        let first = tx_results.len();
        for (index, tx) in admitted.iter().enumerate() {
            let position = Position {
                index: u32::try_from(index.saturating_add(first)).unwrap_or(u32::MAX),
                tx: block
                    .txs
                    .get(index.saturating_add(first))
                    .cloned()
                    .unwrap_or_default(),
            };
            tx_results.push(match tx {
                Ok(tx) => run(&mut state, &info, &params, &runner, position, tx)?,
                Err(error) => failed(error),
            });
        }
        let mut machine = Machine::new(runner, 0, None);

        self.probe.enter(Phase::EndBlock);
        let begun = events.len();
        let mut ctx = Context {
            state: &mut state,
            block: &info,
            events: &mut events,
            machine: &mut machine,
        };
        let validator_updates = modules::end_block(&mut ctx, !block.misbehavior.is_empty())
            .map_err(|error| unexpected("end of block", error))?;
        for event in events.iter_mut().skip(begun) {
            annotate(event, "mode", "EndBlock");
        }
        Ok(Ok(Executed {
            changes: state.into_changes(),
            meta: meta(block, &info),
            system_is_good: matches!(system, Some(Ok(()))),
            tx_results,
            events,
            validator_updates,
        }))
    }

    /// Computes the hashes of the state that a block made.
    pub(super) fn stage(&self, executed: Executed) -> Result<Staged, Fault> {
        let Executed {
            changes,
            meta,
            system_is_good,
            mut tx_results,
            events,
            validator_updates,
        } = executed;
        self.probe.enter(Phase::Hashing);
        let commit = self.store.stage(self.on_genesis(changes), meta)?;
        self.probe.enter(Phase::Done);
        if let (true, Some(first)) = (system_is_good, tx_results.first_mut()) {
            first.data = tx_data(vec![beacon::response(commit.epoch_hash())]);
        }
        Ok(Staged {
            commit,
            tx_results,
            events,
            validator_updates,
        })
    }

    /// What a block begins with, the system transaction's verdict (`None` in an
    /// empty list) and pass 1 over the others.
    #[allow(clippy::type_complexity, reason = "an outcome in an outcome, once")]
    fn pass_one(
        &self,
        state: &mut Overlay,
        info: &BlockInfo,
        block: &Block,
        strict: bool,
        events: &mut Vec<Event>,
    ) -> Result<Result<(Option<Result<(), TxError>>, Vec<Admitted>), TxError>, Fault> {
        let proposer = block.proposer_address.as_ref();
        let first = block.txs.first();
        let system = beacon::check(
            state,
            info,
            proposer,
            first.map(AsRef::as_ref).unwrap_or_default(),
        )?;
        if strict && let Err(error) = system {
            return Ok(Err(error.into()));
        }
        let mut admission = Admission::new(self, state, info)?;
        if strict && let Err(error) = admission.could_fit(block.txs.len().saturating_sub(1)) {
            return Ok(Err(error));
        }
        self.probe.enter(Phase::Signatures);
        let reads = self.read_txs(state, block.txs.get(1..).unwrap_or_default())?;
        self.probe.enter(Phase::Admission);
        let mut machine = Machine::new(Runner::of_blocks(self.vm.clone()), 0, None);
        let mut ctx = Context {
            state: &mut *state,
            block: info,
            events,
            machine: &mut machine,
        };
        modules::begin_block(&mut ctx, block.last_commit.as_ref(), &block.misbehavior)
            .map_err(|error| unexpected("beginning of block", error))?;
        beacon::apply(state, info, proposer, system.as_ref().ok())?;
        let mut ctx = Context {
            state: &mut *state,
            block: info,
            events,
            machine: &mut machine,
        };
        modules::draw(&mut ctx).map_err(|error| unexpected("draws of a block", error))?;
        events
            .iter_mut()
            .for_each(|event| annotate(event, "mode", "BeginBlock"));
        let mut admitted = Vec::with_capacity(reads.len());
        for read in reads {
            let outcome = admission.admit(state, read)?;
            if strict && let Err(error) = outcome {
                return Ok(Err(error));
            }
            admitted.push(outcome);
        }
        BANK.deposit(
            state,
            &Address::module(fees::COLLECTOR),
            &Coins::base(admission.fees),
        )
        .map_err(|error| unexpected("collecting fees", error))?;
        let verdict = first.map(|_| system.map(|_| ()).map_err(TxError::from));
        Ok(Ok((verdict, admitted)))
    }
}

/// Pass 2 for one transaction: all of its messages or none.
fn run(
    state: &mut Overlay,
    info: &BlockInfo,
    params: &AnteParams,
    runner: &Runner,
    position: Position,
    tx: &CheckedTx,
) -> Result<ExecTxResult, Fault> {
    let mut events = ante_events(tx);
    let kept = events.len();
    let gas = tx.fee().gas_limit.saturating_sub(tx.gas());
    let mut machine = Machine::new(runner.clone(), gas, Some(position));
    state.begin();
    let mut result = match run_messages(state, info, &mut machine, tx, &mut events) {
        Ok(responses) => {
            state.apply();
            ExecTxResult {
                data: tx_data(responses),
                ..Default::default()
            }
        }
        Err(ExecError::Tx(error)) => {
            state.discard();
            events.truncate(kept);
            failed(&error)
        }
        Err(ExecError::Fault(fault)) => return Err(fault),
    };
    result.events = events;
    result.gas_wanted = i64::try_from(tx.fee().gas_limit).unwrap_or(i64::MAX);
    let used = ante::gas_used(tx, machine.gas_used(), params);
    result.gas_used = i64::try_from(used).unwrap_or(i64::MAX);
    Ok(result)
}

/// Runs a transaction's messages in order, up to the first that fails.
pub(super) fn run_messages(
    state: &mut Overlay,
    info: &BlockInfo,
    machine: &mut Machine,
    tx: &CheckedTx,
    events: &mut Vec<Event>,
) -> Result<Vec<Any>, ExecError> {
    let mut responses = Vec::with_capacity(tx.messages().len());
    for (index, msg) in tx.messages().iter().enumerate() {
        let mut ctx = Context {
            state: &mut *state,
            block: info,
            events: &mut *events,
            machine: &mut *machine,
        };
        let response = modules::execute(&mut ctx, msg, index).map_err(|error| match error {
            ExecError::Tx(error) => ExecError::Tx(TxError {
                message: format!("failed to execute message; message index: {index}: {error}"),
                ..error
            }),
            fault => fault,
        })?;
        responses.push(response);
    }
    Ok(responses)
}

/// The `tx` events of an admitted transaction, apart from one another as
/// indexers expect them.
pub(super) fn ante_events(tx: &CheckedTx) -> Vec<Event> {
    let fee = Coins::base(tx.fee().amount);
    let mut events = Vec::with_capacity(12);
    let collector = Address::module(fees::COLLECTOR);
    if !tx.fee().amount.is_zero() {
        events.extend(bank::events::fee_paid(&tx.fee().payer, &collector, &fee));
    }
    events.push(
        event("tx")
            .note("fee", fee)
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
