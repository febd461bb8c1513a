//! The schedule.

use std::ops::Range;

use slsbft_types::{Amount, AmountError, Time};

use super::{Parts, Rules};
use crate::{halving, wide::mul_div};

/// What an epoch releases from the pool, in its four parts: remaining · (1 − 2^(−Δ / half-life)) of the
/// pool that remains, Δ being the epoch's block time, at most `longest_step_seconds`. What rounding
/// or parts below one leave stays in the pool.
///
/// Why so. An amount per epoch would pay more to whoever makes blocks faster, as epochs are counted
/// in blocks. An amount per second until the pool is empty ends with a cliff, and halvings at fixed
/// dates have one each. A part of what *remains* needs no state but the pool itself, never takes
/// more than there is, and rights itself after whatever parameters or halts did: twice half the time
/// releases the same as the whole, but for one uankr per epoch. The pool of 4·10⁹ ANKR gives
/// 636 million in its first year, 22,000 in an epoch of 1,000 s.
pub fn release(remaining: Amount, epoch: &Range<Time>, rules: &Rules) -> Result<Parts<Amount>, AmountError> {
    let elapsed = halving::micros_between(epoch.start, epoch.end);
    let elapsed = elapsed.min(halving::micros(rules.longest_step_seconds));
    let left = halving::left_after(elapsed, halving::micros(rules.half_life_seconds));
    let gone = u128::from(halving::ONE - left);
    let released = mul_div(remaining.value(), gone, halving::ONE.into()).ok_or(AmountError::Overflow)?;
    let released = Amount::new(released);
    Ok(Parts {
        held: rules.parts.held.of(released)?,
        consumed: rules.parts.consumed.of(released)?,
        provided: rules.parts.provided.of(released)?,
        reputation: rules.parts.reputation.of(released)?,
    })
}
