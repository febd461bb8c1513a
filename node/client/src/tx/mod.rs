//! Transactions: `cosmos.tx.v1beta1.TxRaw` with SIGN_MODE_DIRECT, one or more
//! messages, one or more signers. Nothing here talks to a node.

mod builder;
mod fee;

use std::{fmt, str::FromStr};

use slsbft_types::PublicKey;

use crate::keys::SigningKey;

pub use builder::{TxBuilder, UnsignedTx};
pub use fee::{Fee, GAS_PRICE, MIN_GAS, adjusted_gas};

/// What a signature covers besides the transaction itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerData {
    pub public_key: PublicKey,
    pub account_number: u64,
    pub sequence: u64,
}

impl SignerData {
    pub fn of(key: &SigningKey, account_number: u64, sequence: u64) -> Self {
        Self {
            public_key: key.public_key(),
            account_number,
            sequence,
        }
    }
}

/// Why a transaction cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxBuildError {
    #[error("a transaction needs at least one message")]
    NoMessages,
    #[error("a transaction needs at least one signer")]
    NoSigners,
    #[error("{found} signatures for {expected} signers; sign with every signer's key, in order")]
    Signatures { expected: usize, found: usize },
    #[error("no signer has the key of {0}; signers are those named by the messages")]
    ForeignKey(slsbft_types::Address),
    #[error("fee overflows; lower the gas limit or the gas price")]
    FeeOverflow,
    #[error("signed bytes are no transaction (a cosmos.tx.v1beta1.TxRaw is expected)")]
    Malformed,
}

/// SHA-256 of a transaction's bytes; written in upper-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxHash(pub [u8; 32]);

/// A text is no transaction hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a transaction hash; expected 64 hexadecimal digits")]
pub struct TxHashError;

impl fmt::Display for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TxHash {
    type Err = TxHashError;

    fn from_str(text: &str) -> Result<Self, TxHashError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text.trim().trim_start_matches("0x"), &mut hash).map_err(|_| TxHashError)?;
        Ok(Self(hash))
    }
}

/// A transaction ready to be broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTx {
    bytes: Vec<u8>,
    hash: TxHash,
}

impl SignedTx {
    /// Encoded `TxRaw`, as read from a file or made by [`UnsignedTx::sign`].
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let hash = TxHash(slsbft_types::tx::tx_hash(&bytes));
        Self { bytes, hash }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn hash(&self) -> TxHash {
        self.hash
    }
}
