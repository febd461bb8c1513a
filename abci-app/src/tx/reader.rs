//! Reading transactions once. A [`CheckedTx`] depends on the transaction's bytes
//! and on nothing else, so one that the mempool admitted is kept, with the
//! verdicts on its vouchers, until its block has been proposed, judged and
//! executed. What needs state (signatures, which cover the account number) is
//! not kept here but by the [`Verifier`](super::Verifier).

use std::sync::Arc;

use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use slsbft_types::tx::tx_hash;

use super::{CheckedTx, Mode};
use crate::errors::TxError;

const SHARDS: usize = 16;
/// What an entry costs besides about twice the bytes of its transaction.
const OVERHEAD: usize = 1_024;

/// Decodes transactions and remembers the admitted ones, within a bound of memory.
pub struct TxReader {
    shards: [Mutex<Shard>; SHARDS],
}

struct Shard {
    txs: LruCache<[u8; 32], (Arc<CheckedTx>, usize)>,
    bytes: usize,
    limit: usize,
}

impl TxReader {
    /// Keeps about `limit` bytes of transactions.
    pub fn new(limit: usize) -> Self {
        let shard = || Shard {
            txs: LruCache::unbounded(),
            bytes: 0,
            limit: limit / SHARDS,
        };
        Self {
            shards: std::array::from_fn(|_| Mutex::new(shard())),
        }
    }

    /// The transaction of these bytes, from memory or by checking it.
    pub fn read(&self, tx: &Bytes) -> Result<Arc<CheckedTx>, TxError> {
        let hash = tx_hash(tx);
        let kept = self
            .shard(&hash)
            .and_then(|shard| shard.lock().txs.get(&hash).map(|(tx, _)| tx.clone()));
        match kept {
            Some(tx) => Ok(tx),
            None => CheckedTx::decode(tx, Mode::Deliver).map(Arc::new),
        }
    }

    /// Keeps a transaction that will be read again.
    pub fn keep(&self, bytes: &Bytes, tx: &Arc<CheckedTx>) {
        let (hash, size) = (tx_hash(bytes), 2 * bytes.len() + OVERHEAD);
        if let Some(shard) = self.shard(&hash) {
            shard.lock().keep(hash, tx.clone(), size);
        }
    }

    fn shard(&self, hash: &[u8; 32]) -> Option<&Mutex<Shard>> {
        self.shards.get(usize::from(hash[0]) % SHARDS)
    }
}

impl Shard {
    fn keep(&mut self, hash: [u8; 32], tx: Arc<CheckedTx>, size: usize) {
        if let Some((_, old)) = self.txs.put(hash, (tx, size)) {
            self.bytes = self.bytes.saturating_sub(old);
        }
        self.bytes += size;
        while self.bytes > self.limit {
            let Some((_, (_, oldest))) = self.txs.pop_lru() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest);
        }
    }
}
