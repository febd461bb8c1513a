//! Compiled code on disk: `<folder>/<engine, format and prices>/<code hash>`.
//!
//! A file is `slsbftwc`, the price of an instance (u64, little-endian), the image, and behind them their
//! SHA-256 and that of the code's name; so a file that was cut, changed or renamed is told from a good
//! one. Files belong to the node's user alone, since the process runs what is in them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::Engine;

use crate::engine::{Artifact, CodeHash};
use crate::prices;

/// The version of this format and of what the metering pass writes into modules, but for the prices, which
/// have their own. Raise it when either changes.
const VERSION: u32 = 1;

/// What a file begins with.
const MAGIC: &[u8; 8] = b"slsbftwc";

/// Bytes of the checksum at a file's end.
const CHECKSUM: usize = 32;

/// A file that is not what was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The folder of one engine.
pub(crate) struct Disk {
    folder: PathBuf,
    written: AtomicU64,
}

impl Disk {
    pub(super) fn open(folder: &Path, engine: &Engine) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let folder = folder.join(format!("{:016x}-{VERSION}-{}", hasher.finish(), prices::VERSION));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self {
            folder,
            written: AtomicU64::new(0),
        })
    }

    /// What is there for a code.
    pub(super) fn read(&self, hash: CodeHash) -> Result<Option<Artifact>, Damaged> {
        let mut file = match File::open(self.path(hash)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Damaged),
        };
        let metadata = file.metadata().map_err(|_| Damaged)?;
        // Others could have put there what they like.
        if metadata.mode() & 0o077 != 0 {
            return Err(Damaged);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).map_err(|_| Damaged)?);
        file.read_to_end(&mut bytes).map_err(|_| Damaged)?;
        decode(hash, bytes).map(Some).ok_or(Damaged)
    }

    /// Writes what was made of a code. Readers see all of it or nothing.
    pub(super) fn write(&self, hash: CodeHash, artifact: &Artifact) -> io::Result<()> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let temporary = self
            .folder
            .join(format!("{hash}.{}.{number}", std::process::id()));
        let written = write_file(&temporary, hash, artifact);
        let result = written.and_then(|()| fs::rename(&temporary, self.path(hash)));
        if result.is_err() {
            // What cannot be removed either is only a file that nobody reads.
            let _ = fs::remove_file(&temporary);
        }
        result
    }

    fn path(&self, hash: CodeHash) -> PathBuf {
        self.folder.join(hash.to_string())
    }
}

fn write_file(path: &Path, hash: CodeHash, artifact: &Artifact) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let price = artifact.price.to_le_bytes();
    let parts = [MAGIC.as_slice(), price.as_slice(), artifact.image.as_slice()];
    for part in parts {
        file.write_all(part)?;
    }
    file.write_all(&checksum(hash, &parts))
}

fn decode(hash: CodeHash, mut bytes: Vec<u8>) -> Option<Artifact> {
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    if checksum(hash, &[body]) != *sum {
        return None;
    }
    let (head, rest) = body.split_first_chunk::<{ MAGIC.len() }>()?;
    let (price, image) = rest.split_first_chunk::<8>()?;
    if head != MAGIC {
        return None;
    }
    let price = u64::from_le_bytes(*price);
    let end = image.len();
    let start = body.len().checked_sub(end)?;
    bytes.truncate(body.len());
    bytes.drain(..start);
    Some(Artifact { price, image: bytes })
}

fn checksum(hash: CodeHash, parts: &[&[u8]]) -> [u8; CHECKSUM] {
    let mut sum = Sha256::new_with_prefix(hash.0);
    for part in parts {
        sum.update(part);
    }
    sum.finalize().into()
}
