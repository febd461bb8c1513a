//! The application: ABCI's calls, wired to the modules.
//!
//! - `modules`, `validators`, `market`, `network`, `rewards`: which modules there are and how they see one another
//! - `admission`, `block`: executing a block, in two passes
//! - `compiler`: compiling contracts beside it
//! - `proposal`: making and judging proposals
//! - `consensus`: the consensus connection
//! - `mempool`, `query`: the connections that read snapshots
//! - `genesis`, `gentx`: from and to a genesis document
//! - `simulate`: estimating a transaction

mod admission;
mod ahead;
mod block;
mod compiler;
mod consensus;
mod genesis;
mod gentx;
mod market;
mod mempool;
mod modules;
mod network;
mod proposal;
mod query;
mod rewards;
mod simulate;
mod validators;

use std::sync::Arc;

use slsbft_store::{Changes, Commit, Overlay, Snapshot, Store};
use slsbft_wasm::Vm;

pub use genesis::{export, init};
pub use mempool::{MempoolService, Verified};
pub use modules::check;
pub(crate) use modules::queries;
pub use query::QueryService;
pub use simulate::simulate;

use crate::{
    errors::Fault,
    modules::beacon::Prover,
    probe::{NoProbe, Probe},
    tx::{TxReader, Verifier},
};
use block::{Block, Staged};
use compiler::Compiler;

/// Version of the rules; nodes of one chain agree on it.
pub const APP_VERSION: u64 = 1;

/// What an operator can set. Nothing here may change what a block results in.
#[derive(Clone, Copy, Debug)]
pub struct AppConfig {
    /// Stop before executing a block above this height.
    pub halt_height: Option<u64>,
    /// Blocks that CometBFT is asked to keep; 0 keeps all.
    pub keep_blocks: u64,
    /// Good signatures to remember.
    pub signature_cache: usize,
    /// Bytes of admitted transactions to keep in checked form.
    pub tx_cache_bytes: usize,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            halt_height: None,
            keep_blocks: 0,
            signature_cache: 200_000,
            tx_cache_bytes: 64 << 20,
        }
    }
}

/// The state machine: the one owner of consensus state.
pub struct App {
    store: Store,
    config: AppConfig,
    chain_id: Arc<str>,
    reader: Arc<TxReader>,
    verifier: Arc<Verifier>,
    mempool: Arc<MempoolService>,
    /// Genesis state between InitChain and the first block, whose changes it joins.
    genesis: Option<Arc<Changes>>,
    /// Blocks executed for proposals, for the case that one of them is decided.
    kept: Vec<(Block, Staged)>,
    /// The decided block, ready to be written.
    staged: Option<Commit>,
    probe: Arc<dyn Probe>,
    /// Runs contracts.
    vm: Arc<Vm>,
    /// Compiles contracts before they run.
    compiler: Compiler,
    /// Makes this validator's part of the beacon.
    prover: Option<Arc<dyn Prover>>,
}

impl App {
    pub fn open(store: Store, config: AppConfig, vm: Arc<Vm>) -> Result<Self, Fault> {
        let snapshot = store.latest();
        let chain_id: Arc<str> = crate::modules::consensus::chain_id(&snapshot)?.into();
        let verifier = Arc::new(Verifier::new(config.signature_cache));
        let reader = Arc::new(TxReader::new(config.tx_cache_bytes));
        let mempool = Arc::new(MempoolService::new(reader.clone(), verifier.clone()));
        let (genesis, kept, staged) = (None, Vec::new(), None);
        let probe = Arc::new(NoProbe);
        let compiler = Compiler::new(vm.clone(), store.reader());
        let mut app = Self {
            store,
            config,
            chain_id,
            reader,
            verifier,
            mempool,
            genesis,
            kept,
            staged,
            probe,
            vm,
            compiler,
            prover: None,
        };
        if snapshot.height() > 0 {
            app.compiler.catch_up()?;
            app.mempool.reset(&app.chain_id, app.overlay())?;
        }
        Ok(app)
    }

    /// Tells `probe` which phase of a block begins.
    pub fn watched_by(self, probe: Arc<dyn Probe>) -> Self {
        Self { probe, ..self }
    }

    /// Lets this node propose blocks as a validator: it holds the VRF keys.
    pub fn with_prover(self, prover: Arc<dyn Prover>) -> Self {
        Self {
            prover: Some(prover),
            ..self
        }
    }

    /// What the mempool connection talks to.
    pub fn mempool(&self) -> Arc<MempoolService> {
        self.mempool.clone()
    }

    /// What the query connection and gRPC talk to.
    pub fn query(&self) -> Arc<QueryService> {
        Arc::new(QueryService::new(self.store.reader(), self.vm.clone()))
    }

    /// The latest committed state.
    pub fn snapshot(&self) -> Snapshot {
        self.store.latest()
    }

    /// The state that the next block runs on.
    fn overlay(&self) -> Overlay {
        Overlay::above(self.store.latest(), self.genesis.clone().unwrap_or_default())
    }

    /// What a block writes: its changes, and those of genesis if it is the first.
    fn on_genesis(&self, changes: Changes) -> Changes {
        match &self.genesis {
            Some(genesis) => {
                let mut all = Changes::clone(genesis);
                all.extend(changes);
                all
            }
            None => changes,
        }
    }
}
