//! The reports on disk, one file for each epoch and operator. A file is there as a whole or not
//! at all, is never changed, and is there before anybody is told its digest: so whenever the
//! daemon is killed, it goes on with what it has committed to, or may have.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use slsbft_mechanism::audit::{Entry, Finding, Report};
use slsbft_proto::service::v1::{AuditEntry, MsgCommitAudit, MsgRevealAudit};
use slsbft_types::Address;

/// Reports of so many past epochs are kept.
const KEPT: u64 = 4;
const EXTENSION: &str = "json";
/// Of a file that is being written.
const UNFINISHED: &str = "new";

/// Why a report cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error("cannot make the folder {path}: {source}", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another auditor; stop that one, or give this one its own --data", path = path.display())]
    InUse { path: PathBuf },
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
    folder: PathBuf,
    chain_id: String,
    _lock: File,
}

impl Book {
    /// Opens or makes the folder of one chain's reports.
    pub fn open(folder: &Path, chain_id: &str) -> Result<Self, BookError> {
        let failed = |source| BookError::Folder {
            path: folder.into(),
            source,
        };
        // Salts are secrets for a while.
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BookError::InUse { path: folder.into() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let book = Self {
            folder: folder.into(),
            chain_id: chain_id.into(),
            _lock: lock,
        };
        for path in book.files(EXTENSION)? {
            match Held::read(&path, chain_id) {
                // Not needed, perhaps; if it is, that is said when it is.
                Err(BookError::Damaged { .. }) => {}
                other => drop(other?),
            }
        }
        for path in book.files(UNFINISHED)? {
            fs::remove_file(&path).map_err(|source| BookError::Write { path, source })?;
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
        self.write_whole(&path, &record)
            .map_err(|source| BookError::Write { path, source })
    }

    /// A file under its name only once its content is on the disk, and the name after it.
    fn write_whole(&self, path: &Path, record: &Record) -> io::Result<()> {
        let unfinished = path.with_extension(UNFINISHED);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, record)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Deletes the reports of epochs long before this one.
    pub fn forget_before(&self, epoch: u64) -> Result<(), BookError> {
        for path in self.files(EXTENSION)? {
            let old = epoch_of(&path).is_some_and(|of| of.saturating_add(KEPT) < epoch);
            if old {
                fs::remove_file(&path).map_err(|source| BookError::Write { path, source })?;
            }
        }
        Ok(())
    }

    fn path(&self, epoch: u64, operator: &Address) -> PathBuf {
        self.folder.join(format!("{epoch}-{operator}.{EXTENSION}"))
    }

    fn files(&self, extension: &str) -> Result<Vec<PathBuf>, BookError> {
        let failed = |source| BookError::Read {
            path: self.folder.clone(),
            source,
        };
        let entries = fs::read_dir(&self.folder).map_err(failed)?;
        let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(failed)?;
        paths.retain(|path| path.extension().is_some_and(|found| found == extension));
        Ok(paths)
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
