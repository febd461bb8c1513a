//! Account addresses: 20 bytes for keys and modules, 32 for contracts, written
//! as bech32 with the prefix of their role.

use std::{fmt, str::FromStr};

use bech32::{Bech32, Hrp};
use sha2::{Digest, Sha256};

/// Prefix of accounts.
pub const ACCOUNT_PREFIX: &str = "ankr";
/// Prefix of validator operators: the same bytes as the operator's account.
pub const VALIDATOR_PREFIX: &str = "ankrvaloper";
/// Prefix of consensus keys.
pub const CONSENSUS_PREFIX: &str = "ankrvalcons";

const MAX_LEN: usize = 32;
/// A bech32 string of a 32-byte address and the longest prefix is well below this.
const MAX_TEXT: usize = 90;

/// An address; cheap to copy, ordered by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    bytes: [u8; MAX_LEN],
    len: u8,
}

/// Why a text or bytes are no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("address is empty; expected {ACCOUNT_PREFIX}1…")]
    Empty,
    #[error("not a bech32 address ({0}); expected {ACCOUNT_PREFIX}1…")]
    Encoding(String),
    #[error("address prefix is '{found}', expected '{expected}'")]
    Prefix { found: String, expected: &'static str },
    #[error("address has {0} bytes, expected 20 (keys, modules) or 32 (contracts)")]
    Length(usize),
}

impl Address {
    /// From raw bytes: 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, AddressError> {
        if raw.len() != 20 && raw.len() != 32 {
            return Err(AddressError::Length(raw.len()));
        }
        let mut bytes = [0; MAX_LEN];
        for (to, from) in bytes.iter_mut().zip(raw) {
            *to = *from;
        }
        Ok(Self {
            bytes,
            len: raw.len() as u8,
        })
    }

    /// The account of a module, which no key can sign for: the first 20 bytes
    /// of SHA-256 of its name, as in Cosmos SDK's `auth`.
    pub fn module(name: &str) -> Self {
        Self::from_hash20(&Sha256::digest(name.as_bytes()).into())
    }

    /// All 32 bytes of a hash: a contract's address.
    pub fn from_hash(hash: &[u8; 32]) -> Self {
        Self {
            bytes: *hash,
            len: 32,
        }
    }

    /// The first 20 bytes of a hash.
    pub(crate) fn from_hash20(hash: &[u8; 32]) -> Self {
        let mut bytes = *hash;
        bytes[20..].fill(0);
        Self { bytes, len: 20 }
    }

    /// 20 or 32 raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Parses an account address (`ankr1…`).
    pub fn from_bech32(text: &str) -> Result<Self, AddressError> {
        Self::from_bech32_with(ACCOUNT_PREFIX, text)
    }

    /// Parses an address with another of the chain's prefixes.
    pub fn from_bech32_with(prefix: &'static str, text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(AddressError::Encoding("too long".into()));
        }
        let decoded = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text)
            .map_err(|e| AddressError::Encoding(e.to_string()))?;
        if decoded.hrp().to_lowercase() != prefix {
            return Err(AddressError::Prefix {
                found: decoded.hrp().to_string(),
                expected: prefix,
            });
        }
        Self::from_bytes(&decoded.byte_iter().collect::<Vec<u8>>())
    }

    /// Writes the address with another of the chain's prefixes.
    pub fn to_bech32_with(&self, prefix: &'static str) -> String {
        // Cannot fail: the prefixes are ours and 32 bytes fit any bech32 string.
        Hrp::parse(prefix)
            .ok()
            .and_then(|hrp| bech32::encode::<Bech32>(hrp, self.as_bytes()).ok())
            .unwrap_or_default()
    }

    /// `ankrvaloper1…`
    pub fn to_validator_bech32(&self) -> String {
        self.to_bech32_with(VALIDATOR_PREFIX)
    }

    /// `ankrvalcons1…`
    pub fn to_consensus_bech32(&self) -> String {
        self.to_bech32_with(CONSENSUS_PREFIX)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_bech32_with(ACCOUNT_PREFIX))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::from_bech32(text)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_bech32(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_written() {
        for raw in [[7u8; 20].as_slice(), &[9u8; 32]] {
            let address = Address::from_bytes(raw).unwrap();
            assert_eq!(Address::from_bech32(&address.to_string()).unwrap(), address);
            assert_eq!(address.as_bytes(), raw);
        }
    }

    #[test]
    fn a_foreign_prefix_a_typo_and_a_wrong_length_are_told_apart() {
        let address = Address::from_bytes(&[1; 20]).unwrap();
        let operator = address.to_validator_bech32();
        assert!(matches!(
            Address::from_bech32(&operator),
            Err(AddressError::Prefix { .. })
        ));
        let mut typo = address.to_string();
        typo.replace_range(10..11, if typo.as_bytes()[10] == b'q' { "p" } else { "q" });
        assert!(matches!(
            Address::from_bech32(&typo),
            Err(AddressError::Encoding(_))
        ));
        assert_eq!(Address::from_bytes(&[1; 21]), Err(AddressError::Length(21)));
        assert_eq!(Address::from_bech32(""), Err(AddressError::Empty));
    }
}
