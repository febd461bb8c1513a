//! What can go wrong with a testnet, in words that say what to do next.

use std::{io, path::Path};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading, writing or running something on this machine.
    #[error("cannot {action}: {source}")]
    Io { action: String, source: io::Error },
    /// A file of the testnet's folder that does not say what it should.
    #[error("{file}: {problem}")]
    File { file: String, problem: String },
    /// A node that does not answer, or not as expected.
    #[error("{node} {problem}")]
    Node { node: String, problem: String },
    #[error(transparent)]
    Genesis(#[from] slsbft_genesis::GenesisError),
    /// The caller asked for what cannot be done.
    #[error("{0}")]
    Usage(String),
    /// The chain did not do what it promises.
    #[error("{0}")]
    Chain(String),
}

impl Error {
    pub fn node(node: impl Into<String>, problem: impl ToString) -> Self {
        Self::Node {
            node: node.into(),
            problem: problem.to_string(),
        }
    }

    pub fn file(file: &Path, problem: impl ToString) -> Self {
        Self::File {
            file: file.display().to_string(),
            problem: problem.to_string(),
        }
    }
}

/// Says what was being done when an I/O error came.
pub trait During<T> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<io::Error>> During<T> for std::result::Result<T, E> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::Io {
            action: action(),
            source: error.into(),
        })
    }
}
