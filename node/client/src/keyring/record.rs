//! A key as it is written: JSON with the public key in the clear, so that
//! listing needs no password, and the secret sealed or, in the test keyring, plain.

use serde::{Deserialize, Serialize};
use slsbft_types::PublicKey;
use zeroize::{Zeroize, Zeroizing};

use super::{
    KeyringError, encoding,
    seal::{Cost, Sealed},
};
use crate::keys::{KeyKind, SigningKey};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    kind: String,
    #[serde(with = "encoding")]
    public_key: Vec<u8>,
    secret: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Secret {
    Sealed(Sealed),
    Plain(#[serde(with = "encoding")] Vec<u8>),
}

impl Drop for Secret {
    fn drop(&mut self) {
        if let Self::Plain(secret) = self {
            secret.zeroize();
        }
    }
}

impl Record {
    pub fn sealed(key: &SigningKey, password: &str, cost: Cost) -> Result<Self, KeyringError> {
        let public_key = key.public_key();
        let sealed = Sealed::seal(
            key.secret_bytes().as_ref(),
            &bound_to(&public_key),
            password,
            cost,
        )?;
        Ok(Self::new(public_key, Secret::Sealed(sealed)))
    }

    pub fn plain(key: &SigningKey) -> Self {
        Self::new(key.public_key(), Secret::Plain(key.secret_bytes().to_vec()))
    }

    fn new(public_key: PublicKey, secret: Secret) -> Self {
        let kind = KeyKind::of(&public_key).to_string();
        Self {
            version: VERSION,
            kind,
            public_key: public_key.as_bytes().to_vec(),
            secret,
        }
    }

    /// Reads what [`to_json`](Self::to_json) wrote; the error says what is wrong.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if record.version != VERSION {
            return Err(format!("version {} is unknown to this program", record.version));
        }
        record.public_key()?;
        Ok(record)
    }

    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        serde_json::to_vec_pretty(self)
            .map(Zeroizing::new)
            .map_err(|_| KeyringError::Seal("no JSON"))
    }

    pub fn public_key(&self) -> Result<PublicKey, String> {
        let wrong = |_| "the public key has a wrong length".to_owned();
        match self.kind.parse::<KeyKind>().map_err(|error| error.to_string())? {
            KeyKind::Secp256k1 => self
                .public_key
                .as_slice()
                .try_into()
                .map(PublicKey::Secp256k1)
                .map_err(wrong),
            KeyKind::Ed25519 => self
                .public_key
                .as_slice()
                .try_into()
                .map(PublicKey::Ed25519)
                .map_err(wrong),
        }
    }

    /// The key itself, which must be that of the public key beside it.
    pub fn open(&self, password: Option<&str>) -> Result<SigningKey, KeyringError> {
        let public_key = self.public_key().map_err(|_| KeyringError::WrongPassword)?;
        let secret = match &self.secret {
            Secret::Plain(secret) => Zeroizing::new(secret.clone()),
            Secret::Sealed(sealed) => sealed.open(
                &bound_to(&public_key),
                password.ok_or(KeyringError::PasswordNeeded)?,
            )?,
        };
        let key = SigningKey::from_secret(KeyKind::of(&public_key), &secret)?;
        if key.public_key() == public_key {
            Ok(key)
        } else {
            Err(KeyringError::WrongPassword)
        }
    }
}

fn bound_to(key: &PublicKey) -> Vec<u8> {
    [KeyKind::of(key).as_str().as_bytes(), &[0], key.as_bytes()].concat()
}
