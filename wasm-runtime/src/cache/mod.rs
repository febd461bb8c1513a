//! Compiled code, kept in memory and below that on disk.
//!
//! What is in the cache, and whether there is one, changes nothing but time. Each code is prepared once:
//! threads that need the same one wait for the first.

mod disk;
mod memory;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};

pub(crate) use disk::Disk;
use memory::Memory;

use crate::engine::{Artifact, Code, CodeHash};
use crate::{CompileError, Fault};

/// What the cache did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Codes found in memory.
    pub found: u64,
    /// Codes loaded from disk.
    pub loaded: u64,
    /// Codes compiled.
    pub compiled: u64,
    /// Files on disk that were damaged, and were written anew.
    pub damaged: u64,
    /// Files that could not be written; such codes are compiled again after a restart.
    pub unwritten: u64,
}

/// The same figures while they grow.
#[derive(Default)]
struct Counts {
    found: AtomicU64,
    loaded: AtomicU64,
    compiled: AtomicU64,
    damaged: AtomicU64,
    unwritten: AtomicU64,
}

/// The cache.
pub(crate) struct Cache {
    memory: Mutex<Memory>,
    disk: Option<Disk>,
    /// Codes that a thread prepares at the moment.
    preparing: Mutex<BTreeSet<CodeHash>>,
    prepared: Condvar,
    counts: Counts,
}

/// Holds a code's place among those that are being prepared.
struct Preparing<'a>(&'a Cache, CodeHash);

impl Drop for Preparing<'_> {
    fn drop(&mut self) {
        self.0.preparing.lock().remove(&self.1);
        self.0.prepared.notify_all();
    }
}

impl Cache {
    /// Opens a cache of `bytes` in memory over the folder `disk`.
    pub(crate) fn new(bytes: usize, disk: Option<Disk>) -> Self {
        Self {
            memory: Mutex::new(Memory::new(bytes)),
            disk,
            preparing: Mutex::default(),
            prepared: Condvar::new(),
            counts: Counts::default(),
        }
    }

    /// The code of this name, from wherever it is: from memory, from disk through `link`, or compiled by
    /// `compile`.
    pub(crate) fn get(
        &self,
        hash: CodeHash,
        link: impl Fn(&Artifact) -> Result<Code, Fault>,
        compile: impl FnOnce() -> Result<Artifact, CompileError>,
    ) -> Result<Arc<Code>, CompileError> {
        if let Some(code) = self.find(hash) {
            return Ok(code);
        }
        let _preparing = self.prepare(hash);
        // Whoever prepared it before may have just finished.
        if let Some(code) = self.find(hash) {
            return Ok(code);
        }
        let code = match self.load(hash, &link) {
            Some(code) => code,
            None => self.build(hash, &link, compile)?,
        };
        let code = Arc::new(code);
        self.memory.lock().insert(Arc::clone(&code));
        Ok(code)
    }

    /// Keeps a code in memory whatever its use, or no longer.
    pub(crate) fn pin(&self, hash: CodeHash, pinned: bool) -> bool {
        self.memory.lock().pin(hash, pinned)
    }

    /// What the cache did so far.
    pub(crate) fn stats(&self) -> CacheStats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CacheStats {
            found: read(&self.counts.found),
            loaded: read(&self.counts.loaded),
            compiled: read(&self.counts.compiled),
            damaged: read(&self.counts.damaged),
            unwritten: read(&self.counts.unwritten),
        }
    }

    /// The code of this name, if it is in memory.
    pub(crate) fn find(&self, hash: CodeHash) -> Option<Arc<Code>> {
        let code = self.memory.lock().get(hash)?;
        count(&self.counts.found);
        Some(code)
    }

    fn prepare(&self, hash: CodeHash) -> Preparing<'_> {
        let mut preparing = self.preparing.lock();
        while !preparing.insert(hash) {
            self.prepared.wait(&mut preparing);
        }
        Preparing(self, hash)
    }

    fn load(&self, hash: CodeHash, link: impl Fn(&Artifact) -> Result<Code, Fault>) -> Option<Code> {
        let damaged = match self.disk.as_ref()?.read(hash) {
            Ok(Some(artifact)) => match link(&artifact) {
                Ok(code) => {
                    count(&self.counts.loaded);
                    return Some(code);
                }
                Err(_) => true,
            },
            Ok(None) => false,
            Err(disk::Damaged) => true,
        };
        if damaged {
            count(&self.counts.damaged);
        }
        None
    }

    fn build(
        &self,
        hash: CodeHash,
        link: impl Fn(&Artifact) -> Result<Code, Fault>,
        compile: impl FnOnce() -> Result<Artifact, CompileError>,
    ) -> Result<Code, CompileError> {
        let artifact = compile()?;
        let code = link(&artifact)?;
        count(&self.counts.compiled);
        if let Some(disk) = &self.disk
            && disk.write(hash, &artifact).is_err()
        {
            count(&self.counts.unwritten);
        }
        Ok(code)
    }
}

impl Disk {
    /// Opens the folder for one engine below `folder`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn below(folder: &Path, engine: &wasmtime::Engine) -> Result<Self, Fault> {
        Self::open(folder, engine).map_err(|error| Fault::Cache {
            path: folder.display().to_string(),
            error,
        })
    }
}

fn count(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
