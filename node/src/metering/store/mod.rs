//! Durable records of the daemons, one for each session: a small RocksDB and one
//! writer thread that writes whatever has queued up as one batch (group commit).
//!
//! When its receipt arrives, a record survives what the store was opened for,
//! see [`Survives`]. A torn last batch, which was never acknowledged, is dropped
//! when the store opens; damage anywhere else refuses to open.

mod writer;

use std::path::{Path, PathBuf};

use self::writer::Change;
pub use self::writer::{Receipt, Writer, WriterStopped, Writing};
use super::voucher::SessionKey;
use rocksdb::{
    ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, IteratorMode, Options, WriteBatch,
    WriteOptions,
};

const RECORDS: &str = "sessions";
const IDENTITY: &[u8] = b"identity";
/// Format of the store; another one is refused.
const FORMAT: &str = "1";
const MEMTABLE: usize = 8 << 20;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot make the folder {path}: {source}", path = path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(
        "cannot open the voucher store {path}: {source}; if another daemon uses it, stop that one; if it is \
         damaged, restore a backup", path = path.display()
    )]
    Open { path: PathBuf, source: rocksdb::Error },
    #[error(
        "the voucher store {path} belongs to '{found}', not to '{expected}'; give each its own --store",
        path = path.display()
    )]
    Identity {
        path: PathBuf,
        found: String,
        expected: String,
    },
    #[error("the voucher store holds a record that cannot be read ({0}); restore a backup")]
    Record(&'static str),
    #[error("cannot read the voucher store: {0}")]
    Read(rocksdb::Error),
    #[error("cannot write the voucher store: {0}; free some space and start again")]
    Write(rocksdb::Error),
    #[error("cannot start the store's writer: {0}")]
    Thread(std::io::Error),
}

/// A session of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    pub deal_id: u64,
    pub session: SessionKey,
}

impl RecordKey {
    fn encode(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        let (deal, session) = bytes.split_at_mut(8);
        deal.copy_from_slice(&self.deal_id.to_be_bytes());
        session.copy_from_slice(&self.session);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (deal, session) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            deal_id: u64::from_be_bytes(*deal),
            session: session.try_into().ok()?,
        })
    }
}

/// What a record survives once it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// The end of the process, also by SIGKILL: it is with the operating system.
    Kill,
    /// A power cut as well: it is synced to the disk.
    PowerCut,
}

/// The open store. Only one process can have it open.
pub struct Store {
    db: DB,
    path: PathBuf,
    role: String,
    survives: Survives,
}

impl Store {
    /// Opens or makes the store of one `role`: what is metered, and on which side.
    /// To write to it, [`Store::bind`] it to a chain first.
    pub fn open(path: &Path, role: &str, survives: Survives) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(|source| StoreError::Folder {
            path: path.into(),
            source,
        })?;
        let open = |source| StoreError::Open {
            path: path.into(),
            source,
        };
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_paranoid_checks(true);
        options.set_wal_recovery_mode(match survives {
            // Pages that were never synced may be lost in any order.
            Survives::Kill => DBRecoveryMode::PointInTime,
            Survives::PowerCut => DBRecoveryMode::TolerateCorruptedTailRecords,
        });
        options.set_max_open_files(64);
        options.set_keep_log_file_num(2);
        let mut family = Options::default();
        family.set_write_buffer_size(MEMTABLE);
        family.set_compression_type(DBCompressionType::None);
        let families = [ColumnFamilyDescriptor::new(RECORDS, family)];
        let db = DB::open_cf_descriptors(&options, path, families).map_err(open)?;

