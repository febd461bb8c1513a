use proptest::prelude::*;
use slsbft_mechanism::request::round;

#[test]
fn halves_go_away_from_zero_and_zero_has_no_sign() {
    let cases = [
        ("0", 0, "0"),
        ("-0", 2, "0.00"),
        ("1.005", 2, "1.01"),
        ("-1.005", 2, "-1.01"),
        ("1.0049999", 2, "1.00"),
        ("0.5", 0, "1"),
        ("0.49", 0, "0"),
        ("-0.4", 0, "0"),
        ("9.99", 1, "10.0"),
        ("999.5", 0, "1000"),
        ("0.05", 1, "0.1"),
        ("0.004", 1, "0.0"),
        ("12", 3, "12.000"),
        ("1e3", 0, "1000"),
        ("1.5E+2", 1, "150.0"),
        ("15e-1", 0, "2"),
        ("5e-3", 2, "0.01"),
        ("4e-3", 2, "0.00"),
        ("9e-200", 18, "0.000000000000000000"),
        ("0.000e5", 1, "0.0"),
        ("67321.123456789", 2, "67321.12"),
    ];
    for (number, decimals, expected) in cases {
        assert_eq!(
            round(number, decimals).as_deref(),
            Some(expected),
            "{number} to {decimals}"
        );
    }
}

#[test]
fn what_json_does_not_write_is_no_number() {
    for text in [
        "", "-", "+1", ".5", "1.", "01", "1e", "1e+", "1e999", "0x1", "1_000", "NaN", "1 ", "1.2.3", "--1",
        "1e1e1", "١",
    ] {
        assert_eq!(round(text, 2), None, "{text}");
    }
    assert_eq!(round(&"9".repeat(257), 2), None);
}

proptest! {
    /// Against integers: mantissa · 10^-scale, to fewer places.
    #[test]
    fn rounding_is_that_of_integers(mantissa in -10i64.pow(15)..10i64.pow(15), scale in 0u32..12, decimals in 0u32..12) {
        let text = format!("{mantissa}e-{scale}");
        let rounded = match scale.checked_sub(decimals) {
            Some(drop) => {
                let unit = 10i128.pow(drop);
                let half = i128::from(mantissa.signum()) * (unit / 2);
                (i128::from(mantissa) + half) / unit
            }
            None => i128::from(mantissa) * 10i128.pow(decimals - scale),
        };
        let places = decimals as usize;
        let digits = format!("{:0>width$}", rounded.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if rounded < 0 { "-" } else { "" };
        let point = if places > 0 { "." } else { "" };
        prop_assert_eq!(round(&text, decimals), Some(format!("{sign}{whole}{point}{fraction}")));
    }

    #[test]
    fn any_text_is_a_number_or_is_not(text in "[-+0-9.eE]{0,20}", decimals in 0u32..40) {
        if let Some(rounded) = round(&text, decimals) {
            prop_assert_eq!(round(&rounded, decimals), Some(rounded));
        }
    }
}
