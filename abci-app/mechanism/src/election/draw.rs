//! Systematic sampling with unequal chances: pieces on a line, and points at equal distances.

use ethnum::U256;
use sha2::{Digest, Sha256};
use slsbft_types::Address;

use super::{Place, Standing, Threshold};

const ORDER: &str = "slsbft/election/order/1";
const OFFSET: &str = "slsbft/election/offset/1";
const JITTER: &str = "slsbft/election/jitter/1";

/// Seats exactly `threshold.drawn` of the candidates below the threshold, whose weights add up to
/// `threshold.rest`.
pub(super) fn draw(others: Vec<&mut Standing>, threshold: &Threshold, seed: &[u8; 32]) {
    let mut line: Vec<_> = others
        .into_iter()
        .map(|standing| (hash(ORDER, seed, standing.operator.as_bytes()), standing))
        .collect();
    line.sort_unstable_by_key(|(hash, standing)| (*hash, standing.operator));

    let offset = reduce(hash(OFFSET, seed, &[]), threshold.rest);
    let mut point = threshold.rest - offset;
    let mut end = 0;
    for (_, standing) in line {
        end += standing.weight * u128::from(threshold.drawn);
        if point <= end {
            standing.place = Place::Drawn;
            point += threshold.rest;
        } else {
            standing.place = Place::NotDrawn;
        }
    }
}

/// What a seat's power is raised by: below `bound`, or 0 if that is 0.
pub(super) fn jitter(seed: &[u8; 32], operator: &Address, bound: u64) -> u64 {
    if bound == 0 {
        return 0;
    }
    let below = reduce(hash(JITTER, seed, operator.as_bytes()), bound.into());
    u64::try_from(below).unwrap_or_default()
}

fn hash(domain: &str, seed: &[u8; 32], operator: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix(domain)
        .chain_update(seed)
        .chain_update(operator)
        .finalize()
        .into()
}

/// `modulus` is above 0.
fn reduce(hash: [u8; 32], modulus: u128) -> u128 {
    (U256::from_be_bytes(hash) % U256::from(modulus)).as_u128()
}

#[cfg(test)]
mod tests {
    use slsbft_types::{Amount, Ratio};

    use super::*;

    /// Real weights are so large that no point ever falls on a border; these are so small that one
    /// does in every draw.
    #[test]
    fn a_point_on_the_border_of_two_pieces_is_covered_once() {
        let threshold = Threshold { rest: 5, drawn: 3 };
        for seed in 0..100 {
            let mut others: Vec<_> = (0..5).map(light).collect();
            draw(others.iter_mut().collect(), &threshold, &[seed; 32]);
            let drawn = others.iter().filter(|other| other.place == Place::Drawn).count();
            assert_eq!(drawn, 3, "seed {seed}");
        }
    }

    fn light(number: u8) -> Standing {
        Standing {
            operator: Address::module(&format!("operator {number}")),
            stake: Amount::ZERO,
            level: Ratio::ZERO,
            weight: 1,
            chance: Ratio::ZERO,
            place: Place::NoWeight,
            power: 0,
        }
    }
}