        let store = Self {
            db,
            path: path.into(),
            role: role.into(),
            survives,
        };
        match store.identity()? {
            Some(found) if store.chain_of(&found).is_none() => Err(store.foreign(found, "…")),
            _ => Ok(store),
        }
    }

    /// Enters the chain that the records are for. Records of another chain are
    /// taken over only if this one `goes_on` with their deals, as one does that
    /// starts from the other's export: elsewhere they would look like deals that
    /// have ended, and be forgotten.
    pub fn bind(&self, chain_id: &str, goes_on: bool) -> Result<(), StoreError> {
        if let Some(found) = self.identity()? {
            let former = self.chain_of(&found);
            if former == Some(chain_id) {
                return Ok(());
            }
            if !goes_on {
                return Err(self.foreign(found, chain_id));
            }
            tracing::info!(
                former,
                chain_id,
                "this chain goes on with the deals of the stored vouchers"
            );
        }
        self.db
            .put_opt(
                IDENTITY,
                self.identity_on(chain_id),
                &options_for(Survives::PowerCut),
            )
            .map_err(StoreError::Write)
    }

    fn identity(&self) -> Result<Option<String>, StoreError> {
        let found = self.db.get(IDENTITY).map_err(StoreError::Read)?;
        Ok(found.map(|found| String::from_utf8_lossy(&found).into_owned()))
    }

    fn identity_on(&self, chain_id: &str) -> String {
        format!("{FORMAT} {chain_id} {}", self.role)
    }

    /// The chain in an identity of this format and role.
    fn chain_of<'a>(&self, identity: &'a str) -> Option<&'a str> {
        let (format, rest) = identity.split_once(' ')?;
        let (chain_id, role) = rest.split_once(' ')?;
        (format == FORMAT && role == self.role).then_some(chain_id)
    }

    fn foreign(&self, found: String, chain_id: &str) -> StoreError {
        StoreError::Identity {
            path: self.path.clone(),
            found,
            expected: self.identity_on(chain_id),
        }
    }

    /// All records, in the order of their keys.
    pub fn records(&self) -> Result<Vec<(RecordKey, Vec<u8>)>, StoreError> {
        let Some(family) = self.db.cf_handle(RECORDS) else {
            return Ok(Vec::new());
        };
        self.db
            .iterator_cf(&family, IteratorMode::Start)
            .map(|item| {
                let (key, value) = item.map_err(StoreError::Read)?;
                let key = RecordKey::decode(&key).ok_or(StoreError::Record("key"))?;
                Ok((key, value.into_vec()))
            })
            .collect()
    }

    fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let Some(family) = self.db.cf_handle(RECORDS) else {
            return Ok(());
        };
        let mut batch = WriteBatch::default();
        for change in changes {
            match &change.record {
                Some((key, Some(value))) => batch.put_cf(&family, key.encode(), value),
                Some((key, None)) => batch.delete_cf(&family, key.encode()),
                None => {}
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.db
            .write_opt(batch, &options_for(self.survives))
            .map_err(StoreError::Write)
    }
}

fn options_for(survives: Survives) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.set_sync(survives == Survives::PowerCut);
    options
}

#[cfg(test)]
mod tests {
    use super::{writer::change, *};

    fn key(deal_id: u64) -> RecordKey {
        RecordKey {
            deal_id,
            session: [deal_id as u8; 32],
        }
    }

