//! The one error of this crate: where in the document, and what is wrong there.

/// A bad field, by its path from the document's root
/// (`app_state.bank.balances[3].coins[0].amount`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct GenesisError {
    pub path: String,
    pub problem: String,
}

impl GenesisError {
    pub(crate) fn new(path: impl Into<String>, problem: impl ToString) -> Self {
        Self {
            path: path.into(),
            problem: problem.to_string(),
        }
    }

    /// The same error seen from one level further out.
    pub(crate) fn within(mut self, parent: &str) -> Self {
        let joint = if self.path.starts_with('[') || self.path.is_empty() {
            ""
        } else {
            "."
        };
        self.path = format!("{parent}{joint}{}", self.path);
        self
    }
}

/// `Ok` if the condition holds, else an error at the path.
pub(crate) fn ensure(holds: bool, path: &str, problem: impl ToString) -> Result<(), GenesisError> {
    if holds {
        Ok(())
    } else {
        Err(GenesisError::new(path, problem))
    }
}

/// Largest number that a genesis may begin to count from: what a chain counts on
/// stays countable, also for clients that know 63 bits.
const MOST_COUNTED: u64 = i64::MAX as u64 / 2;

/// Refuses a number that is counted up by one at a time if that could ever fail.
pub(crate) fn ensure_countable(number: u64, path: &str) -> Result<(), GenesisError> {
    ensure(
        number <= MOST_COUNTED,
        path,
        format!("is {number}; numbers that the chain counts on from are at most {MOST_COUNTED}"),
    )
}

/// Parses JSON; an error says where in the document it is.
pub(crate) fn parse<'de, T: serde::Deserialize<'de>>(json: &'de [u8]) -> Result<T, GenesisError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = match error.path().to_string() {
            root if root == "." => "document".to_owned(),
            path => path,
        };
        GenesisError::new(path, error.into_inner())
    })?;
    reader
        .end()
        .map_err(|error| GenesisError::new("document", error))?;
    Ok(value)
}

/// `i64` and `u64` the way CometBFT writes them in JSON: as text.
pub(crate) mod as_text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
