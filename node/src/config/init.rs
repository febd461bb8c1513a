//! Making a home: settings, keys, and a genesis to fill.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use slsbft_genesis::{Genesis, GenesisError, local};
use slsbft_types::Time;
use thiserror::Error;

use super::{
    Home, KeyError, NodeKey, ValidatorKey, VrfKeyError, VrfKeys, cometbft::render, default_app_toml,
};

/// The chain id of a home that is told none.
pub const LOCAL_CHAIN: &str = "slsbft-local-1";

/// What a new home is told.
#[derive(Clone, Debug)]
pub struct Init {
    /// `None` for the given genesis' own, else for [`LOCAL_CHAIN`].
    pub chain_id: Option<String>,
    pub moniker: String,
    /// A genesis to take over; without one, a local chain that has no candidate yet.
    pub genesis: Option<PathBuf>,
    pub rpc_laddr: String,
    pub p2p_laddr: String,
    pub prometheus_laddr: String,
    pub seeds: String,
    pub persistent_peers: String,
    pub external_address: String,
    /// Whether several nodes share one machine.
    pub one_machine: bool,
}

impl Default for Init {
    fn default() -> Self {
        Self {
            chain_id: None,
            moniker: "node".into(),
            genesis: None,
            rpc_laddr: "tcp://127.0.0.1:26657".into(),
            p2p_laddr: "tcp://0.0.0.0:26656".into(),
            prometheus_laddr: "127.0.0.1:26660".into(),
            seeds: String::new(),
            persistent_peers: String::new(),
            external_address: String::new(),
            one_machine: false,
        }
    }
}

/// Why a home cannot be made.
#[derive(Debug, Error)]
pub enum InitError {
    #[error(
        "{0} exists already; a home is never overwritten. Choose another `--home`, or remove \
         this one if its keys and data are really not needed any more"
    )]
    Exists(PathBuf),
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read the genesis {path}")]
    ReadGenesis { path: PathBuf, source: io::Error },
    #[error("the genesis cannot be used")]
    Genesis(#[from] GenesisError),
    #[error("the genesis is for the chain `{found}`, not `{asked}`; leave out `--chain-id`")]
    OtherChain { found: String, asked: String },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Vrf(#[from] VrfKeyError),
    #[error("`{0}` cannot be written to config.toml; use letters, digits and plain signs")]
    Unwritable(String),
}

impl Init {
    pub(super) fn config_toml(&self, home: &Home) -> String {
        let socket = home.data().join("abci.sock");
        render(&[
            ("proxy_app", format!("unix://{}", socket.display())),
            ("moniker", self.moniker.clone()),
            ("rpc_laddr", self.rpc_laddr.clone()),
            ("p2p_laddr", self.p2p_laddr.clone()),
            ("prometheus_laddr", self.prometheus_laddr.clone()),
            ("seeds", self.seeds.clone()),
            ("persistent_peers", self.persistent_peers.clone()),
            ("external_address", self.external_address.clone()),
            ("addr_book_strict", (!self.one_machine).to_string()),
            ("allow_duplicate_ip", self.one_machine.to_string()),
        ])
    }

    /// The document to start from, validated.
    fn genesis(&self) -> Result<Genesis, InitError> {
        let Some(path) = &self.genesis else {
            let chain_id = self.chain_id.as_deref().unwrap_or(LOCAL_CHAIN);
            let genesis = local(chain_id, now());
            genesis.validate()?;
            return Ok(genesis);
        };
        let json = fs::read(path).map_err(|source| InitError::ReadGenesis {
            path: path.clone(),
            source,
        })?;
        let genesis = Genesis::from_json(&json)?;
        genesis.validate()?;
        match &self.chain_id {
            Some(asked) if *asked != genesis.chain_id => Err(InitError::OtherChain {
                found: genesis.chain_id,
                asked: asked.clone(),
            }),
            _ => Ok(genesis),
        }
    }

    /// What has no place inside a quoted TOML string.
    fn check(&self) -> Result<(), InitError> {
        let texts = [
            &self.moniker,
            &self.rpc_laddr,
            &self.p2p_laddr,
            &self.prometheus_laddr,
            &self.seeds,
            &self.persistent_peers,
            &self.external_address,
        ];
        let bad = |text: &&&String| text.contains(|c: char| c == '"' || c == '\\' || c.is_control());
        match texts.iter().find(bad) {
            Some(text) => Err(InitError::Unwritable((**text).clone())),
            None => Ok(()),
        }
    }
}

/// Writes a new home; returns the node id that peers dial.
pub fn init(home: &Home, init: &Init) -> Result<String, InitError> {
    init.check()?;
    for path in [
        home.validator_key(),
        home.node_key(),
        home.vrf_keys(),
        home.config_toml(),
        home.app_toml(),
    ] {
        if path.exists() {
            return Err(InitError::Exists(path));
        }
    }
    let (node, validator, vrf) = (
        NodeKey::generate(),
        ValidatorKey::generate(),
        VrfKeys::generate()?,
    );
    let genesis = init.genesis()?.to_json()?;
    make_private(home.root())?;
    make_private(&home.root().join("config"))?;
    make_private(&home.data())?;
    node.write(&home.node_key())?;
    validator.write(&home.validator_key())?;
    vrf.create(&home.vrf_keys())?;
    write(&home.genesis(), &genesis)?;
    write(&home.app_toml(), default_app_toml())?;
    write(&home.config_toml(), &init.config_toml(home))?;
    if !home.validator_state().exists() {
        write(
            &home.validator_state(),
            "{\n  \"height\": \"0\",\n  \"round\": 0,\n  \"step\": 0\n}\n",
        )?;
    }
    Ok(node.id())
}

/// Makes a directory that only its owner can enter: it holds keys.
fn make_private(path: &Path) -> Result<(), InitError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| InitError::Write {
            path: path.to_owned(),
            source,
        })
}

fn write(path: &Path, text: &str) -> Result<(), InitError> {
    fs::write(path, text).map_err(|source| InitError::Write {
        path: path.to_owned(),
        source,
    })
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: 0,
    }
}
