//! A chain with one application and a mock of consensus: it calls the real
//! application in the order of ABCI's grammar, checks after every block what
//! must always hold, and can restart the application from its database.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use slsbft_app::{
    App, AppConfig,
    abci::{Consensus, Mempool, Query},
    app::{MempoolService, QueryService},
    context::BlockInfo,
    modules::{bank, beacon, consensus},
    query::QueryError,
};
use slsbft_genesis::Genesis;
use slsbft_store::{Snapshot, Store, StoreConfig};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Time};
use slsbft_wasm::{Config as VmConfig, Interrupt, Vm};
use tempfile::TempDir;
use tendermint_proto::{
    google::protobuf::{Duration, Timestamp},
    v0_38::{
        abci::{
            ExecTxResult, Misbehavior, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain,
            RequestPrepareProposal, RequestProcessProposal, RequestQuery, ResponseCheckTx,
            ResponseFinalizeBlock, ResponseQuery, response_process_proposal::ProposalStatus,
        },
        types::{BlockParams, ConsensusParams, EvidenceParams},
    },
};

use crate::validators::{AllKeys, Validators};

pub const CHAIN_ID: &str = "slsbft-test-1";
const GENESIS_SECONDS: i64 = 1_700_000_000;
const MAX_TX_BYTES: i64 = 20_000_000;
/// Runs contracts, for all chains of a process.
pub static VM: LazyLock<Arc<Vm>> = LazyLock::new(|| Arc::new(Vm::new(VmConfig::default()).expect("a VM")));
/// VRF keys that the mock holds, by a validator's number.
static KEYS: LazyLock<Arc<AllKeys>> = LazyLock::new(|| Arc::new(AllKeys::new(0..128)));

/// What operators may set differently without leaving the chain.
#[derive(Clone, Default)]
pub struct Setup {
    pub store: StoreConfig,
    pub app: AppConfig,
    /// Runs contracts; nobody else's, so that nothing is compiled yet. None: that of all chains.
    pub vm: Option<Arc<Vm>>,
}

pub struct Chain {
    app: Option<App>,
    setup: Setup,
    mempool: Arc<MempoolService>,
    query: Arc<QueryService>,
    home: Arc<TempDir>,
    pub height: i64,
    pub time: i64,
    pub app_hash: Vec<u8>,
    pub validators: Validators,
    /// Round in which the last block was decided.
    pub round: i32,
    /// Evidence for the next block.
    pub misbehavior: Vec<Misbehavior>,
    pending: Vec<Bytes>,
}

/// What a block did.
pub struct Block {
    pub txs: Vec<Bytes>,
    pub response: ResponseFinalizeBlock,
    pub request: RequestFinalizeBlock,
}

impl Block {
    /// Results of the transactions after the system transaction.
    pub fn results(&self) -> &[ExecTxResult] {
        &self.response.tx_results[1..]
    }
}

impl Chain {
    /// A fresh chain; each account gets an amount of uankr and its index as number.
    pub fn start(accounts: &[(Address, u128)]) -> Self {
        Self::start_with(accounts, |_| ())
    }

    /// The same with a genesis document that was changed first.
    pub fn start_with(accounts: &[(Address, u128)], change: impl FnOnce(&mut Genesis)) -> Self {
        Self::start_on(Setup::default(), accounts, change)
    }

