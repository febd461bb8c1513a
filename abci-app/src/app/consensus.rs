//! The consensus connection.

use std::sync::Arc;

use slsbft_genesis::AppState;
use slsbft_store::{BlockMeta, Overlay};
use tendermint_proto::v0_38::abci::{
    RequestFinalizeBlock, RequestInitChain, RequestPrepareProposal, RequestProcessProposal, ResponseCommit,
    ResponseFinalizeBlock, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal,
};

use super::{App, block::Block, genesis};
use crate::{abci::Consensus, errors::Fault, machine::Runner, modules::epochs, probe::Phase};

impl Consensus for App {
    fn init_chain(&mut self, request: RequestInitChain) -> Result<ResponseInitChain, Fault> {
        if self.store.latest().height() > 0 {
            return Err(Fault::OutOfStep("InitChain on a chain that has blocks".into()));
        }
        let app_state = AppState::from_json(&request.app_state_bytes)
            .and_then(|state| state.validate().map(|()| state))
            .map_err(|e| {
                Fault::Genesis(format!(
                    "{e}. Mend genesis.json; `slsbftd genesis validate` checks it"
                ))
            })?;
        self.chain_id = Arc::from(request.chain_id.as_str());
        let info = self.block_info(request.initial_height, request.time)?;
        let mut state = Overlay::new(self.store.latest());
        let validators = genesis::init(
            &mut state,
            &info,
            &Runner::of_blocks(self.vm.clone()),
            &request.consensus_params.unwrap_or_default(),
            &app_state,
        )?;
        let genesis = state.into_changes();
        let meta = BlockMeta {
            height: info.height,
            ..Default::default()
        };
        let app_hash = self.store.stage(genesis.clone(), meta)?.app_hash();
        self.genesis = Some(Arc::new(genesis));
        self.kept.clear();
        self.mempool.reset(&self.chain_id, self.overlay())?;
        Ok(ResponseInitChain {
            app_hash: app_hash.to_vec().into(),
            validators,
            ..Default::default()
        })
    }

    fn prepare_proposal(
        &mut self,
        request: RequestPrepareProposal,
    ) -> Result<ResponsePrepareProposal, Fault> {
        self.prepare(request)
    }

    fn process_proposal(
        &mut self,
        request: RequestProcessProposal,
    ) -> Result<ResponseProcessProposal, Fault> {
        self.process(request)
    }

    fn finalize_block(&mut self, request: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault> {
        let block = Block::from(request);
        if let Some(halt) = self.config.halt_height
            && u64::try_from(block.height).is_ok_and(|height| height > halt)
        {
            return Err(Fault::HaltHeight(halt));
        }
        let kept = self.kept.iter().position(|(kept, _)| *kept == block);
        let staged = match kept {
            Some(index) => self.kept.swap_remove(index).1,
            None => {
                let executed = self.execute(&block, false)?;
                self.stage(executed.map_err(|e| Fault::Invariant(e.to_string()))?)?
            }
        };
        let app_hash = staged.commit.app_hash().to_vec().into();
        self.staged = Some(staged.commit);
        Ok(ResponseFinalizeBlock {
            events: staged.events,
            validator_updates: staged.validator_updates,
            tx_results: staged.tx_results,
            app_hash,
            ..Default::default()
        })
    }

    fn commit(&mut self) -> Result<ResponseCommit, Fault> {
        let commit = self
            .staged
            .take()
            .ok_or_else(|| Fault::OutOfStep("Commit without FinalizeBlock".into()))?;
        let epoch = self.store.latest();
        let epoch = if epoch.height() > 0 {
            Some(epochs::current(&epoch)?.number)
        } else {
            None
        };
        self.probe.enter(Phase::Writing);
        let snapshot = self.store.commit(commit)?;
        self.genesis = None;
        self.kept.clear();
        self.compiler.catch_up()?;
        self.probe.enter(Phase::Mempool);
        self.mempool.reset(&self.chain_id, self.overlay())?;
        self.probe.enter(Phase::Done);
        if epoch != Some(epochs::current(&snapshot)?.number) {
            self.store.sync()?;
        }
        Ok(ResponseCommit {
            retain_height: self.retain_height(snapshot.height())?,
        })
    }
}

impl App {
    /// Below this height CometBFT may forget blocks; never above what is on
    /// disk for good, since a lost tail is replayed from them.
    fn retain_height(&mut self, height: u64) -> Result<i64, Fault> {
        let keep = self.config.keep_blocks;
        if keep == 0 || height <= keep {
            return Ok(0);
        }
        let wanted = height - keep + 1;
        if wanted > self.store.synced_height() {
            self.store.sync()?;
        }
        Ok(i64::try_from(wanted.min(self.store.synced_height())).unwrap_or(i64::MAX))
    }
}
