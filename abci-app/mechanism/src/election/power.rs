//! From weight to voting power.

use super::{ElectionError, Place, Standing, Threshold, WEIGHT_PER_UANKR, draw::jitter};
use crate::proposer::MAX_TOTAL_POWER;

/// uankr of weight behind one unit of voting power: a thousandth of an ANKR.
///
/// Fixed, so that a candidate's power does not move with the stakes of others. Finer than a whole
/// ANKR, so that the smallest stakes still have tens of thousands of powers to be told apart by;
/// coarser than a uankr, so that the power of the whole supply (3·10¹³ at most) is an exact number
/// in clients that count with doubles. CometBFT's bound is 30,000 times as far.
pub const UANKR_PER_POWER: u128 = 1_000;

const WEIGHT_PER_POWER: u128 = UANKR_PER_POWER * WEIGHT_PER_UANKR;
/// A seat's power is raised by less than one part in this many.
const JITTER_PARTS: u64 = 1_000;

/// What a seat of this weight counts before it is raised: max(w, τ/2), or w where nothing is drawn;
/// rounded down, but at least 1.
pub fn base_power(weight: u128, threshold: Option<&Threshold>) -> Result<u64, ElectionError> {
    let floor = threshold.map_or(0, |threshold| threshold.half_in(WEIGHT_PER_POWER));
    u64::try_from((weight / WEIGHT_PER_POWER).max(floor).max(1)).map_err(|_| ElectionError::PowerTooLarge)
}

/// Gives every seat its power. Their sum is at most what CometBFT takes.
pub(super) fn assign(
    standings: &mut [Standing],
    threshold: Option<&Threshold>,
    seed: &[u8; 32],
) -> Result<(), ElectionError> {
    let mut total = 0u64;
    let seated = |place| matches!(place, Place::Certain | Place::Drawn | Place::Heaviest);
    for standing in standings.iter_mut().filter(|standing| seated(standing.place)) {
        let base = base_power(standing.weight, threshold)?;
        let raised = jitter(seed, &standing.operator, base / JITTER_PARTS);
        standing.power = base.checked_add(raised).ok_or(ElectionError::PowerTooLarge)?;
        total = total
            .checked_add(standing.power)
            .filter(|total| *total <= MAX_TOTAL_POWER.unsigned_abs())
            .ok_or(ElectionError::PowerTooLarge)?;
    }
    Ok(())
}