    /// The same on a node with other settings.
    pub fn start_on(setup: Setup, accounts: &[(Address, u128)], change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(GENESIS_SECONDS));
        let funded = accounts
            .iter()
            .map(|(address, amount)| (*address, Coins::base(Amount::new(*amount))));
        genesis.add_accounts(funded).expect("different accounts");
        change(&mut genesis);
        Self::with_setup(&genesis, setup)
    }

    pub fn from_genesis(genesis: &Genesis) -> Self {
        Self::with_setup(genesis, Setup::default())
    }

    /// The same chain on a node with other settings.
    pub fn with_setup(genesis: &Genesis, setup: Setup) -> Self {
        let home = Arc::new(tempfile::tempdir().expect("temporary folder"));
        let mut chain = Self::open(home, setup);
        chain.init(genesis);
        chain
    }

    /// InitChain: of a new chain, or again when no block was written yet.
    pub fn init(&mut self, genesis: &Genesis) {
        let response = self
            .app()
            .init_chain(init_request(genesis))
            .expect("valid genesis");
        self.app_hash = response.app_hash.to_vec();
        self.validators = Validators::genesis(&response.validators);
        self.height = genesis.initial_height - 1;
        self.time = genesis.genesis_time.seconds;
    }

    fn open(home: Arc<TempDir>, setup: Setup) -> Self {
        let store = Store::open(&home.path().join("data"), &setup.store).expect("database");
        let keys = KEYS.clone();
        let vm = setup.vm.clone().unwrap_or_else(|| VM.clone());
        let app = App::open(store, setup.app, vm)
            .expect("application")
            .with_prover(keys);
        let (mempool, query) = (app.mempool(), app.query());
        let (app_hash, pending, misbehavior) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            app: Some(app),
            setup,
            mempool,
            query,
            home,
            height: 0,
            time: 0,
            app_hash,
            validators: Validators::default(),
            round: 0,
            misbehavior,
            pending,
        }
    }

    /// Answers a method from the latest state.
    pub fn route(&self, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
        self.query
            .route(&self.snapshot(), path, request, &Interrupt::default())
    }

    /// Closes the application and opens it from what is on disk.
    pub fn restart(self) -> Self {
        self.restart_after(|_| ())
    }

    /// The same, with something done to the closed database.
    pub fn restart_after(mut self, damage: impl FnOnce(&Path)) -> Self {
        let (home, setup) = (self.home.clone(), self.setup.clone());
        let (validators, round) = (std::mem::take(&mut self.validators), self.round);
        drop(self.app.take());
        drop(self);
        damage(&home.path().join("data"));
        let mut chain = Self::open(home, setup);
        (chain.validators, chain.round) = (validators, round);
        let info = chain.query.info(RequestInfo::default()).expect("info");
        chain.height = info.last_block_height;
        chain.app_hash = info.last_block_app_hash.to_vec();
        chain.time = chain.snapshot().block().time.0;
        chain
    }

    pub fn folder(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub fn app(&mut self) -> &mut App {
        self.app.as_mut().expect("running")
    }

    pub fn snapshot(&self) -> Snapshot {
        self.app.as_ref().expect("running").snapshot()
    }

    /// CheckTx; what is admitted waits for the next block.
    pub fn submit(&mut self, tx: &[u8]) -> ResponseCheckTx {
        let response = self.check(tx);
        if response.code == 0 {
            self.pending.push(Bytes::copy_from_slice(tx));
        }
        response
    }

    /// Puts a transaction before the next proposer, whatever the mempool says.
    pub fn offer(&mut self, tx: Bytes) {
        self.pending.push(tx);
    }

    /// CheckTx alone.
    pub fn check(&self, tx: &[u8]) -> ResponseCheckTx {
        let request = RequestCheckTx {
            tx: Bytes::copy_from_slice(tx),
            ..Default::default()
        };
        self.mempool
            .apply(self.mempool.verify(request))
            .expect("no fault")
    }

    /// A block of what is pending, proposed, judged, decided and committed.
    pub fn block(&mut self) -> Block {
        let txs = self.prepare();
        self.decide(txs)
    }

    /// What a proposer makes of what is pending.
    pub fn prepare(&mut self) -> Vec<Bytes> {
        let request = RequestPrepareProposal {
            txs: std::mem::take(&mut self.pending),
            max_tx_bytes: MAX_TX_BYTES,
            height: self.height + 1,
            time: self.next_time(),
            proposer_address: self.validators.proposer().to_vec().into(),
            ..Default::default()
        };
        self.app().prepare_proposal(request).expect("no fault").txs
    }

    /// A block of exactly these transactions, which a proposer has to have right.
    pub fn decide(&mut self, txs: Vec<Bytes>) -> Block {
        let status = self.judge(txs.clone());
        assert_eq!(status, ProposalStatus::Accept, "a correct proposal is accepted");
        self.finalize(txs)
    }

    /// The application's verdict on a proposal.
    pub fn judge(&mut self, txs: Vec<Bytes>) -> ProposalStatus {
        self.judge_with(txs, |_| ())
    }

    /// The same with a changed request.
    pub fn judge_with(
        &mut self,
        txs: Vec<Bytes>,
        change: impl FnOnce(&mut RequestProcessProposal),
    ) -> ProposalStatus {
        let mut request = RequestProcessProposal {
            txs,
            proposed_last_commit: Some(self.validators.last_commit(self.round)),
            misbehavior: self.misbehavior.clone(),
            hash: self.block_hash(),
            height: self.height + 1,
            time: self.next_time(),
            proposer_address: self.validators.proposer().to_vec().into(),
            ..Default::default()
        };
        change(&mut request);
        let response = self.app().process_proposal(request).expect("no fault");
        ProposalStatus::try_from(response.status).expect("a known status")
    }

    /// FinalizeBlock and Commit alone, as in block sync and replay.
    pub fn finalize(&mut self, txs: Vec<Bytes>) -> Block {
        self.finalize_with(txs, |_| ())
    }

    /// The same with a changed request.
    pub fn finalize_with(
        &mut self,
        txs: Vec<Bytes>,
        change: impl FnOnce(&mut RequestFinalizeBlock),
    ) -> Block {
        let mut request = RequestFinalizeBlock {
            txs,
            decided_last_commit: Some(self.validators.last_commit(self.round)),
            misbehavior: std::mem::take(&mut self.misbehavior),
            hash: self.block_hash(),
            height: self.height + 1,
            time: self.next_time(),
            proposer_address: self.validators.proposer().to_vec().into(),
            ..Default::default()
        };
        change(&mut request);
        self.replay(request)
    }

    /// FinalizeBlock and Commit of a block that was decided before.
    pub fn replay(&mut self, request: RequestFinalizeBlock) -> Block {
        let txs = request.txs.clone();
        let response = self.app().finalize_block(request.clone()).expect("no fault");
        assert_eq!(
            response.tx_results.len(),
            txs.len(),
            "one result for each transaction, always"
        );
        self.app().commit().expect("no fault");
        self.validators.advance(&response.validator_updates);
        self.round = 0;
        self.height += 1;
        self.time = request.time.as_ref().map_or(self.time, |time| time.seconds);
        self.app_hash = response.app_hash.to_vec();
        self.assert_sound();
        Block {
            txs,
            response,
            request,
        }
    }

    /// What must hold after every block.
    fn assert_sound(&self) {
        let state = self.snapshot();
        slsbft_app::app::check(&state).expect("all invariants hold");
        let turns = consensus::turns(&state).expect("readable");
        assert!(self.validators.agrees_with(&turns), "the mirror is CometBFT's");
    }

    /// The system transaction of the next block, which is not the first, and then `txs`.
    pub fn with_system_tx(&self, txs: impl IntoIterator<Item = Vec<u8>>) -> Vec<Bytes> {
        let state = self.snapshot();
        let block = BlockInfo {
            chain_id: consensus::chain_id(&state).expect("readable").into(),
            height: self.height as u64 + 1,
            time: Time::from_seconds(self.time + 1),
        };
        let proposer = self.validators.proposer();
        let system = beacon::prepare(&state, &block, &proposer, Some(&**KEYS)).expect("readable");
        std::iter::once(system)
            .chain(txs.into_iter().map(Bytes::from))
            .collect()
    }

    pub fn query(&self, path: &str, data: Vec<u8>) -> ResponseQuery {
        self.query_with(RequestQuery {
            path: path.into(),
            data: data.into(),
            ..Default::default()
        })
    }

    pub fn query_with(&self, request: RequestQuery) -> ResponseQuery {
        self.query.query(request).expect("no fault")
    }

    pub fn balance(&self, owner: &Address) -> u128 {
        bank::balance(&self.snapshot(), owner, BASE_DENOM)
            .expect("readable")
            .value()
    }

    pub fn supply(&self) -> u128 {
        bank::supply(&self.snapshot(), BASE_DENOM)
            .expect("readable")
            .value()
    }

    fn next_time(&self) -> Option<Timestamp> {
        Some(Timestamp {
            seconds: self.time + 1,
            nanos: 0,
        })
    }

    fn block_hash(&self) -> Bytes {
        let mut hash = vec![0; 32];
        hash[..8].copy_from_slice(&(self.height + 1).to_be_bytes());
        hash.into()
    }
}

fn init_request(genesis: &Genesis) -> RequestInitChain {
    let (block, evidence) = (
        &genesis.consensus_params.block,
        &genesis.consensus_params.evidence,
    );
    RequestInitChain {
        time: Some(genesis.genesis_time.into()),
        chain_id: genesis.chain_id.clone(),
        consensus_params: Some(ConsensusParams {
            block: Some(BlockParams {
                max_bytes: block.max_bytes,
                max_gas: block.max_gas,
            }),
            evidence: Some(EvidenceParams {
                max_age_num_blocks: evidence.max_age_num_blocks,
                max_age_duration: Some(Duration {
                    seconds: evidence.max_age_duration / 1_000_000_000,
                    nanos: 0,
                }),
                max_bytes: evidence.max_bytes,
            }),
            ..Default::default()
        }),
        app_state_bytes: serde_json::to_vec(&genesis.app_state).expect("JSON").into(),
        initial_height: genesis.initial_height,
        ..Default::default()
    }
}
