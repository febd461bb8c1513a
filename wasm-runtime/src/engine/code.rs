//! A contract's code, ready to run.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use wasmtime::{InstancePre, Linker, Module, ModuleExport};

use super::{State, image};
use crate::interface::{Exports, Interface};
use crate::profile::{Profile, Recorder};
use crate::{Fault, pass};

/// The SHA-256 of a contract's code as it was uploaded: the name of that code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeHash(pub [u8; 32]);

impl CodeHash {
    /// The name of `code`.
    pub fn of(code: &[u8]) -> Self {
        Self(Sha256::digest(code).into())
    }
}

impl fmt::Display for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeHash({self})")
    }
}

impl FromStr for CodeHash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash)?;
        Ok(Self(hash))
    }
}

/// Metered and compiled code, as it lies in the cache.
pub(crate) struct Artifact {
    /// Points that an instance costs.
    pub(crate) price: u64,
    /// What the compiler made.
    pub(crate) image: Vec<u8>,
}

/// A contract's code, compiled and linked: what calls run.
pub struct Code {
    hash: CodeHash,
    pub(super) price: u64,
    pub(super) pre: InstancePre<State>,
    pub(super) meter: MeterExports,
    /// Where its interface's exports are.
    pub(crate) exports: Exports,
    size: usize,
    profile: Option<Profile>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.hash)
    }
}

/// What the metering pass exports.
pub(super) struct MeterExports {
    pub(super) points: ModuleExport,
    pub(super) stack: ModuleExport,
    pub(super) start: Option<ModuleExport>,
}

/// A module's exports by name.
pub(crate) struct ModuleExports<'a>(pub(super) &'a Module);

impl ModuleExports<'_> {
    /// Where an export is that must be there, since the code was checked when it was uploaded.
    pub(crate) fn required(&self, name: &str) -> Result<ModuleExport, Fault> {
        self.optional(name)
            .ok_or_else(|| Fault::Engine(format!("compiled code has no export `{name}`")))
    }

    /// Where an export is, if it is there.
    pub(crate) fn optional(&self, name: &str) -> Option<ModuleExport> {
        self.0.get_export_index(name)
    }

    /// How many parameters an exported function takes.
    pub(crate) fn parameters(&self, name: &str) -> Option<usize> {
        Some(self.0.get_export(name)?.func()?.params().len())
    }
}

impl Code {
    /// Links what was compiled.
    pub(crate) fn new(linker: &Linker<State>, hash: CodeHash, artifact: &Artifact) -> Result<Self, Fault> {
        let module = image::load(linker.engine(), &artifact.image)?;
        let exports = ModuleExports(&module);
        let meter = MeterExports {
            points: exports.required(pass::POINTS)?,
            stack: exports.required(pass::STACK)?,
            start: exports.optional(pass::START),
        };
        let exports = Exports::of(&exports)?;
        let range = module.image_range();
        let pre = linker.instantiate_pre(&module).map_err(Fault::engine)?;
        Ok(Self {
            hash,
            price: artifact.price,
            pre,
            meter,
            exports,
            size: (range.end as usize).saturating_sub(range.start as usize),
            profile: None,
        })
    }

    /// The same for a VM that says where points go.
    pub(crate) fn profiled(self, profile: Option<Profile>) -> Self {
        Self { profile, ..self }
    }

    pub(super) fn recorder(&self, entry: &'static str, points: u64) -> Option<Recorder> {
        let profile = self.profile.as_ref()?;
        Some(profile.begin(&self.hash, entry, points))
    }

    /// Its name.
    pub fn hash(&self) -> &CodeHash {
        &self.hash
    }

    /// The interface that it was written for.
    pub fn interface(&self) -> Interface {
        self.exports.interface()
    }

    /// Points that an instance costs before its first instruction.
    pub fn price(&self) -> u64 {
        self.price
    }

    /// Bytes of memory that it takes.
    pub fn size(&self) -> usize {
        self.size
    }
}
