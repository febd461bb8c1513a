//! What a contract for CosmWasm must look like.

use std::collections::BTreeSet;

use super::imports::IMPORTS;
use super::{Entry, MODULE};
use crate::interface::{CheckError, Exported, Interface, Signature, check_imports};
use crate::pass::{Import, ValueType};

/// Of what the errors speak.
const INTERFACE: Interface = Interface::CosmWasm;

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
    /// Milliseconds that compiling it takes at most, by the pass's estimate.
    pub effort: u64,
}

/// Checks a module's exports and imports. The chain offers `capabilities`.
///
/// # Errors
/// What is wrong with it and how to build it otherwise.
pub(crate) fn check(
    exports: &Exported<'_>,
    imports: &[Import],
    capabilities: &BTreeSet<String>,
) -> Result<Report, CheckError> {
    use ValueType::I32;
    check_imports(INTERFACE, imports, MODULE, IMPORTS)?;
    let allocate = Signature {
        parameters: &[I32],
        results: &[I32],
    };
    let deallocate = Signature {
        parameters: &[I32],
        results: &[],
    };
    exports.check(INTERFACE, "allocate", &[allocate])?;
    exports.check(INTERFACE, "deallocate", &[deallocate])?;
    exports.check_memory(INTERFACE)?;
    let report = report(exports)?;
    let missing: Vec<_> = report.capabilities.difference(capabilities).cloned().collect();
    if missing.is_empty() {
        Ok(report)
    } else {
        Err(CheckError::Capabilities(missing))
    }
}

fn report(exports: &Exported<'_>) -> Result<Report, CheckError> {
    let mut report = Report::default();
    for entry in Entry::ALL {
        if exports.find(entry.name()).is_some() {
            exports.check(INTERFACE, entry.name(), entry.signatures())?;
            report.entries.push(entry);
        }
    }
    report.ibc = IBC
        .iter()
        .copied()
        .filter(|name| exports.find(name).is_some())
        .collect();
    let required = exports
        .functions()
        .filter_map(|name| name.strip_prefix(REQUIRES_PREFIX));
    report.capabilities = required
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    Ok(report)
}
