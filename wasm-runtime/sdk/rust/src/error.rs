//! Why a contract says no.

use std::fmt::{self, Display, Formatter};

/// The words with which a call ends that the contract refuses. They reach whoever called.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl From<&str> for Error {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

impl From<String> for Error {
    fn from(words: String) -> Self {
        Self(words)
    }
}

impl Display for Error {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, to)
    }
}

impl std::error::Error for Error {}
