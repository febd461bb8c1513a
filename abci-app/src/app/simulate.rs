//! Estimating a transaction: the same admission and execution as in a block,
//! without signatures, on a snapshot. A fee is not asked for, but taken if it is there.

use std::sync::Arc;

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::{
    base::abci::v1beta1::{GasInfo, Result as SimulationResult},
    tx::v1beta1::{SimulateRequest, SimulateResponse, TxRaw},
};
use prost::Message;
use slsbft_store::{Overlay, Snapshot};
use slsbft_types::Time;

use super::block;
use crate::{
    context::BlockInfo,
    errors::ExecError,
    machine::{Machine, Position, Runner},
    modules::consensus,
    query::QueryError,
    tx::{
        CheckedTx, Mode,
        ante::{self, AnteParams, Signatures},
    },
};

/// Runs a transaction on a snapshot and forgets what it did.
pub fn simulate(
    state: &Snapshot,
    runner: &Runner,
    request: SimulateRequest,
) -> Result<SimulateResponse, QueryError> {
    let bytes = Bytes::from(tx_bytes(request)?);
    let tx = CheckedTx::decode(&bytes, Mode::Simulate).map_err(|error| QueryError::would_fail(&error, 0))?;
    let chain_id: Arc<str> = consensus::chain_id(state)?.into();
    let (seconds, nanos) = state.block().time;
    let time = Time {
        seconds,
        nanos: u32::try_from(nanos).unwrap_or(0),
    };
    let info = BlockInfo {
        chain_id,
        height: state.height() + 1,
        time,
    };
    let mut overlay = Overlay::new(state.clone());
    let params = AnteParams::load(&overlay)?;
    let failed = |error: ExecError, gas_used: u64| match error {
        ExecError::Tx(error) => QueryError::would_fail(&error, gas_used),
        ExecError::Fault(fault) => fault.into(),
    };
    ante::admit(&mut overlay, &info, &params, &tx, &Signatures::Skip)
        .map_err(|error| failed(error, ante::gas_used(&tx, 0, &params)))?;
    let mut events = block::ante_events(&tx);
    // What any block has room for, as if the limit were still to be chosen.
    let most = params.max_block_gas.saturating_sub(tx.gas());
    // Contracts see it as the first after the system transaction.
    let position = Position { index: 1, tx: bytes };
    let mut machine = Machine::new(runner.clone(), most, Some(position));
    let done = block::run_messages(&mut overlay, &info, &mut machine, &tx, &mut events);
    let gas_used = ante::gas_used(&tx, machine.gas_used(), &params);
    let msg_responses = done.map_err(|error| failed(error, gas_used))?;
    #[allow(deprecated, reason = "older clients read `data`")]
    let result = SimulationResult {
        data: block::tx_data(msg_responses.clone()).to_vec(),
        events,
        msg_responses,
        ..Default::default()
    };
    Ok(SimulateResponse {
        gas_info: Some(GasInfo {
            gas_wanted: tx.fee().gas_limit,
            gas_used,
        }),
        result: Some(result),
    })
}

fn tx_bytes(request: SimulateRequest) -> Result<Vec<u8>, QueryError> {
    if !request.tx_bytes.is_empty() {
        return Ok(request.tx_bytes);
    }
    #[allow(deprecated, reason = "older clients still send `tx`")]
    let tx = request
        .tx
        .ok_or_else(|| QueryError::invalid("empty txBytes is not allowed"))?;
    let raw = TxRaw {
        body_bytes: tx.body.unwrap_or_default().encode_to_vec(),
        auth_info_bytes: tx.auth_info.unwrap_or_default().encode_to_vec(),
        signatures: tx.signatures,
    };
    Ok(raw.encode_to_vec())
}
