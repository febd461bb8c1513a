//! Pass 1: reading a block's transactions, in parallel, and admitting them, in
//! order and within the block's gas. Proposals are made and judged by it, and
//! decided blocks run by it, so that all three agree.

use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use slsbft_store::Overlay;
use slsbft_types::Amount;

use super::{App, modules};
use crate::{
    context::BlockInfo,
    errors::{ExecError, Fault, TxError, sdk},
    tx::{
        CheckedTx, SignatureVerdicts,
        ante::{self, AnteParams, Signatures},
    },
};

/// A transaction read ahead of admission: what needs no order is done in parallel.
pub(super) type ReadTx = Result<(Arc<CheckedTx>, SignatureVerdicts), TxError>;

/// The outcome for one transaction.
pub(super) type Admitted = Result<Arc<CheckedTx>, TxError>;

/// Pass 1 over one block.
pub(super) struct Admission<'a> {
    app: &'a App,
    info: &'a BlockInfo,
    params: AnteParams,
    gas_left: u64,
    /// Of the transactions admitted so far.
    pub fees: Amount,
}

impl App {
    /// Reads transactions and judges their signatures, on all cores.
    pub(super) fn read_txs(&self, state: &Overlay, txs: &[Bytes]) -> Result<Vec<ReadTx>, Fault> {
        txs.par_iter()
            .map(|tx| match self.reader.read(tx) {
                Ok(tx) => {
                    let verdicts = self.verifier.judge(&tx, &self.chain_id, state)?;
                    modules::prefetch(state, tx.messages())?;
                    Ok(Ok((tx, verdicts)))
                }
                Err(error) => Ok(Err(error)),
            })
            .collect()
    }
}

impl<'a> Admission<'a> {
    pub fn new(app: &'a App, state: &Overlay, info: &'a BlockInfo) -> Result<Self, Fault> {
        let params = AnteParams::load(state)?;
        Ok(Self {
            app,
            info,
            gas_left: params.max_block_gas,
            params,
            fees: Amount::ZERO,
        })
    }

    /// Refuses a number of transactions that no block has the gas for, before the
    /// first of them is read: empty ones take two bytes in a proposal.
    pub fn could_fit(&self, txs: usize) -> Result<(), TxError> {
        let most = self.params.max_block_gas / self.params.fees.min_tx_gas.max(1);
        if txs as u64 > most {
            return Err(sdk::out_of_gas(format!(
                "{txs} transactions do not fit a block, which has the gas for {most}"
            )));
        }
        Ok(())
    }

    /// Admits the next transaction if it may be there and its gas still fits.
    pub fn admit(&mut self, state: &mut Overlay, read: ReadTx) -> Result<Admitted, Fault> {
        let (tx, verdicts) = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let limit = tx.fee().gas_limit;
        // More than any block has is another failure, which the mempool finds too.
        if limit > self.gas_left && limit <= self.params.max_block_gas {
            return Ok(Err(self.full(limit)));
        }
        let signatures = Signatures::Judged(&self.app.verifier, &verdicts);
        match ante::admit(state, self.info, &self.params, &tx, &signatures) {
            Ok(fee) => {
                self.fees = self
                    .fees
                    .add(fee)
                    .map_err(|e| Fault::Invariant(format!("fees of a block: {e}")))?;
                self.gas_left = self.gas_left.saturating_sub(limit);
                Ok(Ok(tx))
            }
            Err(ExecError::Tx(error)) => Ok(Err(error)),
            Err(ExecError::Fault(fault)) => Err(fault),
        }
    }

    fn full(&self, limit: u64) -> TxError {
        let (left, most) = (self.gas_left, self.params.max_block_gas);
        sdk::out_of_gas(format!(
            "gas limit {limit} does not fit the block, which has {left} of {most} left"
        ))
    }
}

/// Judges the vouchers of what was admitted, on all cores: whoever is not
/// admitted pays nothing, so nothing is done for it.
pub(super) fn verify_vouchers(admitted: &[Admitted]) {
    let with_vouchers: Vec<&CheckedTx> = admitted
        .iter()
        .flatten()
        .map(AsRef::as_ref)
        .filter(|tx| tx.has_vouchers())
        .collect();
    with_vouchers.par_iter().for_each(|tx| tx.verify_vouchers());
}
