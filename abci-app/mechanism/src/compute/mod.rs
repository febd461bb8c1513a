//! Compute proofs (PROTOCOL, "Service level"): how much a provider has to compute in an epoch, what it
//! commits to, and which part of it auditors compute again.
//!
//! A provider that registered computing gets *segments*, a number for each core. Each begins with an
//! [input](Work::input) that nobody knows before the epoch's first block, and ends with a digest; the
//! program between the two is `slsbft_wasm::compute`. The provider commits to the [root](Tree::root) of a
//! tree over the digests. Then, not before, a later beacon [samples](Work::samples) [`SAMPLES`] of them,
//! the same ones for all its auditors. They ask for those digests with their [paths](Tree::path), run
//! those segments themselves, and report the part that was right.
//!
//! - `tree`: many digests under one root

mod tree;

use sha2::{Digest, Sha256};
use slsbft_types::Address;

pub use tree::{Tree, path_length, root_of};

/// Segments of a target that its auditors compute again. Of a provider that left out a part of its
/// segments, on average that part of the samples is missing.
pub const SAMPLES: u32 = 8;
/// The most segments of one provider in an epoch: its tree takes 64 MiB.
pub const MOST_SEGMENTS: u32 = 1 << 20;

const INPUT: &[u8] = b"slsbft/compute/input/1";
const SAMPLE: &[u8] = b"slsbft/compute/sample/1";

/// What a provider has to compute in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The beacon as the epoch's first block leaves it.
    pub seed: [u8; 32],
    pub provider: Address,
    pub segments: u32,
}

/// Segments of a provider with so many thousandths of a core: rounded up, at most [`MOST_SEGMENTS`].
pub fn segments(cpu_milli: u64, per_core: u32) -> u32 {
    let segments = (u128::from(cpu_milli) * u128::from(per_core)).div_ceil(1000);
    segments.min(MOST_SEGMENTS.into()) as u32
}

impl Work {
    /// What a segment begins with: SHA-256 of `"slsbft/compute/input/1"` ‖ seed ‖ length of the
    /// provider's address (1 byte) ‖ address ‖ segment (4 bytes, big-endian). So no two providers have
    /// a segment in common, and no two epochs.
    pub fn input(&self, segment: u32) -> [u8; 32] {
        self.hash(INPUT, &self.seed, segment)
    }

    /// The segments that a later beacon samples, ascending: [`SAMPLES`] different ones, or all if there
    /// are no more.
    ///
    /// Floyd's way: for n from segments − samples on, the number x = SHA-256(`"slsbft/compute/sample/1"`
    /// ‖ beacon ‖ length of the address ‖ address ‖ n), of which the first 8 bytes count (big-endian),
    /// gives ⌊x·(n+1) / 2⁶⁴⌋; if that is there already, n.
    pub fn samples(&self, beacon: &[u8; 32]) -> Vec<u32> {
        let first = self.segments.saturating_sub(SAMPLES);
        let mut samples = Vec::with_capacity(SAMPLES as usize);
        for last in first..self.segments {
            let hash = self.hash(SAMPLE, beacon, last);
            let number = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            let drawn = ((u128::from(number) * (u128::from(last) + 1)) >> 64) as u32;
            samples.push(if samples.contains(&drawn) { last } else { drawn });
        }
        samples.sort_unstable();
        samples
    }

    fn hash(&self, domain: &[u8], seed: &[u8; 32], number: u32) -> [u8; 32] {
        let address = self.provider.as_bytes();
        Sha256::new_with_prefix(domain)
            .chain_update(seed)
            .chain_update([address.len() as u8])
            .chain_update(address)
            .chain_update(number.to_be_bytes())
            .finalize()
            .into()
    }
}

/// What an auditor reports: thousandths of the samples that were right, rounded down; of none all.
pub fn delivered(right: u32, samples: u32) -> u16 {
    let thousandths = (u64::from(right.min(samples)) * 1000).checked_div(samples.into());
    thousandths.unwrap_or(1000) as u16
}
