//! The interfaces that contracts are written for. A contract exports the marker of one of them, which
//! decides what it may import, how it is called, and where its exports are.

mod check;
mod imports;

use std::collections::BTreeSet;
use std::fmt;

use wasmtime::Store;

use crate::engine::{ModuleExports, State, Stop};
use crate::pass::Metered;
use crate::{Fault, bus, cosmwasm};

pub use check::CheckError;
pub(crate) use check::{Exported, Signature, check_imports};
pub(crate) use imports::imports;

/// What a contract was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// CosmWasm, from 1.0 on.
    CosmWasm,
    /// The service bus.
    Bus,
}

impl Interface {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::CosmWasm, Self::Bus];

    /// The name of the exported function that says so.
    pub fn marker(self) -> &'static str {
        match self {
            Self::CosmWasm => "interface_version_8",
            Self::Bus => "slsbft_abi_1",
        }
    }

    /// What the markers of all its versions begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::CosmWasm => "interface_version_",
            Self::Bus => "slsbft_abi_",
        }
    }
}

/// The name for people.
impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CosmWasm => "CosmWasm",
            Self::Bus => "the service bus",
        })
    }
}

/// What a contract offers and requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A contract for CosmWasm.
    CosmWasm(cosmwasm::Report),
    /// A contract for the service bus.
    Bus(bus::Report),
}

impl Report {
    /// What it was written for.
    pub fn interface(&self) -> Interface {
        match self {
            Self::CosmWasm(_) => Interface::CosmWasm,
            Self::Bus(_) => Interface::Bus,
        }
    }

    /// The names of its entry points.
    pub fn entries(&self) -> Vec<&'static str> {
        match self {
            Self::CosmWasm(report) => report.entries.iter().map(|entry| entry.name()).collect(),
            Self::Bus(report) => report.entries.iter().map(|entry| entry.name()).collect(),
        }
    }

    /// What it requires of the chain.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        let required = match self {
            Self::CosmWasm(report) => Some(&report.capabilities),
            Self::Bus(_) => None,
        };
        required.into_iter().flatten().map(String::as_str)
    }

    /// Milliseconds that compiling it takes at most, by the pass's estimate.
    pub fn effort(&self) -> u64 {
        match self {
            Self::CosmWasm(report) => report.effort,
            Self::Bus(report) => report.effort,
        }
    }

    /// The names of its entry points that nothing calls.
    pub fn never_called(&self) -> &[&'static str] {
        match self {
            Self::CosmWasm(report) => &report.ibc,
            Self::Bus(_) => &[],
        }
    }
}

/// Checks a module that came through the metering pass. The chain offers `capabilities` to contracts for
/// CosmWasm.
///
/// # Errors
/// What is wrong with it and how to build it otherwise.
pub(crate) fn check(module: &Metered, capabilities: &BTreeSet<String>) -> Result<Report, CheckError> {
    let exports = Exported::by(module);
    Ok(match exports.interface()? {
        Interface::CosmWasm => Report::CosmWasm(cosmwasm::Report {
            effort: module.effort,
            ..cosmwasm::check(&exports, &module.imports, capabilities)?
        }),
        Interface::Bus => Report::Bus(bus::Report {
            effort: module.effort,
            ..bus::check(&exports, &module.imports)?
        }),
    })
}

/// Where the exports of compiled code are.
pub(crate) enum Exports {
    CosmWasm(cosmwasm::Exports),
    Bus(bus::Exports),
}

impl Exports {
    /// Finds them.
    ///
    /// # Errors
    /// When one is missing that the check at upload asks for.
    pub(crate) fn of(exports: &ModuleExports<'_>) -> Result<Self, Fault> {
        Ok(match exports.optional(Interface::Bus.marker()) {
            Some(_) => Self::Bus(bus::Exports::of(exports)?),
            None => Self::CosmWasm(cosmwasm::Exports::of(exports)?),
        })
    }

    pub(crate) fn interface(&self) -> Interface {
        match self {
            Self::CosmWasm(_) => Interface::CosmWasm,
            Self::Bus(_) => Interface::Bus,
        }
    }

    /// Finds the exports of a fresh instance.
    pub(crate) fn bind(
        &self,
        store: &mut Store<State>,
        instance: &wasmtime::Instance,
    ) -> wasmtime::Result<()> {
        match self {
            Self::CosmWasm(exports) => cosmwasm::bind(store, instance, exports),
            Self::Bus(exports) => bus::bind(store, instance, exports),
        }
    }
}

/// What is kept of an instance while it runs.
pub(crate) enum Instance {
    CosmWasm(cosmwasm::Instance),
    Bus(Box<bus::Instance>),
}

impl Instance {
    /// That of a contract for CosmWasm.
    ///
    /// # Errors
    /// When it is another: code is linked with its own interface's imports only.
    pub(crate) fn cosmwasm(&mut self) -> Result<&mut cosmwasm::Instance, Stop> {
        match self {
            Self::CosmWasm(instance) => Ok(instance),
            Self::Bus(_) => Err(other().into()),
        }
    }

    /// That of a contract for the service bus.
    ///
    /// # Errors
    /// When it is another: code is linked with its own interface's imports only.
    pub(crate) fn bus(&mut self) -> Result<&mut bus::Instance, Stop> {
        match self {
            Self::Bus(instance) => Ok(instance),
            Self::CosmWasm(_) => Err(other().into()),
        }
    }
}

fn other() -> Fault {
    Fault::engine("a contract calls the host of another interface")
}
