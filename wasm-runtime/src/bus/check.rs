//! What a contract for the service bus must look like.

use super::imports::IMPORTS;
use super::{Entry, MODULE};
use crate::interface::{CheckError, Exported, Interface, Signature, check_imports};
use crate::pass::Import;

/// The type of entry points, and of the marker.
const NOTHING: Signature = Signature {
    parameters: &[],
    results: &[],
};

/// What a contract offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its entry points.
    pub entries: Vec<Entry>,
    /// Milliseconds that compiling it takes at most, by the pass's estimate.
    pub effort: u64,
}

/// Checks a module's exports and imports.
///
/// # Errors
/// What is wrong with it and how to build it otherwise.
pub(crate) fn check(exports: &Exported<'_>, imports: &[Import]) -> Result<Report, CheckError> {
    const BUS: Interface = Interface::Bus;
    check_imports(BUS, imports, MODULE, IMPORTS)?;
    exports.check(BUS, BUS.marker(), &[NOTHING])?;
    exports.check_memory(BUS)?;
    let mut report = Report::default();
    for entry in Entry::ALL {
        if exports.find(entry.name()).is_some() {
            exports.check(BUS, entry.name(), &[NOTHING])?;
            report.entries.push(entry);
        }
    }
    Ok(report)
}
