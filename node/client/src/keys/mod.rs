//! Signing keys: secp256k1 for wallets, ed25519 for daemons, devices and
//! sessions. Secrets are wiped from memory when dropped and never printed.

mod mnemonic;

use std::fmt;

use ed25519_dalek::Signer as _;
use rand::{RngCore, rngs::OsRng};
use secp256k1::{Message, SecretKey};
use sha2::{Digest, Sha256};
use slsbft_types::{Address, PublicKey};
use zeroize::Zeroizing;

pub use mnemonic::{HdPath, Mnemonic};

/// Which curve a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Secp256k1,
    Ed25519,
}

impl KeyKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The kind of a public key.
    pub fn of(key: &PublicKey) -> Self {
        match key {
            PublicKey::Secp256k1(_) => Self::Secp256k1,
            PublicKey::Ed25519(_) => Self::Ed25519,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for KeyKind {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text {
            "secp256k1" => Ok(Self::Secp256k1),
            "ed25519" => Ok(Self::Ed25519),
            other => Err(KeyError::Kind(other.chars().take(40).collect())),
        }
    }
}

/// Why a key cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("'{0}' is no key type; use secp256k1 (wallets) or ed25519 (daemons)")]
    Kind(String),
    #[error("secret key has {0} bytes, expected 32")]
    SecretLength(usize),
    #[error("secret key is zero or beyond the curve's order; it cannot have come from a wallet")]
    SecretRange,
    #[error("mnemonic has {0} words; expected 12, 15, 18, 21 or 24")]
    MnemonicLength(usize),
    #[error("word {position} of the mnemonic is not in the English BIP-39 list; check its spelling")]
    MnemonicWord { position: usize },
    #[error("the mnemonic's checksum is wrong: a word is missing, exchanged or misspelled into another")]
    MnemonicChecksum,
    #[error("account and index must be below 2147483648")]
    Path,
}

/// A private key together with its public key.
#[derive(Clone)]
pub struct SigningKey {
    secret: Secret,
    public: PublicKey,
}

#[derive(Clone)]
enum Secret {
    // As bytes: the library's own type is `Copy` and leaves its copies behind.
    Secp256k1(Zeroizing<[u8; 32]>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    pub fn generate(kind: KeyKind) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        loop {
            OsRng.fill_bytes(secret.as_mut());
            // Fails once in 2^128 for secp256k1, never for ed25519.
            if let Ok(key) = Self::from_secret(kind, secret.as_ref()) {
                return key;
            }
        }
    }

    /// From the 32 bytes of a secp256k1 scalar or an ed25519 seed.
    pub fn from_secret(kind: KeyKind, secret: &[u8]) -> Result<Self, KeyError> {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(
            secret
                .try_into()
                .map_err(|_| KeyError::SecretLength(secret.len()))?,
        );
        match kind {
            KeyKind::Secp256k1 => {
                let mut key = SecretKey::from_byte_array(*secret).map_err(|_| KeyError::SecretRange)?;
                let public = PublicKey::Secp256k1(key.public_key(secp256k1::SECP256K1).serialize());
                key.non_secure_erase();
                Ok(Self {
                    secret: Secret::Secp256k1(secret),
                    public,
                })
            }
            KeyKind::Ed25519 => {
                let key = Box::new(ed25519_dalek::SigningKey::from_bytes(&secret));
                let public = PublicKey::Ed25519(key.verifying_key().to_bytes());
                Ok(Self {
                    secret: Secret::Ed25519(key),
                    public,
                })
            }
        }
    }

    pub fn kind(&self) -> KeyKind {
        KeyKind::of(&self.public)
    }

    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    pub fn address(&self) -> Address {
        self.public.address()
    }

    /// 64 bytes: compact low-S ECDSA with an RFC 6979 nonce over SHA-256 of the
    /// message, or pure ed25519.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::Secp256k1(secret) => {
                let digest = Message::from_digest(Sha256::digest(message).into());
                // The range was checked when the key was made.
                SecretKey::from_byte_array(**secret).map_or([0; 64], |mut key| {
                    let signature = key.sign_ecdsa(digest).serialize_compact();
                    key.non_secure_erase();
                    signature
                })
            }
            Secret::Ed25519(key) => key.sign(message).to_bytes(),
        }
    }

    /// The 32 secret bytes, for storing them.
    pub fn secret_bytes(&self) -> Zeroizing<[u8; 32]> {
        match &self.secret {
            Secret::Secp256k1(secret) => secret.clone(),
            Secret::Ed25519(key) => Zeroizing::new(key.to_bytes()),
        }
    }
}

/// The public half only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_signs_verifies_under_the_chains_rules() {
        for kind in [KeyKind::Secp256k1, KeyKind::Ed25519] {
            for round in 0..32u8 {
                let key = SigningKey::generate(kind);
                let signature = key.sign(&[round; 40]);
                key.public_key().verify(&[round; 40], &signature).unwrap();
                assert!(key.public_key().verify(&[round ^ 1; 40], &signature).is_err());
            }
        }
    }

    #[test]
    fn a_key_reads_back_from_its_secret_and_never_prints_it() {
        for kind in [KeyKind::Secp256k1, KeyKind::Ed25519] {
            let key = SigningKey::generate(kind);
            let again = SigningKey::from_secret(kind, key.secret_bytes().as_ref()).unwrap();
            assert_eq!(again.address(), key.address());
            assert!(!format!("{key:?}").contains(&hex::encode(key.secret_bytes().as_ref())));
        }
    }

    #[test]
    fn bytes_that_are_no_secret_are_refused() {
        assert_eq!(
            SigningKey::from_secret(KeyKind::Secp256k1, &[0; 32]).unwrap_err(),
            KeyError::SecretRange
        );
        assert_eq!(
            SigningKey::from_secret(KeyKind::Secp256k1, &[255; 32]).unwrap_err(),
            KeyError::SecretRange
        );
        assert_eq!(
            SigningKey::from_secret(KeyKind::Ed25519, &[1; 31]).unwrap_err(),
            KeyError::SecretLength(31)
        );
    }
}
