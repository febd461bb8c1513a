//! Numbers from a seed: the same on every machine and for any number of threads, since each task has a
//! stream of its own, named by what it is for and an index.

use sha2::{Digest, Sha256};

const DOMAIN: &str = "slsbft/sim/1";

/// 32 bytes, as an epoch's seed: SHA-256 of the run's seed, a name and an index.
pub fn seed(seed: u64, stream: &str, index: u64) -> [u8; 32] {
    Sha256::new_with_prefix(DOMAIN)
        .chain_update(seed.to_be_bytes())
        .chain_update(index.to_be_bytes())
        .chain_update(stream)
        .finalize()
        .into()
}

/// SplitMix64 (Steele, Lea and Flood, 2014): 64 bits of state, no bias that a simulation would see.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, stream: &str, index: u64) -> Self {
        let bytes = self::seed(seed, stream, index);
        let first = bytes.first_chunk().copied().unwrap_or_default();
        Self(u64::from_be_bytes(first))
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From 0 to below `bound`; 0 if that is.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.number()) * bound as u128) >> 64) as usize
    }

    /// With a probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}
