//! What is remembered of each block: which block it was, and the hashes of the state it made.

/// The block that made a state; written with it and read back after a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockMeta {
    pub height: u64,
    /// Block time: Unix seconds and nanoseconds.
    pub time: (i64, i32),
    /// CometBFT's hash of the block.
    pub hash: Vec<u8>,
    /// Whatever else the application wants back; a few hundred bytes at most.
    pub extra: Vec<u8>,
}
