//! A chain in this process, without consensus: the real application with a store of its own, and a
//! block for each transaction. For trying things out; nothing of it is ever part of a network.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use cosmos_sdk_proto::{
    Any,
    cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
};
use prost::Message;
use slsbft_app::{
    App, AppConfig,
    abci::{Consensus, Mempool},
    app::{MempoolService, QueryService},
    query::QueryError,
};
use slsbft_client::{Fee, KeyKind, SigningKey, TxBuilder, tx::TxBuildError};
use slsbft_genesis::Genesis;
use slsbft_store::{Store, StoreConfig, StoreError};
use slsbft_types::{Address, Amount, Coins, Time};
use slsbft_wasm::{Interrupt, Vm};
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::{
        abci::{
            ExecTxResult, RequestCheckTx, RequestFinalizeBlock, RequestInitChain, RequestPrepareProposal,
            ResponseFinalizeBlock,
        },
        types::{BlockParams, ConsensusParams},
    },
};

pub const CHAIN_ID: &str = "slsbft-sandbox-1";
/// Names of the accounts that there are from the beginning.
pub const ACCOUNTS: [&str; 3] = ["alice", "bob", "carol"];
/// What each of them has, in uankr.
const FUNDS: u128 = 1_000_000_000_000_000;
/// Of every transaction: half of what a block of the main chain may use.
const GAS_LIMIT: u64 = 1_000_000_000;
const GENESIS_SECONDS: i64 = 1_767_225_600;
const SECONDS_PER_BLOCK: i64 = 5;
const MAX_TX_BYTES: i64 = 20_000_000;
/// Whom headers name: there are no validators.
const PROPOSER: [u8; 20] = [0; 20];

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the sandbox's store: {0}")]
    Store(#[from] StoreError),
    #[error("the sandbox's application: {0}")]
    Application(#[from] slsbft_app::errors::Fault),
    #[error("there is no account '{0}' in the sandbox; there are alice, bob and carol")]
    NoAccount(String),
    #[error("the transaction is refused before it runs: {0}")]
    Refused(String),
    #[error("the transaction cannot be made: {0}")]
    Build(#[from] TxBuildError),
    #[error("the sandbox's state cannot be asked: {0}")]
    Query(#[from] QueryError),
    #[error("the sandbox's genesis: {0}")]
    Genesis(String),
}

/// The chain.
pub struct Sandbox {
    app: App,
    mempool: Arc<MempoolService>,
    query: Arc<QueryService>,
    height: i64,
}

impl Sandbox {
    /// A fresh chain whose data lies in an empty folder.
    pub fn start(folder: &Path, vm: Arc<Vm>) -> Result<Self, SandboxError> {
        let store = Store::open(folder, &StoreConfig::default())?;
        let mut app = App::open(store, AppConfig::default(), vm)?;
        let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(GENESIS_SECONDS));
        let funded = ACCOUNTS
            .iter()
            .map(|name| Ok((address(name)?, Coins::base(Amount::new(FUNDS)))))
            .collect::<Result<Vec<_>, SandboxError>>()?;
        genesis
            .add_accounts(funded)
            .map_err(|error| SandboxError::Genesis(error.to_string()))?;
        app.init_chain(init_request(&genesis)?)?;
        let (mempool, query) = (app.mempool(), app.query());
        let height = 0;
        let mut sandbox = Self {
            app,
            mempool,
            query,
            height,
        };
        sandbox.block(Vec::new())?;
        Ok(sandbox)
    }

    /// The last block's height.
    pub fn height(&self) -> i64 {
        self.height
    }

    /// A transaction with one message, in a block of its own.
    pub fn send(&mut self, who: &str, message: Any) -> Result<ExecTxResult, SandboxError> {
        let key = key(who)?;
        let account = self.account(&key.address())?;
        let fee = Fee::for_gas(GAS_LIMIT);
        let tx = TxBuilder::new().any(message).fee(fee);
        let signed = tx.sign(CHAIN_ID, &key, account.account_number, account.sequence)?;
        let bytes = Bytes::copy_from_slice(signed.bytes());
        let request = RequestCheckTx {
            tx: bytes.clone(),
            ..Default::default()
        };
        let admitted = self.mempool.apply(self.mempool.verify(request))?;
        if admitted.code != 0 {
            return Err(SandboxError::Refused(admitted.log));
        }
        let results = self.block(vec![bytes])?.tx_results;
        // The first is the block's system transaction.
        let result = results.into_iter().nth(1);
        result.ok_or_else(|| SandboxError::Refused("no room for it in a block".into()))
    }

    /// A block.
    pub fn block(&mut self, txs: Vec<Bytes>) -> Result<ResponseFinalizeBlock, SandboxError> {
        let height = self.height.saturating_add(1);
        let time = Some(Timestamp {
            seconds: GENESIS_SECONDS.saturating_add(height.saturating_mul(SECONDS_PER_BLOCK)),
            nanos: 0,
        });
        let proposal = self.app.prepare_proposal(RequestPrepareProposal {
            txs,
            max_tx_bytes: MAX_TX_BYTES,
            height,
            time,
            proposer_address: PROPOSER.to_vec().into(),
            ..Default::default()
        })?;
        let response = self.app.finalize_block(RequestFinalizeBlock {
            txs: proposal.txs,
            decided_last_commit: Some(Default::default()),
            hash: height.to_be_bytes().to_vec().into(),
            height,
            time,
            proposer_address: PROPOSER.to_vec().into(),
            ..Default::default()
        })?;
        self.app.commit()?;
        self.height = height;
        Ok(response)
    }

    /// Answers a query method from the latest state.
    pub fn ask(&self, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
        self.query
            .route(&self.app.snapshot(), path, request, &Interrupt::default())
    }

    fn account(&self, address: &Address) -> Result<BaseAccount, SandboxError> {
        let request = QueryAccountRequest {
            address: address.to_string(),
        };
        let answer = self.ask("/cosmos.auth.v1beta1.Query/Account", &request.encode_to_vec())?;
        let account = QueryAccountResponse::decode(answer.as_slice()).ok();
        let account = account.and_then(|answer| answer.account).unwrap_or_default();
        BaseAccount::decode(account.value.as_slice())
            .map_err(|error| SandboxError::Refused(format!("its account cannot be read: {error}")))
    }
}

/// The address of an account of the sandbox.
pub fn address(name: &str) -> Result<Address, SandboxError> {
    Ok(key(name)?.address())
}

fn key(name: &str) -> Result<SigningKey, SandboxError> {
    let number = ACCOUNTS.iter().position(|account| *account == name);
    let number = number.and_then(|number| u8::try_from(number).ok());
    let secret = number.map(|number| [number.saturating_add(1); 32]);
    secret
        .and_then(|secret| SigningKey::from_secret(KeyKind::Secp256k1, &secret).ok())
        .ok_or_else(|| SandboxError::NoAccount(name.to_owned()))
}

fn init_request(genesis: &Genesis) -> Result<RequestInitChain, SandboxError> {
    let block = &genesis.consensus_params.block;
    let app_state = serde_json::to_vec(&genesis.app_state);
    Ok(RequestInitChain {
        time: Some(genesis.genesis_time.into()),
        chain_id: genesis.chain_id.clone(),
        consensus_params: Some(ConsensusParams {
            block: Some(BlockParams {
                max_bytes: block.max_bytes,
                max_gas: block.max_gas,
            }),
            ..Default::default()
        }),
        app_state_bytes: app_state
            .map_err(|error| SandboxError::Genesis(error.to_string()))?
            .into(),
        initial_height: genesis.initial_height,
        ..Default::default()
    })
}
