//! Numbers from a seed.

use std::array::IntoIter;

use sha2::{Digest, Sha256};

/// Numbers from SHA-256(domain ‖ seed ‖ i), i = 0, 1, … as 8 bytes, each giving four of 8 bytes, all
/// big-endian. Domain, seed and counter fill one block of SHA-256 at most.
pub(crate) struct Random {
    seeded: Sha256,
    blocks: u64,
    numbers: IntoIter<u64, 4>,
}

impl Random {
    pub(crate) fn new(domain: &[u8], seed: &[u8; 32]) -> Self {
        let seeded = Sha256::new_with_prefix(domain).chain_update(seed);
        Self {
            numbers: block(&seeded, 0),
            seeded,
            blocks: 1,
        }
    }

    /// The next number in a range from zero: the upper 64 bits of number × bound, which favours none
    /// by more than bound/2⁶⁴. Zero if the bound is.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Fisher and Yates: from the last item on, each changes places with one at or before it.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }

    fn next(&mut self) -> u64 {
        if let Some(number) = self.numbers.next() {
            return number;
        }
        self.numbers = block(&self.seeded, self.blocks);
        self.blocks += 1;
        // A block has four.
        self.numbers.next().unwrap_or_default()
    }
}

fn block(seeded: &Sha256, counter: u64) -> IntoIter<u64, 4> {
    let bytes: [u8; 32] = seeded
        .clone()
        .chain_update(counter.to_be_bytes())
        .finalize()
        .into();
    let mut numbers = [0; 4];
    for (number, part) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = u64::from_be_bytes(*part);
    }
    numbers.into_iter()
}
