//! The VM: what a node makes once and shares between its threads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use wasmtime::{Engine, Linker};

use crate::cache::{Cache, Disk};
use crate::cosmwasm::{self, CAPABILITIES};
use crate::engine::{Artifact, Code, State, Watch, engine};
use crate::interface::{self, CheckError, Interface, Report};
use crate::pass::{self, Metered, Rules};
use crate::profile::{self, Profile};
use crate::{CacheStats, CodeHash, Fault, HostPrices, bus};

/// How a VM is set up. What is consensus (prices, capabilities) must be the same on every node; the rest
/// is the node's own.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where compiled code is kept; nowhere: it is compiled again after each start.
    pub cache_folder: Option<PathBuf>,
    /// Compiled code that is kept in memory, in bytes.
    pub cache_bytes: usize,
    /// Places for instances in blocks: [`MAX_NESTED_CALLS`](crate::MAX_NESTED_CALLS) for each thread that
    /// runs blocks or what could become one.
    pub block_places: u32,
    /// Places for instances outside of blocks.
    pub query_places: u32,
    /// How much the compiler takes time for.
    pub optimise: Optimise,
    /// Says where the points go; then nothing is kept on disk, and everything takes longer.
    pub profile: Option<Profile>,
    /// What the host's services cost. Consensus.
    pub prices: HostPrices,
    /// What the chain offers contracts for CosmWasm. Consensus.
    pub capabilities: BTreeSet<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache_folder: None,
            cache_bytes: 256 << 20,
            block_places: 64,
            query_places: 64,
            optimise: Optimise::Speed,
            profile: None,
            prices: HostPrices::DEFAULT,
            capabilities: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

/// How much the compiler takes time for. Changes nothing that contracts can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimise {
    /// For nothing that is not needed.
    None,
    /// For fast code.
    Speed,
}

/// Whether a call is part of a block.
#[derive(Clone, Debug)]
pub enum Lane {
    /// It is, or could become part of one: nothing but the contract ends it.
    Block,
    /// It is not: it ends when this is raised, at the contract's next call of the host, and when there is
    /// no place for it. Its budget bounds what it computes in between.
    Query(Interrupt),
}

/// Ends the calls outside of blocks that carry it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Ends the calls.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody raised it.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A place outside of blocks, while it is taken.
pub(crate) struct Place<'a>(&'a AtomicU32);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lane {
    /// Takes a place if it takes one.
    pub(crate) fn enter(self, vm: &Vm) -> Result<(Watch, Option<Place<'_>>), Fault> {
        let Self::Query(interrupt) = self else {
            return Ok((Watch::Nobody, None));
        };
        // Places of queries are counted apart, so that no number of them takes a block's.
        let taken = vm.queries.fetch_add(1, Ordering::Relaxed);
        let place = Place(&vm.queries);
        if taken >= vm.config.query_places {
            Err(Fault::Busy)
        } else {
            Ok((Watch::Interrupt(interrupt), Some(place)))
        }
    }
}

