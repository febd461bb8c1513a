//! What a contract must look like, seen before anything of it runs: its imports are the host's, its
//! exports are there and have the right types, and the chain can do what it requires.

use std::collections::BTreeSet;

use super::imports::IMPORTS;
use super::{Entry, MODULE};
use crate::pass::{Export, FunctionType, Import, Kind, Metered, ValueType};

/// The marker that says which interface a contract was written for.
const INTERFACE: &str = "interface_version_8";

/// What the names of such markers begin with.
const INTERFACE_PREFIX: &str = "interface_version_";

/// What the names of exports begin with that say what a contract requires.
const REQUIRES_PREFIX: &str = "requires_";

/// Entry points for IBC. A contract may have them; nothing calls them.
const IBC: &[&str] = &[
    "ibc_channel_open",
    "ibc_channel_connect",
    "ibc_channel_close",
    "ibc_packet_receive",
    "ibc_packet_ack",
    "ibc_packet_timeout",
    "ibc_source_callback",
    "ibc_destination_callback",
    "ibc2_packet_receive",
    "ibc2_packet_ack",
    "ibc2_packet_timeout",
    "ibc2_packet_send",
];

/// What a contract offers and requires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its entry points, without those for IBC.
    pub entries: Vec<Entry>,
    /// Its entry points for IBC.
    pub ibc: Vec<&'static str>,
    /// What it requires of the chain, by the names of its exports behind `requires_`.
    pub capabilities: BTreeSet<String>,
}

/// Why a module is no contract that this chain can run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// It was written for another host.
    #[error(
        "the import `{module}.{name}` is not offered by the host; contracts import only CosmWasm's functions of \
         module `{MODULE}` (wasm-bindgen and WASI do not work)"
    )]
    UnknownImport {
        /// The module that it imports from.
        module: String,
        /// What it imports.
        name: String,
    },
    /// It imports or exports a function of a wrong type.
    #[error("`{name}` must have the type {expected}, but has {found}; build with a released cosmwasm-std")]
    WrongType {
        /// The import or export.
        name: String,
        /// The right type.
        expected: String,
        /// Its type.
        found: String,
    },
    /// Something is missing that every contract has.
    #[error("the export `{0}` is missing; build with cosmwasm-std and keep its exports")]
    MissingExport(&'static str),
    /// It was written for another version of the interface, or for several.
    #[error(
        "the contract's interface is {0:?}, but this host offers `{INTERFACE}`; build with cosmwasm-std 1.0 or later"
    )]
    Interface(Vec<String>),
    /// The chain cannot do what it requires.
    #[error("the chain does not offer {0:?}, which the contract requires; build it without these features")]
    Capabilities(Vec<String>),
}

/// A type of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) parameters: &'static [ValueType],
    pub(super) results: &'static [ValueType],
}

impl Signature {
    fn is(&self, other: &Kind) -> bool {
        matches!(other, Kind::Function(of) if of.parameters == self.parameters && of.results == self.results)
    }

    fn wrong(&self, name: &str, found: &Kind) -> CheckError {
        let expected = FunctionType {
            parameters: self.parameters.to_vec(),
            results: self.results.to_vec(),
        };
        let found = match found {
            Kind::Function(found) => found.to_string(),
            other => format!("{other:?}").to_lowercase(),
        };
        CheckError::WrongType {
            name: name.to_owned(),
            expected: expected.to_string(),
            found,
        }
    }
}

/// Checks a module that came through the metering pass. The chain offers `capabilities`.
///
/// # Errors
/// What is wrong with it and how to build it otherwise.
pub(crate) fn check(module: &Metered, capabilities: &BTreeSet<String>) -> Result<Report, CheckError> {
    use ValueType::I32;
    module.imports.iter().try_for_each(check_import)?;
    let exports = Exports(&module.exports);
    exports.check_interface()?;
    exports.check(
        "allocate",
        &[Signature {
            parameters: &[I32],
            results: &[I32],
        }],
    )?;
    exports.check(
        "deallocate",
        &[Signature {
            parameters: &[I32],
            results: &[],
        }],
    )?;
    if !matches!(exports.find("memory"), Some(Kind::Memory)) {
        return Err(CheckError::MissingExport("memory"));
    }
    let report = exports.report()?;
    let missing: Vec<_> = report.capabilities.difference(capabilities).cloned().collect();
    if missing.is_empty() {
        Ok(report)
    } else {
        Err(CheckError::Capabilities(missing))
    }
}

fn check_import(import: &Import) -> Result<(), CheckError> {
    let known = IMPORTS
        .iter()
        .find(|(name, _)| import.module == MODULE && import.name == *name);
    match known {
        Some((_, signature)) if signature.is(&import.kind) => Ok(()),
        Some((name, signature)) => Err(signature.wrong(name, &import.kind)),
        None => {
            let (module, name) = (import.module.clone(), import.name.clone());
            Err(CheckError::UnknownImport { module, name })
        }
    }
}

struct Exports<'a>(&'a [Export]);

impl Exports<'_> {
    fn find(&self, name: &str) -> Option<&Kind> {
        self.0
            .iter()
            .find(|export| export.name == name)
            .map(|export| &export.kind)
    }

    /// The names of exported functions.
    fn functions(&self) -> impl Iterator<Item = &str> {
        let functions = self
            .0
            .iter()
            .filter(|export| matches!(export.kind, Kind::Function(_)));
        functions.map(|export| export.name.as_str())
    }

    fn check_interface(&self) -> Result<(), CheckError> {
        let markers: Vec<_> = self
            .functions()
            .filter(|name| name.starts_with(INTERFACE_PREFIX))
            .collect();
        match markers.as_slice() {
            [] => Err(CheckError::MissingExport(INTERFACE)),
            [INTERFACE] => Ok(()),
            others => Err(CheckError::Interface(
                others.iter().map(|name| (*name).to_owned()).collect(),
            )),
        }
    }

    /// Whether an export is there and has one of some types.
    fn check(&self, name: &'static str, types: &[Signature]) -> Result<(), CheckError> {
        let found = self.find(name).ok_or(CheckError::MissingExport(name))?;
        match types {
            [] => Ok(()),
            _ if types.iter().any(|signature| signature.is(found)) => Ok(()),
            [first, ..] => Err(first.wrong(name, found)),
        }
    }

    fn report(&self) -> Result<Report, CheckError> {
        let mut report = Report::default();
        for entry in Entry::ALL {
            if self.find(entry.name()).is_some() {
                self.check(entry.name(), entry.signatures())?;
                report.entries.push(entry);
            }
        }
        report.ibc = IBC
            .iter()
            .copied()
            .filter(|name| self.find(name).is_some())
            .collect();
        let required = self
            .functions()
            .filter_map(|name| name.strip_prefix(REQUIRES_PREFIX));
        report.capabilities = required
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        Ok(report)
    }
}
