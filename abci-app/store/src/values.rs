//! The values of the main space that were read or written last. A transaction's accounts are read
//! when it is checked, proposed, judged and executed, and once more by whoever writes what the block
//! overwrites; the database is asked the first time only. The epoch-local space is not in here: its
//! few keys are in RocksDB's write buffer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cache::{Cache, ENTRY_BYTES};
use crate::changes::Writes;

/// Threads that read at once rarely meet.
const SHARDS: usize = 16;

/// What a write overwrites: a value or none.
pub(crate) type Old = Option<Vec<u8>>;

/// Belongs to one line of blocks, as [`Window`](crate::window::Window) does.
pub(crate) struct Values {
    shards: [Mutex<Shard>; SHARDS],
    longest: usize,
}

struct Shard {
    /// The block whose writes are the latest in here.
    height: u64,
    values: Cache<Box<[u8]>, Known>,
}

/// What a key held from some height on until the shard's.
struct Known {
    since: u64,
    value: Option<Vec<u8>>,
}

impl Values {
    /// Knows nothing yet of the state at `height`, the latest.
    pub(crate) fn new(limit: usize, height: u64) -> Self {
        let shard = || Shard {
            height,
            values: Cache::new(limit / SHARDS, cost),
        };
        Values {
            shards: std::array::from_fn(|_| Mutex::new(shard())),
            // One value does not push out a whole shard.
            longest: limit / SHARDS / 16,
        }
    }

    /// What `key` held at `height`; `None` if that is not known here.
    pub(crate) fn get(&self, key: &[u8], height: u64) -> Option<Option<Vec<u8>>> {
        let mut shard = self.shard(key)?;
        let known = shard.values.get(key).filter(|known| known.since <= height)?;
        Some(known.value.clone())
    }

    /// Keeps what was read of the state at `height`, unless a block has been committed since: it may
    /// have written the key.
    pub(crate) fn keep(&self, key: &[u8], value: Option<&[u8]>, height: u64) {
        if key.len().saturating_add(value.map_or(0, <[u8]>::len)) > self.longest {
            return;
        }
        let Some(mut shard) = self.shard(key).filter(|shard| shard.height == height) else {
            return;
        };
        let value = value.map(<[u8]>::to_vec);
        shard.values.put(key.into(), Known { since: height, value });
    }

    /// To be called before the state at `height` can be read. Returns of each write what it overwrites,
    /// as far as that is known.
    pub(crate) fn advance(&self, height: u64, writes: &Writes) -> Vec<Option<Old>> {
        // First all heights: nobody may keep an older state's value behind the new one.
        for shard in &self.shards {
            lock(shard).height = height;
        }
        let write = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| {
            let mut shard = self.shard(key)?;
            if value.as_ref().is_some_and(|value| value.len() > self.longest) {
                return shard.values.remove(key.as_slice()).map(|old| old.value);
            }
            let value = value.clone();
            let old = shard
                .values
                .put(key.as_slice().into(), Known { since: height, value });
            old.map(|old| old.value)
        };
        writes.iter().map(write).collect()
    }

    fn shard(&self, key: &[u8]) -> Option<MutexGuard<'_, Shard>> {
        // FNV-1a: who picks keys to meet in one shard has won nothing.
        let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.shards.get((hash >> 40) as usize % SHARDS).map(lock)
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(clippy::borrowed_box, reason = "what the cache gives")]
fn cost(key: &Box<[u8]>, known: &Known) -> usize {
    ENTRY_BYTES + key.len() + known.value.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(height: u8) -> Writes {
        [(b"a".to_vec(), Some(vec![height])), (b"gone".to_vec(), None)].into()
    }

    #[test]
    fn a_value_is_known_from_the_height_it_was_read_or_written_at() {
        let values = Values::new(1 << 20, 4);
        assert_eq!(values.get(b"a", 4), None);
        values.keep(b"a", Some(&[4]), 4);
        values.keep(b"b", None, 4);
        assert_eq!(values.get(b"a", 4), Some(Some(vec![4])));
        assert_eq!(values.get(b"a", 3), None);
        let olds = values.advance(5, &writes(5));
        assert_eq!(olds, [Some(Some(vec![4])), None]);
        assert_eq!(values.get(b"a", 5), Some(Some(vec![5])));
        assert_eq!(values.get(b"a", 4), None);
        assert_eq!(values.get(b"gone", 5), Some(None));
        assert_eq!(values.get(b"b", 4), Some(None));
        assert_eq!(values.get(b"b", 5), Some(None));
    }

    #[test]
    fn what_was_read_before_a_block_is_not_kept_after_it() {
        let values = Values::new(1 << 20, 1);
        values.advance(2, &writes(2));
        values.keep(b"a", Some(&[1]), 1);
        values.keep(b"c", Some(&[1]), 1);
        assert_eq!(values.get(b"a", 2), Some(Some(vec![2])));
        assert_eq!(values.get(b"c", 2), None);
    }

    #[test]
    fn what_is_kept_stays_within_its_bound_and_a_long_value_is_not_kept() {
        let limit = 1 << 18;
        let values = Values::new(limit, 0);
        for key in 0..10_000u32 {
            values.keep(&key.to_be_bytes(), Some(&[0; 100]), 0);
        }
        let held = |shard: &Mutex<Shard>| {
            let shard = lock(shard);
            shard
                .values
                .iter()
                .map(|(key, known)| cost(key, known))
                .sum::<usize>()
        };
        let bytes: usize = values.shards.iter().map(held).sum();
        assert!(bytes <= limit && bytes > limit / 2, "{bytes}");
        values.keep(b"long", Some(&[0; 2_000]), 0);
        assert_eq!(values.get(b"long", 0), None);
        let long = Writes::from([(9_999u32.to_be_bytes().to_vec(), Some(vec![1; 2_000]))]);
        assert_eq!(values.advance(1, &long), [Some(Some(vec![0; 100]))]);
        assert_eq!(values.get(&9_999u32.to_be_bytes(), 1), None);
    }
}
