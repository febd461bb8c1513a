//! Keys on disk, one file each, under `<home>/keyring-file` (sealed with a
//! password) or `<home>/keyring-test` (unencrypted, for test networks only).

mod armor;
mod error;
mod file;
mod record;
mod seal;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use slsbft_types::{Address, PublicKey};

use crate::keys::SigningKey;
pub use error::KeyringError;
use record::Record;
use seal::Cost;

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 8;
const EXTENSION: &str = "key";
const MAX_NAME: usize = 64;

/// How keys are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Each key sealed with its password.
    #[default]
    File,
    /// Unencrypted; signs only for test chains, see [`is_test_chain`].
    Test,
}

impl Backend {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Backend {
    type Err = KeyringError;

    fn from_str(text: &str) -> Result<Self, KeyringError> {
        match text {
            "file" => Ok(Self::File),
            "test" => Ok(Self::Test),
            other => Err(KeyringError::Backend(other.to_owned())),
        }
    }
}

/// Whether a chain's id marks it as one for tests: one of its parts between
/// hyphens is local, test or dev, or begins so and ends in "net" (`slsbft-local-1`,
/// `slsbft-testnet2-1`).
pub fn is_test_chain(chain_id: &str) -> bool {
    let marks = ["local", "localnet", "test", "testnet", "dev", "devnet"];
    chain_id
        .split('-')
        .any(|part| marks.contains(&part.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// What can be known of a key without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub name: String,
    pub public_key: PublicKey,
    pub address: Address,
}

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct Keyring {
    dir: PathBuf,
    backend: Backend,
    cost: Cost,
}

impl Keyring {
    /// The keyring of a home; nothing is touched until it is used.
    pub fn open(home: &Path, backend: Backend) -> Self {
        let dir = home.join(format!("keyring-{backend}"));
        Self {
            dir,
            backend,
            cost: Cost::DEFAULT,
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether keys here may be used on a chain.
    pub fn check_chain(&self, chain_id: &str) -> Result<(), KeyringError> {
        if self.backend == Backend::Test && !is_test_chain(chain_id) {
            return Err(KeyringError::NotATestChain(chain_id.to_owned()));
        }
        Ok(())
    }

    /// Stores a key under a new name. The test keyring ignores the password.
    pub fn add(&self, name: &str, key: &SigningKey, password: Option<&str>) -> Result<KeyInfo, KeyringError> {
        let path = self.path(name)?;
        let record = match self.backend {
            Backend::File => Record::sealed(key, acceptable(password)?, self.cost)?,
            Backend::Test => Record::plain(key),
        };
        file::make_folder(&self.dir)?;
        if !file::create(&path, &record.to_json()?)? {
            return Err(KeyringError::Exists(name.to_owned()));
        }
        Ok(KeyInfo {
            name: name.to_owned(),
            public_key: key.public_key(),
            address: key.address(),
        })
    }

    /// All keys, by name.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyringError> {
        file::names(&self.dir, EXTENSION)?
            .iter()
            .map(|name| self.info(name))
            .collect()
    }

    /// One key, by name or account address.
    pub fn find(&self, name_or_address: &str) -> Result<KeyInfo, KeyringError> {
        let Ok(address) = name_or_address.parse::<Address>() else {
            return self.info(name_or_address);
        };
        let named = self.list()?.into_iter().find(|key| key.address == address);
        named.ok_or_else(|| KeyringError::NoKey {
            name: name_or_address.to_owned(),
            dir: self.dir.clone(),
        })
    }

    /// The key itself, to sign for a chain with it.
    pub fn unlock(
        &self,
        name: &str,
        password: Option<&str>,
        chain_id: &str,
    ) -> Result<SigningKey, KeyringError> {
        self.check_chain(chain_id)?;
        self.record(name)?.open(password)
    }

    pub fn delete(&self, name: &str) -> Result<(), KeyringError> {
        let path = self.path(name)?;
        // A damaged file can be deleted, too; one that is not there cannot.
        if std::fs::symlink_metadata(&path).is_err() {
            return Err(self.no_key(name));
        }
        file::remove(&path)
    }

    pub fn rename(&self, from: &str, to: &str) -> Result<KeyInfo, KeyringError> {
        self.record(from)?;
        if !file::rename(&self.path(from)?, &self.path(to)?)? {
            return Err(KeyringError::Exists(to.to_owned()));
        }
        self.info(to)
    }

    /// The key as text, sealed with a password of its own.
    pub fn export(
        &self,
        name: &str,
        password: Option<&str>,
        export_password: &str,
    ) -> Result<String, KeyringError> {
        let key = self.record(name)?.open(password)?;
        armor::write(&Record::sealed(
            &key,
            acceptable(Some(export_password))?,
            self.cost,
        )?)
    }

    /// Opens what [`export`](Self::export) wrote; [`add`](Self::add) stores it.
    pub fn read_export(text: &str, export_password: &str) -> Result<SigningKey, KeyringError> {
        armor::read(text)?.open(Some(export_password))
    }

    /// The bare secret, for wallets that take nothing else.
    pub fn export_secret(
        &self,
        name: &str,
        password: Option<&str>,
    ) -> Result<zeroize::Zeroizing<[u8; 32]>, KeyringError> {
        Ok(self.record(name)?.open(password)?.secret_bytes())
    }

    fn info(&self, name: &str) -> Result<KeyInfo, KeyringError> {
        let public_key = self.record(name)?.public_key();
        let public_key = public_key.map_err(|reason| self.corrupt(name, reason))?;
        Ok(KeyInfo {
            name: name.to_owned(),
            public_key,
            address: public_key.address(),
        })
    }

    fn record(&self, name: &str) -> Result<Record, KeyringError> {
        let path = self.path(name)?;
        if !self.dir.exists() {
            return Err(self.no_key(name));
        }
        file::check_folder(&self.dir)?;
        let bytes = file::read(&path)?.ok_or_else(|| self.no_key(name))?;
        Record::from_json(&bytes).map_err(|reason| self.corrupt(name, reason))
    }

    fn path(&self, name: &str) -> Result<PathBuf, KeyringError> {
        let shaped = (1..=MAX_NAME).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        // A name that reads as an address could never be found.
        if !shaped || name.parse::<Address>().is_ok() {
            return Err(KeyringError::Name(name.chars().take(80).collect()));
        }
        Ok(self.dir.join(format!("{name}.{EXTENSION}")))
    }

    fn no_key(&self, name: &str) -> KeyringError {
        KeyringError::NoKey {
            name: name.to_owned(),
            dir: self.dir.clone(),
        }
    }

    fn corrupt(&self, name: &str, reason: String) -> KeyringError {
        KeyringError::Corrupt {
            path: self.dir.join(format!("{name}.{EXTENSION}")),
            reason,
        }
    }
}

fn acceptable(password: Option<&str>) -> Result<&str, KeyringError> {
    let password = password.ok_or(KeyringError::PasswordNeeded)?;
    match password.chars().count() {
        short if short < MIN_PASSWORD => Err(KeyringError::ShortPassword(short)),
        _ => Ok(password),
    }
}

/// Bytes as base64 in JSON.
mod encoding {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use zeroize::Zeroizing;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(bytes)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        BASE64_STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
