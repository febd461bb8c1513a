//! A node's life: what it needs is taken in order, and given back in reverse.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use slsbft_app::{
    abci::Fault,
    app::{App, AppConfig as Rules},
};
use slsbft_genesis::{Genesis, GenesisError};
use slsbft_store::{Store, StoreConfig, StoreError};
use slsbft_wasm::{Config as VmConfig, Vm};
use thiserror::Error;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{
    child::{ChildError, find_cometbft},
    files::raise_limit,
    locks::{HomeLock, KeyLock, LockError, check_sign_state, warn_of_copy, warn_of_open_keys},
    ready::ReadyError,
    services::Services,
    supervise::{Event, Inbox, Supervisor},
};
use crate::{
    abci::{Application, EndpointError, Options, Server, ServerError, Stop},
    comet_rpc::{CometRpc, RpcError},
    config::{
        AppConfig, CometConfig, CometError, Home, KeyError, NodeKey, ValidatorKey, VrfKeyError, VrfKeys,
    },
    grpc::{self, GrpcError, NodeFacts, NodeHandles},
    metrics::{Metrics, MetricsError, PhaseTimer},
};

/// How long services may take to finish what they are answering.
const DRAIN: Duration = Duration::from_secs(5);
/// A signal this long after the first means that it takes too long.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// Why a node did not start, or stopped.
#[derive(Debug, Error)]
pub enum NodeError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Comet(#[from] CometError),
    #[error(transparent)]
    Ready(#[from] ReadyError),
    #[error(transparent)]
    Child(#[from] ChildError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Vrf(#[from] VrfKeyError),
    #[error("cannot read the genesis {path}; get it from the chain's other operators")]
    ReadGenesis { path: PathBuf, source: io::Error },
    #[error("the genesis {path} cannot be used")]
    Genesis { path: PathBuf, source: GenesisError },
    #[error(
        "the genesis {0} has no candidate, so nobody could make a block. On a chain of your own: \
         `slsbftd genesis add-account NAME 1000000ankr`, `slsbftd genesis gentx NAME 500000ankr`, \
         `slsbftd genesis collect`; else get the genesis from the chain's other operators"
    )]
    NoCandidate(PathBuf),
    #[error("the state database {path} cannot be opened")]
    Store { path: PathBuf, source: StoreError },
    #[error("the application cannot start")]
    Application(#[source] Fault),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    #[error(transparent)]
    Grpc(#[from] GrpcError),
    #[error(transparent)]
    Rpc(#[from] RpcError),
    #[error("the system refuses threads or signals")]
    System(#[source] io::Error),
    #[error("the node stopped")]
    Stopped(#[from] Stop),
    #[error(
        "CometBFT's consensus has failed: {cause}. Most often the disk is full: make room and \
         start again; nothing committed is lost"
    )]
    ConsensusFailed { cause: String },
    #[error(
        "CometBFT ended again and again, at last with {how}; its own lines above say why. Mend \
         that and start again"
    )]
    ConsensusFails { how: String },
}

/// What `slsbftd start` was told.
#[derive(Clone, Debug)]
pub struct Start {
    pub home: Home,
    /// The file's settings, with the command line's in their place.
    pub config: AppConfig,
}

/// Runs a node until it is told to stop, reaches its halt height, or fails. To be
/// called from the main thread.
pub fn run(start: &Start) -> Result<(), NodeError> {
    let Start { home, config } = start;
    let comet = CometConfig::read(&home.config_toml())?;
    let _home = HomeLock::take(home)?;
    let genesis = home.root().join(&comet.genesis_file);
    let chain_id = chain_id(&genesis)?;
    let _key = key_lock(home, &comet, &chain_id)?;
    check_sign_state(home, &comet)?;
    let vrf = Arc::new(VrfKeys::read(&home.vrf_keys())?);
    warn_of_open_keys(&[home.root().join(&comet.priv_validator_key_file), home.node_key()]);
    warn_of_copy(home)?;
    raise_limit();

    let app = open(home, config)?;
    let height = app.snapshot().height();
    if height == 0 {
        check_genesis(&genesis)?;
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        chain = chain_id,
        home = %home.root().display(),
        height,
        vrf_keys = ?vrf,
        "slsbftd starts"
    );

    if (1..=height).contains(&config.halt_height) {
        tracing::info!("{}", Fault::HaltHeight(config.halt_height));
        return Ok(());
    }
    let metrics = Arc::new(Metrics::new());
    metrics.resume(&app.snapshot());
    let inbox = Inbox::new();
    let runtime = Runtime::new().map_err(NodeError::System)?;
    watch_signals(&runtime, &inbox)?;
    let services = Services {
        runtime: &runtime,
        inbox: &inbox,
        stop: watch::Sender::new(false),
    };
    services.metrics(&config.metrics, &metrics);
    let handles = NodeHandles {
        state: app.query(),
        consensus: Arc::new(CometRpc::new(&comet.rpc_url()?)?),
        metrics: Arc::clone(&metrics),
        facts: facts(config),
    };
    let grpc = grpc::Services::new(config.grpc.clone(), handles)?;
    let query = grpc.over_abci(app.query(), runtime.handle().clone());
    if config.grpc.enabled {
        services.grpc(grpc);
    }

    let application = Application {
        mempool: app.mempool(),
        query: Arc::new(query),
        snapshots: app.query(),
        consensus: app
            .with_prover(vrf)
            .watched_by(Arc::new(PhaseTimer::new(Arc::clone(&metrics)))),
    };
    let options = Options {
        max_frame_bytes: config.abci.max_frame_bytes.max(init_chain_bytes(&genesis)),
        read_ahead: config.abci.read_ahead,
        check_tx_threads: config.abci.check_tx_threads,
    };
    let listener = config.abci.address.clone().within(home.root()).bind()?;
    let report = inbox.reporter();
    let server = Server::start(
        listener,
        application,
        options,
        Arc::clone(&metrics),
        move |stop| {
            report(Event::Application(stop));
        },
    )?;
    tracing::info!(address = %server.endpoint(), "the application waits for CometBFT");

    let end = consensus(start, &comet, &server, &metrics, &inbox);
    services.stop.send_replace(true);
    server.stop();
    runtime.shutdown_timeout(DRAIN);
    if end.is_ok() {
        tracing::info!("slsbftd stopped");
    }
    end
}

/// Runs CometBFT, or waits beside one that somebody else runs.
fn consensus(
    start: &Start,
    comet: &CometConfig,
    server: &Server,
    metrics: &Metrics,
    inbox: &Inbox,
) -> Result<(), NodeError> {
    if start.config.consensus.external {
        return inbox.wait();
    }
    let asked = &start.config.consensus.cometbft;
    let asked = (!asked.as_os_str().is_empty()).then_some(asked.as_path());
    Supervisor {
        path: find_cometbft(asked)?,
        home: &start.home,
        config: comet,
        format: start.config.log.format,
        server,
        metrics,
        inbox,
    }
    .run()
}

/// Looks at a home as a start would, without taking it.
pub fn check(home: &Home) -> Result<(), NodeError> {
    let comet = CometConfig::read(&home.config_toml())?;
    comet.rpc_url()?;
    NodeKey::read(&home.node_key())?;
    VrfKeys::read(&home.vrf_keys())?;
    if comet.priv_validator_laddr.is_empty() {
        ValidatorKey::read(&home.root().join(&comet.priv_validator_key_file))?;
        check_sign_state(home, &comet)?;
    }
    check_genesis(&home.root().join(&comet.genesis_file))
}

/// Opens the state and the state machine on it.
fn open(home: &Home, config: &AppConfig) -> Result<App, NodeError> {
    let store = open_store(home, config)?;
    let rules = Rules {
        halt_height: (config.halt_height > 0).then_some(config.halt_height),
        keep_blocks: config.consensus.keep_blocks,
        signature_cache: config.transactions.signature_cache,
        tx_cache_bytes: config.transactions.cache_mib << 20,
    };
    let vm = Vm::new(VmConfig {
        cache_folder: Some(home.contracts()),
        ..VmConfig::default()
    });
    let vm = vm.map_err(|fault| NodeError::Application(fault.into()))?;
    App::open(store, rules, Arc::new(vm)).map_err(NodeError::Application)
}

/// Opens the state alone.
pub(super) fn open_store(home: &Home, config: &AppConfig) -> Result<Store, NodeError> {
    let path = home.store();
    let settings = StoreConfig {
        keep_heights: keep_heights(config),
        proof_heights: config.store.proof_heights,
        cache_bytes: config.store.cache_mib << 20,
    };
    Store::open(&path, &settings).map_err(|source| NodeError::Store { path, source })
}

/// Reserves the key that this home's CometBFT signs with. A remote signer keeps
/// its own.
fn key_lock(home: &Home, comet: &CometConfig, chain: &str) -> Result<Option<KeyLock>, NodeError> {
    if !comet.priv_validator_laddr.is_empty() {
        return Ok(None);
    }
    let key = ValidatorKey::read(&home.root().join(&comet.priv_validator_key_file))?;
    Ok(Some(KeyLock::take(chain, &key.public().address())?))
}

/// The chain of a genesis document. Reads only the chain id: the rest matters before the first block alone.
pub fn chain_id(path: &Path) -> Result<String, NodeError> {
    #[derive(Deserialize)]
    struct Head {
        chain_id: String,
    }
    let json = read_genesis(path)?;
    let head: Head = serde_json::from_slice(&json).map_err(|error| NodeError::ReadGenesis {
        path: path.to_owned(),
        source: error.into(),
    })?;
    Ok(head.chain_id)
}

/// Checks the whole document, so that what is wrong is said before CometBFT starts.
fn check_genesis(path: &Path) -> Result<(), NodeError> {
    let checked = Genesis::from_json(&read_genesis(path)?)
        .and_then(|genesis| genesis.validate().map(|()| genesis.has_candidates()));
    match checked {
        Ok(true) => Ok(()),
        Ok(false) => Err(NodeError::NoCandidate(path.to_owned())),
        Err(source) => Err(NodeError::Genesis {
            path: path.to_owned(),
            source,
        }),
    }
}

/// About the longest InitChain: it carries the genesis document's state and validators.
fn init_chain_bytes(genesis: &Path) -> usize {
    let document = fs::metadata(genesis).map_or(0, |file| file.len());
    usize::try_from(document)
        .unwrap_or(usize::MAX)
        .saturating_add(1 << 20)
}

/// What the node says of itself over gRPC.
fn facts(config: &AppConfig) -> NodeFacts {
    NodeFacts {
        keep_heights: keep_heights(config),
        halt_height: config.halt_height,
    }
}

fn keep_heights(config: &AppConfig) -> u64 {
    match config.store.keep_heights {
        0 => u64::MAX,
        some => some,
    }
}

pub(super) fn read_genesis(path: &Path) -> Result<Vec<u8>, NodeError> {
    fs::read(path).map_err(|source| NodeError::ReadGenesis {
        path: path.to_owned(),
        source,
    })
}

/// Reports the first signal; a later one ends the process at once, which the
/// state and CometBFT's log are made for. Wrappers such as `timeout` send each
/// signal twice, so what follows at once is the same one.
fn watch_signals(runtime: &Runtime, inbox: &Inbox) -> Result<(), NodeError> {
    let _context = runtime.enter();
    let listen = |kind| signal(kind).map_err(NodeError::System);
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let report = inbox.reporter();
    runtime.spawn(async move {
        let mut first = None;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            let since = first.get_or_insert_with(Instant::now).elapsed();
            report(Event::Signal);
            if since > IMPATIENCE {
                #[allow(clippy::exit, reason = "somebody who asks again does not want to wait")]
                std::process::exit(130);
            }
        }
    });
    Ok(())
}
