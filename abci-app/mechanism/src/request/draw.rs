//! Who is asked.

use sha2::{Digest, Sha256};

use crate::random::Random;

/// Of seeds and of the numbers drawn from them.
const SEED: &[u8] = b"slsbft/request/seed/1";
const DOMAIN: &[u8] = b"slsbft/request/1";

/// Places among `number` candidates, each with the same chance, in the order drawn: at most `most`,
/// and none twice.
///
/// How: the seed is SHA-256(`"slsbft/request/seed/1"` ‖ beacon ‖ request, 8 bytes, big-endian). Of the
/// list of places the i-th changes with one at or after it, for i = 0, 1, …; numbers come from
/// SHA-256(`"slsbft/request/1"` ‖ seed ‖ i) as those of audits do.
pub fn draw(beacon: &[u8; 32], request: u64, number: usize, most: usize) -> Vec<usize> {
    let seed: [u8; 32] = Sha256::new_with_prefix(SEED)
        .chain_update(beacon)
        .chain_update(request.to_be_bytes())
        .finalize()
        .into();
    let mut random = Random::new(DOMAIN, &seed);
    let mut places: Vec<usize> = (0..number).collect();
    let most = most.min(number);
    for first in 0..most {
        let other = random.below((number - first) as u64) as usize;
        places.swap(first, first + other);
    }
    places.truncate(most);
    places
}
