//! How much the store keeps, on disk and in memory.

/// Nothing here changes what a state is: two nodes with different settings have the same hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Heights below the latest whose values can still be read; `u64::MAX` keeps everything.
    pub keep_heights: u64,
    /// Heights below the latest for which proofs can be made; at most `keep_heights` count.
    pub proof_heights: u64,
    /// Bound in bytes on RocksDB's block cache and the tree's node cache together. Buffered writes
    /// take up to 32 MiB more, and the block that is being written.
    pub cache_bytes: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        StoreConfig {
            keep_heights: 10_000,
            proof_heights: 1_000,
            cache_bytes: 128 << 20,
        }
    }
}
