//! Secrets under a password: argon2id makes the key, XChaCha20-Poly1305 seals.
//! The seal also covers the public key and the cost, so neither can be exchanged.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyringError, encoding};

const DOMAIN: &[u8] = b"slsbft/sealed-key/1";

/// What deriving a key from a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// About 0.2 s and 64 MiB for each guess.
    pub const DEFAULT: Self = Self {
        memory_kib: 64 << 10,
        passes: 3,
        lanes: 1,
    };
    /// A file that asks for more is refused instead of obeyed.
    const MOST: Self = Self {
        memory_kib: 512 << 10,
        passes: 16,
        lanes: 8,
    };

    fn is_bounded(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes
    }
}

/// A sealed secret as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    argon2id: Cost,
    #[serde(with = "encoding")]
    salt: Vec<u8>,
    /// Of XChaCha20-Poly1305.
    #[serde(with = "encoding")]
    nonce: Vec<u8>,
    #[serde(with = "encoding")]
    ciphertext: Vec<u8>,
}

impl Sealed {
    pub fn seal(secret: &[u8], bound_to: &[u8], password: &str, cost: Cost) -> Result<Self, KeyringError> {
        let mut salt = vec![0; 16];
        let mut nonce = [0; 24];
        OsRng.fill_bytes(&mut salt);
        OsRng.fill_bytes(&mut nonce);
        let aad = associated_data(bound_to, cost);
        let ciphertext = cipher(password, &salt, cost)?
            .encrypt(
                XNonce::from_slice(&nonce),
                Payload {
                    msg: secret,
                    aad: &aad,
                },
            )
            .map_err(|_| KeyringError::Seal("the cipher refused"))?;
        Ok(Self {
            argon2id: cost,
            salt,
            nonce: nonce.to_vec(),
            ciphertext,
        })
    }

    pub fn open(&self, bound_to: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        if !self.argon2id.is_bounded() || !(8..=64).contains(&self.salt.len()) {
            return Err(KeyringError::Seal(
                "the file asks for an unreasonable key derivation",
            ));
        }
        let nonce: &[u8; 24] = self
            .nonce
            .as_slice()
            .try_into()
            .map_err(|_| KeyringError::Seal("the nonce must be 24 bytes"))?;
        let aad = associated_data(bound_to, self.argon2id);
        cipher(password, &self.salt, self.argon2id)?
            .decrypt(
                XNonce::from_slice(nonce),
                Payload {
                    msg: &self.ciphertext,
                    aad: &aad,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| KeyringError::WrongPassword)
    }
}

fn cipher(password: &str, salt: &[u8], cost: Cost) -> Result<XChaCha20Poly1305, KeyringError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| KeyringError::Seal("the file asks for an impossible key derivation"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, key.as_mut())
        .map_err(|_| KeyringError::Seal("the key derivation failed"))?;
    Ok(XChaCha20Poly1305::new(key.as_ref().into()))
}

fn associated_data(bound_to: &[u8], cost: Cost) -> Vec<u8> {
    let Cost {
        memory_kib,
        passes,
        lanes,
    } = cost;
    let numbers = [memory_kib, passes, lanes].map(u32::to_le_bytes);
    [DOMAIN, numbers.as_flattened(), bound_to].concat()
}
