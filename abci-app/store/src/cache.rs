//! What was used last, within a bound in bytes.

use std::borrow::Borrow;
use std::hash::Hash;

use lru::LruCache;

/// The map's own cost of an entry, estimated: two links, key, value, reference counts, allocator.
pub(crate) const ENTRY_BYTES: usize = 160;

pub(crate) struct Cache<K: Hash + Eq, V> {
    entries: LruCache<K, V>,
    cost: fn(&K, &V) -> usize,
    bytes: usize,
    limit: usize,
}

impl<K: Hash + Eq, V> Cache<K, V> {
    /// `cost` gives the bytes of an entry, `ENTRY_BYTES` included.
    pub(crate) fn new(limit: usize, cost: fn(&K, &V) -> usize) -> Self {
        Cache {
            entries: LruCache::unbounded(),
            cost,
            bytes: 0,
            limit,
        }
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    /// The same, without counting as a use.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.entries.peek(key)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Returns what was there before.
    pub(crate) fn put(&mut self, key: K, value: V) -> Option<V> {
        self.bytes += (self.cost)(&key, &value);
        let old = self.entries.push(key, value);
        if let Some((key, old)) = &old {
            self.bytes -= (self.cost)(key, old);
        }
        while self.bytes > self.limit {
            let Some((key, value)) = self.entries.pop_lru() else {
                break;
            };
            self.bytes -= (self.cost)(&key, &value);
        }
        old.map(|(_, old)| old)
    }

    pub(crate) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (key, old) = self.entries.pop_entry(key)?;
        self.bytes -= (self.cost)(&key, &old);
        Some(old)
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter()
    }
}
