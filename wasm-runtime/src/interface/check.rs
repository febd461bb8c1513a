//! What a contract must look like, seen before anything of it runs: it says which interface it was
//! written for, its imports are the host's, its exports are there and have the right types.

use crate::pass::{Export, FunctionType, Import, Kind, Metered, ValueType};

use super::Interface;

/// Why a module is no contract that this chain can run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// It says of no interface of this host, or of several, that it was written for it.
    #[error(
        "the contract exports {0:?} to say what it was written for, but must export exactly one of \
         `interface_version_8` (CosmWasm; build with cosmwasm-std 1.0 or later) and `slsbft_abi_1` (the service bus)"
    )]
    Interface(Vec<String>),
    /// It was written for another host.
    #[error("the import `{module}.{name}` is not offered by the host; {}", imports(*interface))]
    UnknownImport {
        /// What it was written for.
        interface: Interface,
        /// The module that it imports from.
        module: String,
        /// What it imports.
        name: String,
    },
    /// It imports or exports a function of a wrong type.
    #[error("`{name}` must have the type {expected}, but has {found}; {}", build(*interface))]
    WrongType {
        /// What it was written for.
        interface: Interface,
        /// The import or export.
        name: String,
        /// The right type.
        expected: String,
        /// Its type.
        found: String,
    },
    /// Something is missing that every contract has.
    #[error("the export `{name}` is missing; {}", build(*interface))]
    MissingExport {
        /// What it was written for.
        interface: Interface,
        /// What is missing.
        name: &'static str,
    },
    /// It says of no number that it is the version of its state.
    #[error(
        "the custom section `cw_migrate_version` is no number from 0 to 2^64 - 1; build with cosmwasm-std's `migrate_version`"
    )]
    MigrateVersion,
    /// The chain cannot do what it requires.
    #[error("the chain does not offer {0:?}, which the contract requires; build it without these features")]
    Capabilities(Vec<String>),
}

fn imports(interface: Interface) -> &'static str {
    match interface {
        Interface::CosmWasm => {
            "contracts for CosmWasm import only its functions of module `env` (wasm-bindgen and WASI do not work)"
        }
        Interface::Bus => {
            "contracts for the service bus import only its functions of module `slsbft` (a C library, wasm-bindgen \
             and WASI do not work)"
        }
    }
}

fn build(interface: Interface) -> &'static str {
    match interface {
        Interface::CosmWasm => "build with a released cosmwasm-std and keep its exports",
        Interface::Bus => {
            "the service bus has functions of exactly these types, entry points `() -> ()`, and the export `memory`"
        }
    }
}

/// A type of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) parameters: &'static [ValueType],
    pub(crate) results: &'static [ValueType],
}

impl Signature {
    fn is(&self, other: &Kind) -> bool {
        matches!(other, Kind::Function(of) if of.parameters == self.parameters && of.results == self.results)
    }

    fn wrong(&self, interface: Interface, name: &str, found: &Kind) -> CheckError {
        let expected = FunctionType {
            parameters: self.parameters.to_vec(),
            results: self.results.to_vec(),
        };
        let found = match found {
            Kind::Function(found) => found.to_string(),
            other => format!("{other:?}").to_lowercase(),
        };
        CheckError::WrongType {
            interface,
            name: name.to_owned(),
            expected: expected.to_string(),
            found,
        }
    }
}

/// Checks that every import is the host's: a function of `module` in the list, of its type.
pub(crate) fn check_imports(
    interface: Interface,
    imports: &[Import],
    module: &str,
    known: &[(&str, Signature)],
) -> Result<(), CheckError> {
    for import in imports {
        let known = known
            .iter()
            .find(|(name, _)| import.module == module && import.name == *name);
        match known {
            Some((_, signature)) if signature.is(&import.kind) => {}
            Some((name, signature)) => return Err(signature.wrong(interface, name, &import.kind)),
            None => {
                return Err(CheckError::UnknownImport {
                    interface,
                    module: import.module.clone(),
                    name: import.name.clone(),
                });
            }
        }
    }
    Ok(())
}

/// What a module exports.
pub(crate) struct Exported<'a>(&'a [Export]);

impl<'a> Exported<'a> {
    /// The exports of a module.
    pub(crate) fn by(module: &'a Metered) -> Self {
        Self(&module.exports)
    }

    /// What has this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Kind> {
        self.0
            .iter()
            .find(|export| export.name == name)
            .map(|export| &export.kind)
    }

    /// The names of exported functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        let functions = self
            .0
            .iter()
            .filter(|export| matches!(export.kind, Kind::Function(_)));
        functions.map(|export| export.name.as_str())
    }

    /// What the module was written for.
    pub(super) fn interface(&self) -> Result<Interface, CheckError> {
        let is_marker = |name: &&str| {
            Interface::ALL
                .iter()
                .any(|known| name.starts_with(known.prefix()))
        };
        let markers: Vec<_> = self.functions().filter(is_marker).collect();
        let known = match markers.as_slice() {
            [marker] => Interface::ALL.into_iter().find(|known| known.marker() == *marker),
            _ => None,
        };
        known.ok_or_else(|| CheckError::Interface(markers.into_iter().map(str::to_owned).collect()))
    }

    /// Whether the contract's memory is there, by the name that the host looks for.
    pub(crate) fn check_memory(&self, interface: Interface) -> Result<(), CheckError> {
        let name = "memory";
        match self.find(name) {
            Some(Kind::Memory) => Ok(()),
            _ => Err(CheckError::MissingExport { interface, name }),
        }
    }

    /// Whether an export is there and has one of some types.
    pub(crate) fn check(
        &self,
        interface: Interface,
        name: &'static str,
        types: &[Signature],
    ) -> Result<(), CheckError> {
        let found = self
            .find(name)
            .ok_or(CheckError::MissingExport { interface, name })?;
        match types {
            [] => Ok(()),
            _ if types.iter().any(|signature| signature.is(found)) => Ok(()),
            [first, ..] => Err(first.wrong(interface, name, found)),
        }
    }
}
