//! `a · b / c` without overflow in between.

use ethnum::U256;

/// ⌊a · b / c⌋, or `None` if `c` is zero or the quotient needs more than 128 bits.
pub fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
    // Two factors of 128 bits always fit into 256.
    let quotient = (U256::from(a) * U256::from(b)).checked_div(c.into())?;
    quotient.try_into().ok()
}

/// ⌈a · b / c⌉, or `None` if `c` is zero or the quotient needs more than 128 bits.
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> Option<u128> {
    let product = U256::from(a) * U256::from(b);
    let quotient = product.checked_div(c.into())?;
    let odd = product % U256::from(c) != U256::ZERO;
    u128::try_from(quotient).ok()?.checked_add(odd.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_factors_divide_exactly_and_what_does_not_fit_is_refused() {
        assert_eq!(mul_div(u128::MAX, u128::MAX, u128::MAX), Some(u128::MAX));
        assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX), Some(u128::MAX));
        assert_eq!(mul_div(u128::MAX, 3, 2), None);
        assert_eq!(mul_div_ceil(u128::MAX, 3, 2), None);
        for divide in [mul_div, mul_div_ceil] {
            assert_eq!(divide(1, 1, 0), None);
            assert_eq!(divide(0, 7, 3), Some(0));
        }
        // ⌊x⌋ is the largest number, ⌈x⌉ one more.
        assert_eq!(mul_div(u128::MAX, u128::MAX - 1, u128::MAX - 1), Some(u128::MAX));
        let (a, c) = (1 << 127, (1 << 127) - 1);
        assert_eq!(mul_div(a, c, a - 1), Some(a));
        assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX - 1), None);
    }

    proptest! {
        #[test]
        fn floor_and_ceiling_enclose_the_quotient(a: u64, b: u64, c in 1u64..) {
            let (a, b, c) = (u128::from(a), u128::from(b), u128::from(c));
            prop_assert_eq!(mul_div(a, b, c), Some(a * b / c));
            prop_assert_eq!(mul_div_ceil(a, b, c), Some((a * b).div_ceil(c)));
        }
    }
}
