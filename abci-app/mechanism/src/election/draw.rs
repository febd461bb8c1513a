//! The pivotal method (Deville and Tillé, 1998): whoever may be drawn duels with the one left over before,
//! in random order.

use ethnum::U256;
use sha2::{Digest, Sha256};
use slsbft_types::Address;

use super::{Place, Standing, Threshold};

const ORDER: &str = "slsbft/election/order/2";
const DUEL: &str = "slsbft/election/duel/1";
const JITTER: &str = "slsbft/election/jitter/1";

/// Somebody in a duel, with the chance it plays for in parts of R: above 0, at most R.
struct Duellist<'a> {
    standing: &'a mut Standing,
    chance: u128,
}

/// Seats exactly `threshold.drawn` of the candidates below the threshold, whose weights add up to
/// `threshold.rest`.
pub(super) fn draw(others: Vec<&mut Standing>, threshold: &Threshold, seed: &[u8; 32]) {
    let mut order: Vec<_> = others
        .into_iter()
        .map(|standing| (hash(ORDER, seed, standing.operator.as_bytes()), standing))
        .collect();
    order.sort_unstable_by_key(|(hash, standing)| (*hash, standing.operator));

    let mut left: Option<Duellist<'_>> = None;
    for (_, standing) in order {
        // Out, until it is seated.
        standing.place = Place::NotDrawn;
        let chance = standing.weight * u128::from(threshold.drawn);
        let next = Duellist { standing, chance };
        left = Some(match left {
            None => next,
            Some(left) => duel(left, next, threshold.rest, seed),
        });
    }
    // Every seat took R of the chances, which add up to R for each seat; so R is left.
    if let Some(last) = left {
        last.standing.place = Place::Drawn;
    }
}

/// Who is left of two: with the chances of both if they make up no more than a seat, else with what is
/// above it, the other one being seated.
fn duel<'a>(first: Duellist<'a>, second: Duellist<'a>, seat: u128, seed: &[u8; 32]) -> Duellist<'a> {
    let lot = hash(DUEL, seed, second.standing.operator.as_bytes());
    // At most two seats, which fit: see `check_bounds`.
    let both = first.chance + second.chance;
    if both <= seat {
        let first_stays = reduce(lot, both) < first.chance;
        let standing = if first_stays {
            first.standing
        } else {
            second.standing
        };
        return Duellist {
            standing,
            chance: both,
        };
    }
    // Above 0, since the second's chance is below a seat.
    let missing = 2 * seat - both;
    let first_sits = reduce(lot, missing) < seat - second.chance;
    let (sits, stays) = if first_sits {
        (first, second)
    } else {
        (second, first)
    };
    sits.standing.place = Place::Drawn;
    Duellist {
        standing: stays.standing,
        chance: both - seat,
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

    /// Real weights are so large that chances never make up exactly a seat; these are so small that they
    /// do in every draw.
    #[test]
    fn whoever_is_left_with_exactly_a_seat_gets_it() {
        for (many, drawn) in [(6, 3), (5, 3), (4, 1), (7, 6)] {
            let threshold = Threshold {
                rest: many.into(),
                drawn,
            };
            for seed in 0..100 {
                let mut others: Vec<_> = (0..many).map(light).collect();
                draw(others.iter_mut().collect(), &threshold, &[seed; 32]);
                let seated = others.iter().filter(|other| other.place == Place::Drawn);
                assert_eq!(seated.count(), drawn as usize, "of {many} with seed {seed}");
            }
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