/// Why code is not accepted. The same on every node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The module breaks a rule of what contracts may contain.
    #[error(transparent)]
    Module(#[from] pass::Refusal),
    /// The module breaks a rule of its interface.
    #[error(transparent)]
    Interface(#[from] CheckError),
    /// The compiler cannot compile it.
    #[error("the code cannot be compiled: {0}")]
    Uncompilable(String),
}

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The code's own fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The node's.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The VM.
pub struct Vm {
    config: Config,
    engine: Engine,
    linker: Linker<State>,
    cache: Cache,
    /// Code that was found to be refused when it was to run, so that nobody pays twice for finding out.
    refused: Mutex<BTreeMap<CodeHash, Refusal>>,
    queries: AtomicU32,
}

impl Vm {
    /// Sets up a VM.
    ///
    /// # Errors
    /// When the engine cannot have its memory, or the cache's folder cannot be made.
    pub fn new(config: Config) -> Result<Self, Fault> {
        let engine = engine(
            config.optimise,
            config.block_places.saturating_add(config.query_places),
        )?;
        let mut linker = Linker::new(&engine);
        cosmwasm::link(&mut linker)?;
        bus::link(&mut linker)?;
        profile::link(&mut linker)?;
        let disk = config
            .cache_folder
            .as_ref()
            .filter(|_| config.profile.is_none())
            .map(|folder| Disk::below(folder, &engine))
            .transpose()?;
        let cache = Cache::new(config.cache_bytes, disk);
        Ok(Self {
            config,
            engine,
            linker,
            cache,
            refused: Mutex::default(),
            queries: AtomicU32::new(0),
        })
    }

    /// Whether this chain accepts the code, and what it is. Nothing is compiled.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, code: &[u8]) -> Result<Report, Refusal> {
        Ok(self.meter(code)?.1)
    }

    /// Checks code, compiles it unless that was done before, and keeps it. Any thread may do so ahead of
    /// the block that needs it.
    ///
    /// # Errors
    /// When the code is refused, or the node fails.
    pub fn compile(&self, code: &[u8]) -> Result<Arc<Code>, CompileError> {
        self.get(CodeHash::of(code), || self.artifact(code))
    }

    /// Compiled code, if it is in memory.
    pub fn cached(&self, hash: CodeHash) -> Option<Arc<Code>> {
        self.cache.find(hash)
    }

    /// Code that was accepted before. `bytes` is asked for it only if it must be compiled again.
    ///
    /// # Errors
    /// When the bytes are not to be had or are not that code's, or the node fails.
    pub fn load(
        &self,
        hash: CodeHash,
        bytes: impl FnOnce() -> Result<Vec<u8>, Fault>,
    ) -> Result<Arc<Code>, Fault> {
        self.prepare(hash, bytes).map_err(|error| match error {
            CompileError::Fault(fault) => fault,
            // It was accepted once, by this version's rules.
            CompileError::Refused(refusal) => Fault::Engine(format!("code {hash} is refused now: {refusal}")),
        })
    }

    /// The same for code that was only checked so far: the compiler may refuse it.
    ///
    /// # Errors
    /// As [`load`](Self::load), or that the code cannot be compiled.
    pub fn prepare(
        &self,
        hash: CodeHash,
        bytes: impl FnOnce() -> Result<Vec<u8>, Fault>,
    ) -> Result<Arc<Code>, CompileError> {
        self.get(hash, || {
            if let Some(refusal) = self.refused.lock().get(&hash) {
                return Err(refusal.clone().into());
            }
            let code = bytes()?;
            if CodeHash::of(&code) != hash {
                return Err(Fault::Engine(format!("the bytes of code {hash} are other bytes")).into());
            }
            self.artifact(&code).inspect_err(|error| {
                if let CompileError::Refused(refusal) = error {
                    self.refused.lock().insert(hash, refusal.clone());
                }
            })
        })
    }

    /// Keeps loaded code in memory whatever its use. Returns whether it is loaded.
    pub fn pin(&self, hash: CodeHash) -> bool {
        self.cache.pin(hash, true)
    }

    /// Lets code go again when the memory is needed. Returns whether it is loaded.
    pub fn unpin(&self, hash: CodeHash) -> bool {
        self.cache.pin(hash, false)
    }

    /// What the cache of compiled code did so far.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// What the host's services cost.
    pub fn prices(&self) -> &HostPrices {
        &self.config.prices
    }

    fn get(
        &self,
        hash: CodeHash,
        compile: impl FnOnce() -> Result<Artifact, CompileError>,
    ) -> Result<Arc<Code>, CompileError> {
        self.cache
            .get(hash, |artifact| self.link(hash, artifact), compile)
    }

    fn link(&self, hash: CodeHash, artifact: &Artifact) -> Result<Code, Fault> {
        Ok(Code::new(&self.linker, hash, artifact)?.profiled(self.config.profile.clone()))
    }

    fn artifact(&self, code: &[u8]) -> Result<Artifact, CompileError> {
        let (mut metered, _) = self.meter(code)?;
        if let Some(profile) = &self.config.profile {
            metered.wasm = profile.wrap(CodeHash::of(code), &metered.wasm, code)?;
        }
        let image = self
            .engine
            .precompile_module(&metered.wasm)
            .map_err(|error| Refusal::Uncompilable(format!("{error:#}")))?;
        Ok(Artifact {
            price: metered.instantiation,
            image,
        })
    }

    fn meter(&self, code: &[u8]) -> Result<(Metered, Report), Refusal> {
        let metered = pass::meter(code, &Rules::CONSENSUS)?;
        let report = interface::check(&metered, &self.config.capabilities)?;
        if report.interface() == Interface::CosmWasm {
            cosmwasm::migrate_version(code)?;
        }
        Ok((metered, report))
    }
}
