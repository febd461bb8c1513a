//! The two keys of a node, in CometBFT's own files.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use slsbft_genesis::ConsensusKey;
use thiserror::Error;

const PRIVATE_TYPE: &str = "tendermint/PrivKeyEd25519";

/// Why a key file cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    #[error("cannot read the key file {path}; restore it, or make a home with `slsbftd init`")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the key file {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("the key file {path} is damaged ({problem}); restore it from your backup")]
    Damaged { path: PathBuf, problem: String },
}

/// A private key as CometBFT writes it: 64 bytes, the seed and the public key.
#[derive(Serialize, Deserialize)]
struct Typed {
    r#type: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
struct NodeKeyFile {
    priv_key: Typed,
}

#[derive(Serialize, Deserialize)]
struct ValidatorKeyFile {
    address: String,
    pub_key: ConsensusKey,
    priv_key: Typed,
}

/// Names a node among its peers.
pub struct NodeKey(SigningKey);

/// Signs a validator's votes and blocks.
pub struct ValidatorKey(SigningKey);

impl NodeKey {
    pub fn generate() -> Self {
        Self(SigningKey::generate(&mut rand::rngs::OsRng))
    }

    /// The node id that peers dial: `id@host:port`.
    pub fn id(&self) -> String {
        public(&self.0).address().to_lowercase()
    }

    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file: NodeKeyFile = read_json(path)?;
        signing_key(&file.priv_key, path).map(Self)
    }

    /// Writes a file that only its owner can read; fails if it exists.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        write_json(
            path,
            &NodeKeyFile {
                priv_key: typed(&self.0),
            },
        )
    }
}

impl ValidatorKey {
    pub fn generate() -> Self {
        Self(SigningKey::generate(&mut rand::rngs::OsRng))
    }

    pub fn public(&self) -> ConsensusKey {
        public(&self.0)
    }

    /// Reads the file and checks that its three parts belong together.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file: ValidatorKeyFile = read_json(path)?;
        let key = signing_key(&file.priv_key, path)?;
        if public(&key) != file.pub_key || file.pub_key.address() != file.address {
            return Err(damaged(path, "its address, public and private key do not match"));
        }
        Ok(Self(key))
    }

    /// Writes a file that only its owner can read; fails if it exists.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let pub_key = self.public();
        let file = ValidatorKeyFile {
            address: pub_key.address(),
            pub_key,
            priv_key: typed(&self.0),
        };
        write_json(path, &file)
    }
}

fn public(key: &SigningKey) -> ConsensusKey {
    ConsensusKey(key.verifying_key().to_bytes())
}

fn typed(key: &SigningKey) -> Typed {
    let value = BASE64_STANDARD.encode(key.to_keypair_bytes());
    Typed {
        r#type: PRIVATE_TYPE.into(),
        value,
    }
}

fn signing_key(typed: &Typed, path: &Path) -> Result<SigningKey, KeyError> {
    if typed.r#type != PRIVATE_TYPE {
        return Err(damaged(
            path,
            format!("only keys of type {PRIVATE_TYPE} can be used"),
        ));
    }
    let bytes = BASE64_STANDARD
        .decode(&typed.value)
        .map_err(|error| damaged(path, error))?;
    let bytes: [u8; 64] = bytes
        .try_into()
        .map_err(|_| damaged(path, "a private key has 64 bytes"))?;
    SigningKey::from_keypair_bytes(&bytes).map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, problem: impl ToString) -> KeyError {
    KeyError::Damaged {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, KeyError> {
    let text = fs::read(path).map_err(|source| KeyError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|error| damaged(path, error))
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), KeyError> {
    let failed = |source| KeyError::Write {
        path: path.to_owned(),
        source,
    };
    let text = serde_json::to_vec_pretty(value).map_err(|error| failed(error.into()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(&text)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_their_files_which_only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.json");
        let key = ValidatorKey::generate();
        key.write(&path).unwrap();
        assert_eq!(ValidatorKey::read(&path).unwrap().public(), key.public());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(
            matches!(key.write(&path), Err(KeyError::Write { .. })),
            "a key was overwritten"
        );
    }

    #[test]
    fn a_key_file_whose_parts_do_not_match_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("a.json"), directory.path().join("b.json"));
        ValidatorKey::generate().write(&path).unwrap();
        ValidatorKey::generate().write(&other).unwrap();
        let mut one: serde_json::Value = read_json(&path).unwrap();
        let two: serde_json::Value = read_json(&other).unwrap();
        one["priv_key"] = two["priv_key"].clone();
        fs::write(&path, one.to_string()).unwrap();
        assert!(matches!(ValidatorKey::read(&path), Err(KeyError::Damaged { .. })));
    }
}
