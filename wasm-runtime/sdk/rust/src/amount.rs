//! Amounts of coins and tokens.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

/// An amount, in JSON a decimal text, because readers of JSON elsewhere round large numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u128);

impl Amount {
    pub const ZERO: Self = Self(0);

    /// # Errors
    /// The sum exceeds 128 bits.
    pub fn add(self, other: Self) -> Result<Self, Error> {
        let sum = self.0.checked_add(other.0).map(Self);
        sum.ok_or_else(|| format!("{self} and {other} exceed 128 bits").into())
    }

    /// # Errors
    /// The difference is below zero.
    pub fn sub(self, other: Self) -> Result<Self, Error> {
        let rest = self.0.checked_sub(other.0).map(Self);
        rest.ok_or_else(|| format!("{other} is asked for, and there is {self}").into())
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Display for Amount {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, to)
    }
}

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number
            .map(Self)
            .ok_or_else(|| format!("'{text}' is no amount; write one as in \"25\"").into())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}
