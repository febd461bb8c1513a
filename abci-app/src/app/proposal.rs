//! Making and judging proposals.

use bytes::Bytes;
use tendermint_proto::v0_38::abci::{
    RequestPrepareProposal, RequestProcessProposal, ResponsePrepareProposal, ResponseProcessProposal,
    response_process_proposal::ProposalStatus,
};

use super::{
    App,
    admission::Admission,
    block::{Block, Executed},
};
use crate::{errors::Fault, modules::beacon};

/// Executed proposals to keep; rounds rarely need more.
const KEPT: usize = 2;

impl App {
    /// The system transaction, then what CometBFT reaped, as far as it passes
    /// pass 1 and fits.
    pub(super) fn prepare(&self, request: RequestPrepareProposal) -> Result<ResponsePrepareProposal, Fault> {
        let info = self.block_info(request.height, request.time)?;
        let mut state = self.overlay();
        let mut admission = Admission::new(self, &state, &info)?;
        let prover = self.prover.as_deref();
        let system = beacon::prepare(&state, &info, &request.proposer_address, prover)?;
        let room = u64::try_from(request.max_tx_bytes).unwrap_or(0);
        let mut room = room.saturating_sub(encoded_len(&system));
        let reads = self.read_txs(&state, &request.txs)?;
        let mut txs = vec![system];
        for (tx, read) in request.txs.into_iter().zip(reads) {
            let Some(rest) = room.checked_sub(encoded_len(&tx)) else {
                continue;
            };
            if admission.admit(&mut state, read)?.is_ok() {
                room = rest;
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
                self.keep(block, executed)?;
                Ok(verdict(ProposalStatus::Accept))
            }
            Err(error) => {
                tracing::warn!(height = block.height, code = error.code, %error, "proposal refused");
                Ok(verdict(ProposalStatus::Reject))
            }
        }
    }

    /// Keeps an accepted proposal's result. That of the first block is left to
    /// be made again: hashing a large genesis takes longer than a round waits.
    fn keep(&mut self, block: Block, executed: Executed) -> Result<(), Fault> {
        if self.genesis.is_some() {
            return Ok(());
        }
        let staged = self.stage(executed)?;
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push((block, staged));
        Ok(())
    }
}

fn verdict(status: ProposalStatus) -> ResponseProcessProposal {
    ResponseProcessProposal {
        status: status.into(),
    }
}

/// Bytes of a transaction within CometBFT's block data: tag, length, bytes.
fn encoded_len(tx: &Bytes) -> u64 {
    (1 + prost::length_delimiter_len(tx.len()) + tx.len()) as u64
}
