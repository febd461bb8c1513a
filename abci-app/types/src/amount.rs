//! Amounts, denominations and coins. Every operation is checked; text forms are
//! those of Cosmos (`"1000"`, `"1000uankr"`).

use std::{fmt, str::FromStr};

use cosmos_sdk_proto::cosmos::base::v1beta1::Coin as ProtoCoin;

/// A non-negative integer amount of some denomination's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

/// Why an amount could not be computed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("amount overflows 128 bits")]
    Overflow,
    #[error("amount would fall below zero")]
    Underflow,
    #[error("not an amount; expected a decimal integer without sign, at most 39 digits")]
    Text,
}

impl Amount {
    pub const ZERO: Self = Self(0);

    pub const fn new(value: u128) -> Self {
        Self(value)
    }

    pub const fn value(self) -> u128 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn add(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountError::Overflow)
    }

    pub fn sub(self, other: Self) -> Result<Self, AmountError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(AmountError::Underflow)
    }

    pub fn mul(self, factor: u128) -> Result<Self, AmountError> {
        self.0.checked_mul(factor).map(Self).ok_or(AmountError::Overflow)
    }

    /// `self - other`, or zero where that would be negative.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<u64> for Amount {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if text.is_empty() || text.len() > 39 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AmountError::Text);
        }
        text.parse().map(Self).map_err(|_| AmountError::Overflow)
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Name of a coin's unit: `[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`, as in Cosmos SDK.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Denom(String);

impl Denom {
    /// The chain's own coin.
    pub fn base() -> Self {
        Self(crate::BASE_DENOM.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Denom {
    type Err = CoinsError;

    fn from_str(text: &str) -> Result<Self, CoinsError> {
        let shaped = (3..=128).contains(&text.len())
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/:._-".contains(&b));
        if !shaped {
            let shown: String = text.chars().take(40).collect();
            return Err(CoinsError::Denom(shown));
        }
        Ok(Self(text.to_owned()))
    }
}

impl serde::Serialize for Denom {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Denom {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// An amount of one denomination.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Coin {
    pub denom: Denom,
    pub amount: Amount,
}

impl Coin {
    /// An amount of the chain's own coin.
    pub fn base(amount: Amount) -> Self {
        Self {
            denom: Denom::base(),
            amount,
        }
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl FromStr for Coin {
    type Err = CoinsError;

    fn from_str(text: &str) -> Result<Self, CoinsError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (amount, denom) = text.split_at(digits);
        Ok(Self {
            amount: amount.parse()?,
            denom: denom.parse()?,
        })
    }
}

impl From<&Coin> for ProtoCoin {
    fn from(coin: &Coin) -> Self {
        Self {
            denom: coin.denom.to_string(),
            amount: coin.amount.to_string(),
        }
    }
}

impl TryFrom<&ProtoCoin> for Coin {
    type Error = CoinsError;

    fn try_from(coin: &ProtoCoin) -> Result<Self, CoinsError> {
        Ok(Self {
            denom: coin.denom.parse()?,
            amount: coin.amount.parse()?,
        })
    }
}

/// Why coins could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoinsError {
    #[error("invalid denomination '{0}'; expected a letter, then 2 to 127 of letters, digits and /:._-")]
    Denom(String),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error("coins must be sorted by denomination, without duplicates")]
    Order,
    #[error("coin {0} has a zero amount")]
    Zero(String),
    #[error("more than {} coins", Coins::MAX)]
    TooMany,
}

/// Coins in the only form there is: sorted by denomination, without duplicates
/// or zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Coins(Vec<Coin>);

impl Coins {
    /// Most coins of a message.
    pub const MAX: usize = 16;

    /// Checks order, uniqueness and amounts.
    pub fn new(coins: Vec<Coin>) -> Result<Self, CoinsError> {
        if let Some(zero) = coins.iter().find(|coin| coin.amount.is_zero()) {
            return Err(CoinsError::Zero(zero.to_string()));
        }
        if !coins.is_sorted_by(|a, b| a.denom < b.denom) {
            return Err(CoinsError::Order);
        }
        Ok(Self(coins))
    }

    /// One coin, or none if the amount is zero.
    pub fn one(coin: Coin) -> Self {
        if coin.amount.is_zero() {
            Self::default()
        } else {
            Self(vec![coin])
        }
    }

    /// An amount of the chain's own coin.
    pub fn base(amount: Amount) -> Self {
        Self::one(Coin::base(amount))
    }

    /// The coins of a message, whose number is bounded too.
    pub fn from_proto(coins: &[ProtoCoin]) -> Result<Self, CoinsError> {
        if coins.len() > Self::MAX {
            return Err(CoinsError::TooMany);
        }
        Self::new(coins.iter().map(Coin::try_from).collect::<Result<_, _>>()?)
    }

    pub fn to_proto(&self) -> Vec<ProtoCoin> {
        self.0.iter().map(ProtoCoin::from).collect()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Coin> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Amount of a denomination; zero if it is not among them.
    pub fn amount_of(&self, denom: &str) -> Amount {
        self.0
            .iter()
            .find(|coin| coin.denom.as_str() == denom)
            .map_or(Amount::ZERO, |coin| coin.amount)
    }
}

impl<'a> IntoIterator for &'a Coins {
    type Item = &'a Coin;
    type IntoIter = std::slice::Iter<'a, Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de> serde::Deserialize<'de> for Coins {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// `1uankr,2uatom`, as Cosmos writes coins in events.
impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, coin) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            coin.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for Coins {
    type Err = CoinsError;

    fn from_str(text: &str) -> Result<Self, CoinsError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let coins = text.split(',').map(|c| c.trim().parse());
        Self::new(coins.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_never_wrap() {
        let max = Amount::new(u128::MAX);
        assert_eq!(max.add(Amount::new(1)), Err(AmountError::Overflow));
        assert_eq!(Amount::ZERO.sub(Amount::new(1)), Err(AmountError::Underflow));
        assert_eq!(max.mul(2), Err(AmountError::Overflow));
        assert_eq!(format!("{max}").parse(), Ok(max));
        assert_eq!(
            "340282366920938463463374607431768211456".parse::<Amount>(),
            Err(AmountError::Overflow)
        );
        for bad in ["", "-1", "+1", " 1", "1.0", "1e3", &"9".repeat(40)] {
            assert_eq!(bad.parse::<Amount>(), Err(AmountError::Text), "{bad}");
        }
    }

    #[test]
    fn coins_have_one_form() {
        assert_eq!("1aaa,2bbb".parse::<Coins>().unwrap().to_string(), "1aaa,2bbb");
        assert_eq!("2bbb,1aaa".parse::<Coins>(), Err(CoinsError::Order));
        assert_eq!("1aaa,1aaa".parse::<Coins>(), Err(CoinsError::Order));
        assert_eq!("0aaa".parse::<Coins>(), Err(CoinsError::Zero("0aaa".into())));
        assert!(matches!("1a".parse::<Coins>(), Err(CoinsError::Denom(_))));
        assert!(matches!("1a b".parse::<Coins>(), Err(CoinsError::Denom(_))));
    }
}
