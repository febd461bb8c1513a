//! Genesis transactions: with these, candidates declare themselves before the
//! first block. They are signed as in Cosmos SDK, with account number 0 and
//! sequence 0, pay no fee, and all of them must succeed.

use slsbft_genesis::genutil::GenTx;
use slsbft_store::Overlay;

use super::block::run_messages;
use crate::{
    context::BlockInfo,
    errors::{ExecError, Fault, TxError, sdk},
    machine::{Machine, Runner},
    modules::staking,
    tx::{
        CheckedTx, Mode, Msg,
        ante::{self, AnteParams, Signatures},
    },
};

/// What signers sign instead of an account number that the chain has yet to give.
const ACCOUNT_NUMBER: u64 = 0;

/// Runs the transactions of a genesis document in order.
pub fn deliver(state: &mut Overlay, block: &BlockInfo, runner: &Runner, txs: &[GenTx]) -> Result<(), Fault> {
    for (i, tx) in txs.iter().enumerate() {
        deliver_one(state, block, runner, tx).map_err(|error| match error {
            ExecError::Tx(error) => Fault::Genesis(format!("app_state.genutil.gen_txs[{i}]: {error}")),
            ExecError::Fault(fault) => fault,
        })?;
    }
    Ok(())
}

fn deliver_one(state: &mut Overlay, block: &BlockInfo, runner: &Runner, tx: &GenTx) -> Result<(), ExecError> {
    let tx = CheckedTx::decode(&tx.0.clone().into(), Mode::Deliver)?;
    check(block, &tx)?;
    let params = AnteParams::load(state)?;
    ante::admit(state, block, &params, &tx, &Signatures::Skip)?;
    let mut machine = Machine::new(runner.clone(), 0, None);
    run_messages(state, block, &mut machine, &tx, &mut Vec::new())?;
    Ok(())
}

/// What admission leaves out where there are no fees and account numbers.
fn check(block: &BlockInfo, tx: &CheckedTx) -> Result<(), TxError> {
    if let Some(other) = tx.messages().iter().find(|msg| !belongs(msg)) {
        return Err(sdk::unauthorized(format!(
            "{} cannot be in a genesis transaction; it creates a validator and registers its VRF key",
            other.type_url()
        )));
    }
    let message = tx.sign_bytes(&block.chain_id, ACCOUNT_NUMBER);
    for signer in tx.signers() {
        if signer.sequence != 0 {
            return Err(sdk::wrong_sequence("a genesis transaction has sequence 0"));
        }
        let key = signer
            .key
            .ok_or_else(|| sdk::invalid_pub_key("a genesis transaction carries its signer's public key"))?;
        key.verify(&message, &signer.signature).map_err(|error| {
            sdk::unauthorized(format!(
                "signature verification failed; sign with chain-id ({}) and account number 0: ({error})",
                block.chain_id
            ))
        })?;
    }
    Ok(())
}

fn belongs(msg: &Msg) -> bool {
    matches!(
        msg,
        Msg::Beacon(_) | Msg::Staking(staking::Msg::CreateValidator(_))
    )
}
