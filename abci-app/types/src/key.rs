//! Public keys of accounts and the one place where signatures are judged.
//!
//! ed25519 follows ZIP-215 (`ed25519-consensus`), whose batch and single
//! verification agree on every input; secp256k1 takes only low-S signatures, so
//! that nobody can change a transaction's bytes without its signer.

use std::fmt;

use cosmos_sdk_proto::{
    Any,
    cosmos::crypto::{ed25519, secp256k1 as secp},
};
use prost::Message;
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::Address;

pub const SECP256K1_TYPE_URL: &str = "/cosmos.crypto.secp256k1.PubKey";
pub const ED25519_TYPE_URL: &str = "/cosmos.crypto.ed25519.PubKey";

/// A public key that can own an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicKey {
    /// Compressed point, 33 bytes: wallets.
    Secp256k1([u8; 33]),
    /// 32 bytes: daemons, devices, validators.
    Ed25519([u8; 32]),
}

/// Why a key or signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("unsupported key type '{0}'; supported are {SECP256K1_TYPE_URL} and {ED25519_TYPE_URL}")]
    Unsupported(String),
    #[error("public key cannot be decoded")]
    Malformed,
    #[error("signature must be 64 bytes, found {0}")]
    SignatureLength(usize),
    #[error("signature has a high S value; use the low-S form")]
    HighS,
    #[error("signature does not verify")]
    Mismatch,
}

impl PublicKey {
    /// From the `Any` of a transaction or account; the key's bytes must have
    /// the right length but need not be a valid point.
    pub fn from_any(any: &Any) -> Result<Self, KeyError> {
        match any.type_url.as_str() {
            SECP256K1_TYPE_URL => {
                let key = secp::PubKey::decode(any.value.as_slice()).map_err(|_| KeyError::Malformed)?;
                key.key
                    .try_into()
                    .map(Self::Secp256k1)
                    .map_err(|_| KeyError::Malformed)
            }
            ED25519_TYPE_URL => {
                let key = ed25519::PubKey::decode(any.value.as_slice()).map_err(|_| KeyError::Malformed)?;
                key.key
                    .try_into()
                    .map(Self::Ed25519)
                    .map_err(|_| KeyError::Malformed)
            }
            other => Err(KeyError::Unsupported(other.chars().take(80).collect())),
        }
    }

    pub fn to_any(&self) -> Any {
        let key = self.as_bytes().to_vec();
        match self {
            Self::Secp256k1(_) => Any {
                type_url: SECP256K1_TYPE_URL.into(),
                value: secp::PubKey { key }.encode_to_vec(),
            },
            Self::Ed25519(_) => Any {
                type_url: ED25519_TYPE_URL.into(),
                value: ed25519::PubKey { key }.encode_to_vec(),
            },
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Secp256k1(key) => key,
            Self::Ed25519(key) => key,
        }
    }

    /// RIPEMD-160(SHA-256(key)) for secp256k1, the first 20 bytes of
    /// SHA-256(key) for ed25519, as in Cosmos and CometBFT.
    pub fn address(&self) -> Address {
        let sha: [u8; 32] = Sha256::digest(self.as_bytes()).into();
        match self {
            Self::Secp256k1(_) => {
                let mut hash = [0; 32];
                for (to, from) in hash.iter_mut().zip(Ripemd160::digest(sha)) {
                    *to = from;
                }
                Address::from_hash20(&hash)
            }
            Self::Ed25519(_) => Address::from_hash20(&sha),
        }
    }

    /// Judges a 64-byte signature over a message (hashed with SHA-256 for secp256k1).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let signature: &[u8; 64] = signature
            .try_into()
            .map_err(|_| KeyError::SignatureLength(signature.len()))?;
        match self {
            Self::Secp256k1(key) => verify_secp256k1(key, message, signature),
            Self::Ed25519(key) => verify_ed25519(key, message, signature),
        }
    }
}

fn verify_secp256k1(key: &[u8; 33], message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
    use secp256k1::{Message, PublicKey, ecdsa::Signature};

    let key = PublicKey::from_slice(key).map_err(|_| KeyError::Malformed)?;
    let signature = Signature::from_compact(signature).map_err(|_| KeyError::Mismatch)?;
    let mut normalized = signature;
    normalized.normalize_s();
    if normalized != signature {
        return Err(KeyError::HighS);
    }
    let digest = Message::from_digest(Sha256::digest(message).into());
    signature.verify(digest, &key).map_err(|_| KeyError::Mismatch)
}

fn verify_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
    use ed25519_consensus::{Signature, VerificationKey};

    let key = VerificationKey::try_from(*key).map_err(|_| KeyError::Malformed)?;
    key.verify(&Signature::from(*signature), message)
        .map_err(|_| KeyError::Mismatch)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Secp256k1(_) => "secp256k1",
            Self::Ed25519(_) => "ed25519",
        };
        write!(f, "{kind}:")?;
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
