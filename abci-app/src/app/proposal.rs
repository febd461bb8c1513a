//! Making and judging proposals.

use bytes::Bytes;
use slsbft_types::Amount;
use tendermint_proto::v0_38::abci::{
    RequestPrepareProposal, RequestProcessProposal, ResponsePrepareProposal, ResponseProcessProposal,
    response_process_proposal::ProposalStatus,
};

use super::{App, block::Block};
use crate::{
    errors::Fault,
    modules::{beacon, consensus},
    tx::ante::AnteParams,
};

/// Executed proposals to keep; rounds rarely need more.
const KEPT: usize = 2;

impl App {
    /// The system transaction, then what CometBFT reaped, as far as it passes
    /// pass 1 and fits.
    pub(super) fn prepare(&self, request: RequestPrepareProposal) -> Result<ResponsePrepareProposal, Fault> {
        let info = self.block_info(request.height, request.time)?;
        let mut state = self.overlay();
        let params = AnteParams::load(&state)?;
        let mut room = Room {
            bytes: u64::try_from(request.max_tx_bytes).unwrap_or(0),
            gas: consensus::max_block_gas(&state)?,
        };
        let system = beacon::system_tx(info.height);
        room.take(&system, 0);
        let reads = self.read_txs(&state, &request.txs)?;
        let mut txs = vec![system];
        for (tx, read) in request.txs.into_iter().zip(reads) {
            let Ok((checked, _)) = &read else { continue };
            let gas = checked.fee().gas_limit;
            if !room.fits(&tx, gas) {
                continue;
            }
            if self
                .admit(&mut state, &info, &params, read, &mut Amount::default())?
                .is_ok()
            {
                room.take(&tx, gas);
                txs.push(tx);
            }
        }
        Ok(ResponsePrepareProposal { txs })
    }

    /// Executes the proposal and keeps its result; refuses exactly a broken
    /// system transaction, a failure of pass 1 and too much gas.
    pub(super) fn process(
        &mut self,
        request: RequestProcessProposal,
    ) -> Result<ResponseProcessProposal, Fault> {
        let block = Block::from(request);
        if self.kept.iter().any(|(kept, _)| *kept == block) {
            return Ok(verdict(ProposalStatus::Accept));
        }
        match self.execute(&block, true)? {
            Ok(executed) => {
                if self.kept.len() >= KEPT {
                    self.kept.remove(0);
                }
                self.kept.push((block, executed));
                Ok(verdict(ProposalStatus::Accept))
            }
            Err(error) => {
                tracing::warn!(height = block.height, code = error.code, %error, "proposal refused");
                Ok(verdict(ProposalStatus::Reject))
            }
        }
    }
}

fn verdict(status: ProposalStatus) -> ResponseProcessProposal {
    ResponseProcessProposal {
        status: status.into(),
    }
}

/// What is left of a block's limits.
struct Room {
    bytes: u64,
    gas: u64,
}

impl Room {
    fn fits(&self, tx: &Bytes, gas: u64) -> bool {
        encoded_len(tx) <= self.bytes && gas <= self.gas
    }

    fn take(&mut self, tx: &Bytes, gas: u64) {
        self.bytes = self.bytes.saturating_sub(encoded_len(tx));
        self.gas = self.gas.saturating_sub(gas);
    }
}

/// Bytes of a transaction within CometBFT's block data: tag, length, bytes.
fn encoded_len(tx: &Bytes) -> u64 {
    (1 + prost::length_delimiter_len(tx.len()) + tx.len()) as u64
}