    #[tokio::test]
    async fn acknowledged_records_are_there_after_reopening_and_the_last_write_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "chain offer 1", Survives::PowerCut).unwrap();
        let (writer, writing) = Writer::spawn(store).unwrap();
        let mut receipts = Vec::new();
        for n in 0..2_000u64 {
            receipts.push(writer.try_put(key(n % 10), n.to_be_bytes().to_vec()).unwrap());
        }
        receipts.push(writer.remove(key(3)).await.unwrap());
        for receipt in receipts {
            receipt.await.unwrap();
        }
        drop(writer);
        writing.join();
        let records = Store::open(folder.path(), "chain offer 1", Survives::PowerCut)
            .unwrap()
            .records()
            .unwrap();
        let expected: Vec<_> = (0..10u64)
            .filter(|n| *n != 3)
            .map(|n| (key(n), (1_990 + n).to_be_bytes().to_vec()))
            .collect();
        assert_eq!(records, expected);
    }

    #[tokio::test]
    async fn a_store_is_closed_when_its_writing_is_dropped_whoever_still_has_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20u64 {
            // Opening fails while it is open anywhere.
            let store = Store::open(folder.path(), "x", Survives::Kill).unwrap();
            assert_eq!(store.records().unwrap().len() as u64, round);
            let (writer, writing) = Writer::spawn(store).unwrap();
            writer.try_put(key(round), vec![1]).unwrap().await.unwrap();
            let _under_way = writer.try_put(key(round), vec![2]).unwrap();
            drop(writing);
            let late = writer.try_put(key(round + 1), vec![3]);
            assert!(
                late.is_err() || late.unwrap().await.is_err(),
                "acknowledged by nobody"
            );
        }
    }

    #[test]
    fn a_store_is_refused_to_another_role_and_to_a_second_user() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "offer 1", Survives::Kill).unwrap();
        store.bind("chain-1", false).unwrap();
        assert!(matches!(
            Store::open(folder.path(), "offer 1", Survives::Kill),
            Err(StoreError::Open { .. })
        ));
        drop(store);
        let other = Store::open(folder.path(), "offer 2", Survives::Kill);
        assert!(matches!(other, Err(StoreError::Identity { .. })));
    }

    #[test]
    fn a_store_follows_only_a_chain_that_goes_on_with_its_deals() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "offer 1", Survives::Kill).unwrap();
        store.bind("chain-1", false).unwrap();
        let other = store.bind("chain-2", false);
        assert!(matches!(other, Err(StoreError::Identity { .. })));
        store.bind("chain-2", true).unwrap();
        drop(store);
        let store = Store::open(folder.path(), "offer 1", Survives::Kill).unwrap();
        store.bind("chain-2", false).unwrap();
        assert!(store.bind("chain-1", false).is_err());
    }

    /// The write-ahead log holds everything until the memtable is flushed.
    fn log_of(folder: &Path) -> PathBuf {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut logs: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|e| e == "log"))
            .collect();
        logs.sort();
        logs.pop().unwrap()
    }

    #[test]
    fn a_log_cut_anywhere_loses_only_its_tail() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "x", Survives::PowerCut).unwrap();
        for n in 0..20 {
            let (change, _) = change(Some((key(n), Some(vec![n as u8; 100]))));
            store.write(&[change]).unwrap();
        }
        drop(store);
        let log = std::fs::read(log_of(folder.path())).unwrap();
        let mut kept = Vec::new();
        for cut in (0..=log.len()).rev().step_by(37) {
            std::fs::write(log_of(folder.path()), &log[..cut]).unwrap();
            let copy = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
            }
            let records = Store::open(copy.path(), "x", Survives::PowerCut)
                .unwrap()
                .records()
                .unwrap();
            let found: Vec<u64> = records.iter().map(|(key, _)| key.deal_id).collect();
            assert_eq!(found, (0..found.len() as u64).collect::<Vec<_>>(), "cut at {cut}");
            kept.push(found.len());
        }
        assert_eq!(kept.first(), Some(&20));
        assert!(kept.is_sorted_by(|a, b| a >= b) && kept.last().is_some_and(|n| *n < 3));
    }

    #[test]
    fn damage_before_the_tail_is_refused_and_not_taken_for_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "x", Survives::PowerCut).unwrap();
        for n in 0..20 {
            let (change, _) = change(Some((key(n), Some(vec![n as u8; 100]))));
            store.write(&[change]).unwrap();
        }
        drop(store);
        let path = log_of(folder.path());
        let mut log = std::fs::read(&path).unwrap();
        let middle = log.len() / 2;
        log[middle] ^= 0xff;
        std::fs::write(&path, log).unwrap();
        assert!(matches!(
            Store::open(folder.path(), "x", Survives::PowerCut),
            Err(StoreError::Open { .. })
        ));
        // Where nothing is synced, a power cut looks just like that.
        let store = Store::open(folder.path(), "x", Survives::Kill).unwrap();
        let left = store.records().unwrap().len();
        assert!((1..20).contains(&left), "{left}");
    }
}
