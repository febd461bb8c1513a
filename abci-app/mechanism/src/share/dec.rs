//! Non-negative fixed-point numbers with 18 decimals: Cosmos's `LegacyDec` without a sign.

use std::{fmt, str::FromStr};

use ethnum::U256;
use slsbft_types::Amount;

/// Digits after the point.
const PLACES: usize = 18;
const ONE: u128 = 1_000_000_000_000_000_000;
/// Digits of 2²⁵⁶ − 1; a longer number cannot fit.
const MAX_DIGITS: usize = 78;

/// A number from 0 to about 10⁵⁹ in steps of 10⁻¹⁸.
///
/// 256 bits, because shares become cheaper with every slash: 10¹⁶ uankr are 10³⁴ steps at first,
/// and 128 bits would leave a factor of 34,000 for the price to fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dec(U256);

/// Why a number could not be computed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecError {
    #[error("number overflows 256 bits")]
    Overflow,
    #[error("number would fall below zero")]
    Underflow,
    #[error("not a number; expected digits without sign, then at most {PLACES} decimals")]
    Text,
    #[error("not a number in units of 10^-{PLACES}; expected at most {MAX_DIGITS} digits without sign")]
    Wire,
}

impl Dec {
    pub const ZERO: Self = Self(U256::ZERO);

    /// A whole number.
    pub fn whole(amount: Amount) -> Self {
        // 128 bits and the 60 of 10¹⁸ always fit.
        Self(U256::from(amount.value()) * U256::from(ONE))
    }

    /// In units of 10⁻¹⁸.
    pub(super) const fn from_units(units: U256) -> Self {
        Self(units)
    }

    /// In units of 10⁻¹⁸.
    pub(super) const fn units(self) -> U256 {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0 == U256::ZERO
    }

    pub fn add(self, other: Self) -> Result<Self, DecError> {
        self.0.checked_add(other.0).map(Self).ok_or(DecError::Overflow)
    }

    pub fn sub(self, other: Self) -> Result<Self, DecError> {
        self.0.checked_sub(other.0).map(Self).ok_or(DecError::Underflow)
    }

    /// `amount` times this number, rounded down.
    pub fn of(self, amount: Amount) -> Result<Amount, DecError> {
        let product = self.0.checked_mul(amount.value().into());
        let whole = product.ok_or(DecError::Overflow)? / U256::from(ONE);
        let whole = u128::try_from(whole).map_err(|_| DecError::Overflow)?;
        Ok(Amount::new(whole))
    }

    /// 32 bytes, big endian, for records.
    pub fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    pub fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }

    /// From the form Cosmos uses in protobuf: units of 10⁻¹⁸ as a decimal integer, so
    /// `"1500000000000000000"` is 1.5.
    pub fn from_wire(text: &str) -> Result<Self, DecError> {
        parse_digits(text, DecError::Wire)
    }

    /// The form Cosmos uses in protobuf; see [`Self::from_wire`].
    pub fn to_wire(self) -> String {
        self.0.to_string()
    }
}

fn parse_digits(text: &str, malformed: DecError) -> Result<Dec, DecError> {
    if text.is_empty() || text.len() > MAX_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed);
    }
    U256::from_str_radix(text, 10)
        .map(Dec)
        .map_err(|_| DecError::Overflow)
}

/// `1.500000000000000000`, as Cosmos writes it in JSON.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = U256::from(ONE);
        let decimals = (self.0 % one).as_u64();
        write!(f, "{}.{decimals:0PLACES$}", self.0 / one)
    }
}

/// What Cosmos reads: `1`, `1.5` and `1.500000000000000000`, but neither `1.` nor `.5`.
impl FromStr for Dec {
    type Err = DecError;

    fn from_str(text: &str) -> Result<Self, DecError> {
        if text.len() > MAX_DIGITS + 1 {
            return Err(DecError::Text);
        }
        let (whole, decimals) = match text.split_once('.') {
            None => (text, ""),
            Some((_, "")) => return Err(DecError::Text),
            Some(parts) => parts,
        };
        if whole.is_empty() || decimals.len() > PLACES {
            return Err(DecError::Text);
        }
        parse_digits(&format!("{whole}{decimals:0<PLACES$}"), DecError::Text)
    }
}

impl serde::Serialize for Dec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Dec {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_read_back_as_cosmos_writes_them() {
        for (text, wire) in [
            ("0.000000000000000000", "0"),
            ("0.000000000000000001", "1"),
            ("1.500000000000000000", "1500000000000000000"),
            (
                "10000000000000000.000000000000000000",
                "10000000000000000000000000000000000",
            ),
        ] {
            assert_eq!(dec(text).to_string(), text);
            assert_eq!(dec(text).to_wire(), wire);
            assert_eq!(Dec::from_wire(wire), Ok(dec(text)));
            assert_eq!(serde_json::to_string(&dec(text)).unwrap(), format!("\"{text}\""));
            assert_eq!(
                serde_json::from_str::<Dec>(&format!("\"{text}\"")).unwrap(),
                dec(text)
            );
        }
        assert_eq!(dec("1.5"), dec("1.500000000000000000"));
        assert_eq!(dec("7"), Dec::whole(Amount::new(7)));
    }

    #[test]
    fn what_is_no_number_is_refused_whatever_its_length() {
        let long = "1".repeat(1_000_000);
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            " 1",
            "1e3",
            "1.0.0",
            "1.0000000000000000001",
            "١",
            &long,
        ] {
            assert_eq!(bad.parse::<Dec>(), Err(DecError::Text), "{bad:.40}");
        }
        for bad in ["", "1.5", "-1", "+1", "0x1", &long] {
            assert_eq!(Dec::from_wire(bad), Err(DecError::Wire), "{bad:.40}");
        }
        let max = U256::MAX.to_string();
        assert_eq!(Dec::from_wire(&max).unwrap().to_wire(), max);
        assert_eq!(Dec::from_wire(&"9".repeat(78)), Err(DecError::Overflow));
        assert_eq!("9".repeat(60).parse::<Dec>(), Err(DecError::Overflow));
        assert_eq!("9".repeat(61).parse::<Dec>(), Err(DecError::Text));
    }

    #[test]
    fn numbers_never_wrap() {
        let max = Dec::from_wire(&U256::MAX.to_string()).unwrap();
        assert_eq!(max.add(Dec::from_wire("1").unwrap()), Err(DecError::Overflow));
        assert_eq!(
            Dec::ZERO.sub(Dec::from_wire("1").unwrap()),
            Err(DecError::Underflow)
        );
        assert_eq!(
            Dec::whole(Amount::new(u128::MAX)).to_string(),
            format!("{}.{:018}", u128::MAX, 0)
        );
    }

    #[test]
    fn a_part_of_an_amount_is_rounded_down() {
        let of = |part: &str, amount| dec(part).of(Amount::new(amount)).map(Amount::value);
        assert_eq!(of("0.05", 19), Ok(0));
        assert_eq!(of("0.05", 20), Ok(1));
        assert_eq!(of("1", u128::MAX), Ok(u128::MAX));
        assert_eq!(of("1.000000000000000001", u128::MAX), Err(DecError::Overflow));
    }

    proptest! {
        #[test]
        fn any_number_reads_back(high: u128, low: u128) {
            let number = Dec::from_units(U256::from_words(high, low));
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(Dec::from_wire(&number.to_wire()), Ok(number));
            prop_assert_eq!(Dec::from_be_bytes(number.to_be_bytes()), number);
        }
    }
}
