//! The reports on disk, one file for each epoch and operator. A file is there as a whole or not
//! at all, is never changed, and is there before anybody is told its digest: so whenever the
//! daemon is killed, it goes on with what it has committed to, or may have.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use slsbft_mechanism::audit::{Entry, Finding, Report};
use slsbft_proto::service::v1::{AuditEntry, MsgCommitAudit, MsgRevealAudit};
use slsbft_types::Address;

use crate::journal::{Folder, FolderError};

/// Reports of so many past epochs are kept.
const KEPT: u64 = 4;

/// Why a report cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}; free some space, and see whose the folder is", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} holds no report that was written whole: {what}", path = path.display())]
    Damaged { path: PathBuf, what: String },
    #[error(
        "{path} is of the chain '{found}', not of '{expected}'; give each chain its own --data",
        path = path.display()
    )]
    Chain {
        path: PathBuf,
        found: String,
        expected: String,
    },
    #[error("{path} is there already, and a report is never changed", path = path.display())]
    Exists { path: PathBuf },
}

/// A report as it was committed to, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub epoch: u64,
    /// For whom it was made.
    pub operator: Address,
    /// Known to nobody else until it is revealed.
    pub salt: [u8; 32],
    pub report: Report,
    /// What is committed to.
    pub digest: [u8; 32],
}

impl Held {
    /// Binds a report to a chain, an epoch and an operator.
    pub fn new(chain_id: &str, epoch: u64, operator: Address, salt: [u8; 32], report: Report) -> Self {
        let digest = report.commitment(chain_id, epoch, &operator, &salt);
        Self {
            epoch,
            operator,
            salt,
            report,
            digest,
        }
    }

    /// Reads a file that [`Book::write`] wrote, of the chain that is named.
    pub fn read(path: &Path, chain_id: &str) -> Result<Self, BookError> {
        let damaged = |what: &str| BookError::Damaged {
            path: path.into(),
            what: what.into(),
        };
        let bytes = fs::read(path).map_err(|source| BookError::Read {
            path: path.into(),
            source,
        })?;
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        if record.chain_id != chain_id {
            return Err(BookError::Chain {
                path: path.into(),
                found: record.chain_id,
                expected: chain_id.into(),
            });
        }
        let held = record.read(chain_id);
        held.ok_or_else(|| damaged("its digest is not that of its report"))
    }

    /// What commits `auditor` to the report, without showing it.
    pub fn commitment(&self, auditor: String) -> MsgCommitAudit {
        MsgCommitAudit {
            auditor,
            epoch: self.epoch,
            digest: self.digest.to_vec().into(),
        }
    }

    /// What shows the report.
    pub fn revelation(&self, auditor: String) -> MsgRevealAudit {
        MsgRevealAudit {
            auditor,
            epoch: self.epoch,
            salt: self.salt.to_vec().into(),
            entries: self.report.entries().iter().map(entry).collect(),
        }
    }
}

fn entry(entry: &Entry) -> AuditEntry {
    let provider = entry.target;
    match entry.finding {
        Finding::Unreachable => AuditEntry {
            provider,
            ..AuditEntry::default()
        },
        Finding::Reached(reading) => AuditEntry {
            provider,
            reachable: true,
            latency_ms: reading.latency_ms.into(),
            throughput_kbps: reading.throughput_kbps,
            delivered: reading.delivered.map(u32::from),
        },
    }
}

/// A file's content; bytes in hexadecimal.
#[derive(Serialize, Deserialize)]
struct Record {
    chain_id: String,
    epoch: u64,
    operator: String,
    salt: String,
    /// As `slsbft_mechanism::audit` encodes it.
    report: String,
    /// Shows that the file is whole, too.
    digest: String,
}

/// A folder of reports, which one process has.
pub struct Book {
    folder: Folder,
    chain_id: String,
}

impl Book {
    /// Opens or makes the folder of one chain's reports.
    pub fn open(folder: &Path, chain_id: &str) -> Result<Self, BookError> {
        let book = Self {
            folder: Folder::open(folder)?,
            chain_id: chain_id.into(),
        };
        for path in book.files()? {
            match Held::read(&path, chain_id) {
                // Not needed, perhaps; if it is, that is said when it is.
                Err(BookError::Damaged { .. }) => {}
                other => drop(other?),
            }
        }
        Ok(book)
    }

    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// The report of an epoch, if one was written.
    pub fn load(&self, epoch: u64, operator: &Address) -> Result<Option<Held>, BookError> {
        let path = self.path(epoch, operator);
        let held = match Held::read(&path, &self.chain_id) {
            Err(BookError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            read => read?,
        };
        if held.epoch != epoch || held.operator != *operator {
            let what = format!("it is of epoch {} and {}", held.epoch, held.operator);
            return Err(BookError::Damaged { path, what });
        }
        Ok(Some(held))
    }

    /// Keeps a report, durably when this returns. There can be only one of an epoch.
    pub fn write(&self, held: &Held) -> Result<(), BookError> {
        let path = self.path(held.epoch, &held.operator);
        if path.exists() {
            return Err(BookError::Exists { path });
        }
        let record = Record {
            chain_id: self.chain_id.clone(),
            epoch: held.epoch,
            operator: held.operator.to_string(),
            salt: hex::encode(held.salt),
            report: hex::encode(held.report.encode()),
            digest: hex::encode(held.digest),
        };
        self.folder
            .write(&path, &record)
            .map_err(|source| BookError::Write { path, source })
    }

    /// Deletes the reports of epochs long before this one.
    pub fn forget_before(&self, epoch: u64) -> Result<(), BookError> {
        for path in self.files()? {
            let old = epoch_of(&path).is_some_and(|of| of.saturating_add(KEPT) < epoch);
            if old {
                fs::remove_file(&path).map_err(|source| BookError::Write { path, source })?;
            }
        }
        Ok(())
    }

    fn path(&self, epoch: u64, operator: &Address) -> PathBuf {
        self.folder.file(&format!("{epoch}-{operator}"))
    }

    fn files(&self) -> Result<Vec<PathBuf>, BookError> {
        self.folder.files().map_err(|source| BookError::Read {
            path: self.folder.path().into(),
            source,
        })
    }
}

impl Record {
    /// `None` if it is not as it was written.
    fn read(&self, chain_id: &str) -> Option<Held> {
        let salt = hex::decode(&self.salt).ok()?.try_into().ok()?;
        let report = Report::decode(&hex::decode(&self.report).ok()?, u32::MAX).ok()?;
        let held = Held::new(chain_id, self.epoch, self.operator.parse().ok()?, salt, report);
        (hex::encode(held.digest) == self.digest).then_some(held)
    }
}

fn epoch_of(path: &Path) -> Option<u64> {
    let (epoch, _) = path.file_stem()?.to_str()?.split_once('-')?;
    epoch.parse().ok()
}
