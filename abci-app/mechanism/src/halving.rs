//! Exponential decay in integers: 2^(−elapsed / half-life).
//!
//! The factor is at most 2⁻⁶³ above its true value and less than 2⁻⁵⁴ below it. Whole half-lives
//! are exact. One step and several of the same length together agree within those bounds, not to the
//! last bit: the moments at which a record is touched are part of consensus.

use slsbft_types::Time;

/// A factor of 1.
pub const ONE: u64 = 1 << 63;

/// 2^(−2^−i) for i = 1, 2, …: each the square root of the one before, rounded down. An error d
/// before becomes at most 0.71·d + 1, so none is off by more than 3 units of 2⁻⁶³.
const ROOTS: [u64; 63] = roots();

#[allow(
    clippy::indexing_slicing,
    reason = "only the compiler runs it: out of bounds would not build"
)]
const fn roots() -> [u64; 63] {
    let mut roots = [0; 63];
    let mut last = ONE / 2;
    let mut i = 0;
    while i < roots.len() {
        last = ((last as u128) << 63).isqrt() as u64;
        roots[i] = last;
        i += 1;
    }
    roots
}

/// What is left of 1 after a time, in parts of [`ONE`]. Both times in the same unit; a half-life of
/// zero counts as one unit.
pub fn left_after(elapsed: u64, half_life: u64) -> u64 {
    let half_life = half_life.max(1);
    let fraction = (u128::from(elapsed % half_life) << 63) / u128::from(half_life);
    let factor = ROOTS.iter().enumerate().fold(ONE, |factor, (i, root)| {
        if fraction >> (62 - i) & 1 == 1 {
            scale(factor, *root)
        } else {
            factor
        }
    });
    let halvings = u32::try_from(elapsed / half_life).unwrap_or(u32::MAX);
    factor.checked_shr(halvings).unwrap_or(0)
}

/// ⌊value · factor⌋, for a factor in parts of [`ONE`].
pub fn scale(value: u64, factor: u64) -> u64 {
    // At most `value`, because no factor is above ONE.
    ((u128::from(value) * u128::from(factor)) >> 63) as u64
}

/// Microseconds from one time to a later one; zero if that is earlier.
pub fn micros_between(earlier: Time, later: Time) -> u64 {
    u64::try_from(later.nanos_since(earlier) / 1000).unwrap_or(u64::MAX)
}

/// Microseconds in a number of seconds; the most there are if they do not fit.
pub fn micros(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000_000)
}

#[cfg(test)]
#[allow(
    clippy::disallowed_types,
    reason = "floating point is what the integers are compared with"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expected(elapsed: u64, half_life: u64) -> f64 {
        (-(elapsed as f64) / half_life as f64).exp2()
    }

    #[test]
    fn whole_half_lives_are_exact() {
        assert_eq!(left_after(0, 7), ONE);
        assert_eq!(left_after(7, 7), ONE / 2);
        assert_eq!(left_after(35, 7), ONE / 32);
        assert_eq!(left_after(63 * 7, 7), 1);
        assert_eq!(left_after(64 * 7, 7), 0);
        assert_eq!(left_after(u64::MAX, 1), 0);
        assert_eq!(left_after(5, 0), ONE / 32);
    }

    #[test]
    fn the_square_root_of_a_half_is_known_to_nineteen_digits() {
        // 2^(−1/2) · 2⁶³ = 6521908912666391106.17…
        let root = left_after(1, 2);
        assert!(
            (6_521_908_912_666_391_104..=6_521_908_912_666_391_106).contains(&root),
            "{root}"
        );
    }

    proptest! {
        #[test]
        fn the_factor_is_that_of_floating_point_within_its_precision(
            elapsed in 0u64..1 << 52, half_life in 1u64..1 << 52,
        ) {
            let factor = left_after(elapsed, half_life) as f64 / ONE as f64;
            let expected = expected(elapsed, half_life);
            // A double holds 53 bits, and its exponent here up to 10 of them; what the last shift
            // drops is below one unit.
            let allowed = expected * 2e-15 * (1.0 + elapsed as f64 / half_life as f64) + 2.0 / ONE as f64;
            prop_assert!((factor - expected).abs() <= allowed, "{factor} instead of {expected}");
        }

        #[test]
        fn two_steps_are_one_within_the_stated_error(
            first in 0u64..1 << 40, second in 0u64..1 << 40, half_life in 1u64 << 30..1 << 40,
        ) {
            let steps = scale(left_after(first, half_life), left_after(second, half_life));
            let once = left_after(first + second, half_life);
            prop_assert!(steps.abs_diff(once) <= (once >> 52) + 2, "{steps} and {once}");
        }
    }
}
