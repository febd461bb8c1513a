//! Compiled code in memory: what was used least recently goes first, what is pinned never.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Code, CodeHash};

pub(super) struct Memory {
    entries: BTreeMap<CodeHash, Entry>,
    /// Bytes that may be taken, and those that are.
    limit: usize,
    bytes: usize,
    /// Uses so far.
    uses: u64,
}

struct Entry {
    code: Arc<Code>,
    used: u64,
    pinned: bool,
}

impl Memory {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            limit,
            bytes: 0,
            uses: 0,
        }
    }

    pub(super) fn get(&mut self, hash: CodeHash) -> Option<Arc<Code>> {
        self.uses = self.uses.saturating_add(1);
        let entry = self.entries.get_mut(&hash)?;
        entry.used = self.uses;
        Some(Arc::clone(&entry.code))
    }

    pub(super) fn insert(&mut self, code: Arc<Code>) {
        self.bytes = self.bytes.saturating_add(code.size());
        let entry = Entry {
            used: self.uses,
            pinned: false,
            code,
        };
        if let Some(before) = self.entries.insert(*entry.code.hash(), entry) {
            self.bytes = self.bytes.saturating_sub(before.code.size());
        }
        self.shrink();
    }

    pub(super) fn pin(&mut self, hash: CodeHash, pinned: bool) -> bool {
        let Some(entry) = self.entries.get_mut(&hash) else {
            return false;
        };
        entry.pinned = pinned;
        self.shrink();
        true
    }

    fn shrink(&mut self) {
        while self.bytes > self.limit {
            let unpinned = self.entries.iter().filter(|(_, entry)| !entry.pinned);
            let Some((hash, _)) = unpinned.min_by_key(|(_, entry)| entry.used) else {
                return;
            };
            let hash = *hash;
            if let Some(entry) = self.entries.remove(&hash) {
                self.bytes = self.bytes.saturating_sub(entry.code.size());
            }
        }
    }
}
