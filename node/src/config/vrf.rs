//! The VRF keys of a node, by which its validator moves the beacon.
//!
//! There may be several: a key that was registered anew takes over with the next seat,
//! and the old one is needed as long as the old seat lasts.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rand::{RngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use slsbft_app::modules::beacon::Prover;
use slsbft_mechanism::beacon::{Beacon, VrfError, VrfProof, VrfPublicKey, VrfSecretKey};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why the file of VRF keys cannot be used.
#[derive(Debug, Error)]
pub enum VrfKeyError {
    #[error(
        "{0} is missing, and without it a validator cannot do its part in the beacon and is jailed. \
         Restore it from your backup; for a node that is no validator, or to register another key, \
         make one: slsbftd vrf new"
    )]
    Missing(PathBuf),
    #[error("cannot read {path}; the user that runs the node must be its owner")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} can be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "{path} is damaged ({problem}); restore it from your backup. If there is none, move it away, \
         make a key with `slsbftd vrf new` and register that"
    )]
    Damaged { path: PathBuf, problem: String },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot make a VRF key")]
    Make(#[from] VrfError),
    #[error("there is no VRF key {0} here; `slsbftd vrf show` lists those that are")]
    Unknown(String),
    #[error("{0} is the only VRF key; make another first: slsbftd vrf new")]
    Last(String),
}

/// As in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    keys: Vec<Entry>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Public key, 32 bytes in hexadecimal; so that the file says whose secrets it has.
    vrf_key: String,
    /// Seed of 32 bytes, in base64.
    secret: String,
}

struct Key {
    seed: Zeroizing<[u8; 32]>,
    secret: VrfSecretKey,
}

impl Key {
    fn generate() -> Result<Self, VrfError> {
        let mut seed = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(seed.as_mut());
        Self::from_seed(seed)
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, VrfError> {
        let secret = VrfSecretKey::from_seed(seed.as_ref())?;
        Ok(Self { seed, secret })
    }

    fn read(entry: &Entry) -> Result<Self, String> {
        let seed = BASE64_STANDARD.decode(&entry.secret).map(Zeroizing::new);
        let seed = seed.map_err(|_| "a secret is not base64")?;
        let seed: Result<[u8; 32], _> = seed.as_slice().try_into();
        let seed = seed.map_err(|_| "a secret does not have 32 bytes")?;
        let key = Self::from_seed(Zeroizing::new(seed)).map_err(|error| error.to_string())?;
        if key.hex() != entry.vrf_key {
            return Err(format!(
                "the secret beside {} is that of {}",
                entry.vrf_key,
                key.hex()
            ));
        }
        Ok(key)
    }

    fn entry(&self) -> Entry {
        Entry {
            vrf_key: self.hex(),
            secret: BASE64_STANDARD.encode(self.seed.as_ref()),
        }
    }

    fn hex(&self) -> String {
        hex::encode(self.secret.public().as_bytes())
    }
}

/// The keys of `config/vrf_key.json`, newest first; never empty. Printed, they show
/// their public halves only.
pub struct VrfKeys(Vec<Key>);

impl fmt::Debug for VrfKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.public_keys()).finish()
    }
}

impl VrfKeys {
    /// One new key.
    pub fn generate() -> Result<Self, VrfKeyError> {
        Ok(Self(vec![Key::generate()?]))
    }

    /// Reads the file, which only its owner may be able to read.
    pub fn read(path: &Path) -> Result<Self, VrfKeyError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => VrfKeyError::Missing(path.to_owned()),
            _ => VrfKeyError::Read {
                path: path.to_owned(),
                source,
            },
        };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(VrfKeyError::Open { path, mode });
        }
        let text = Zeroizing::new(fs::read(path).map_err(failed)?);
        Self::parse(&text).map_err(|problem| VrfKeyError::Damaged {
            path: path.to_owned(),
            problem,
        })
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let keys = document
            .keys
            .iter()
            .map(Key::read)
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err("it holds no key".into());
        }
        let keys = Self(keys);
        let mut seen = BTreeSet::new();
        let twice = keys.public_keys().find(|key| !seen.insert(*key));
        match twice {
            Some(key) => Err(format!("{} is there twice", hex::encode(key.as_bytes()))),
            None => Ok(keys),
        }
    }

    /// Writes a new file that only its owner can read; fails if it exists.
    pub fn create(&self, path: &Path) -> Result<(), VrfKeyError> {
        self.write(path).map_err(|source| VrfKeyError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// Replaces the file at once: whatever happens, the old keys or the new ones are there.
    pub fn replace(&self, path: &Path) -> Result<(), VrfKeyError> {
        let staging = path.with_extension("new");
        let replace = || {
            match fs::remove_file(&staging) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            self.write(&staging)?;
            fs::rename(&staging, path)?;
            path.parent()
                .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        replace().map_err(|source| VrfKeyError::Write {
            path: path.to_owned(),
            source,
        })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let document = Document {
            keys: self.0.iter().map(Key::entry).collect(),
        };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&document)?);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&text)?;
        file.sync_all()
    }

    /// Puts a new key before the others; returns its public half.
    pub fn add(&mut self) -> Result<VrfPublicKey, VrfKeyError> {
        let key = Key::generate()?;
        let public = key.secret.public();
        self.0.insert(0, key);
        Ok(public)
    }

    /// Lets go of a key for good; the last one stays.
    pub fn forget(&mut self, key: &VrfPublicKey) -> Result<(), VrfKeyError> {
        let hex = || hex::encode(key.as_bytes());
        if !self.public_keys().any(|known| known == *key) {
            return Err(VrfKeyError::Unknown(hex()));
        }
        if self.0.len() == 1 {
            return Err(VrfKeyError::Last(hex()));
        }
        self.0.retain(|known| known.secret.public() != *key);
        Ok(())
    }

    /// Newest first.
    pub fn public_keys(&self) -> impl Iterator<Item = VrfPublicKey> + '_ {
        self.0.iter().map(|key| key.secret.public())
    }

    /// The secret of a public key, or the newest one's.
    pub fn secret(&self, key: Option<&VrfPublicKey>) -> Result<&VrfSecretKey, VrfKeyError> {
        let wanted = |known: &&Key| key.is_none_or(|key| known.secret.public() == *key);
        let found = self.0.iter().find(wanted).map(|key| &key.secret);
        found.ok_or_else(|| {
            VrfKeyError::Unknown(key.map_or_else(String::new, |key| hex::encode(key.as_bytes())))
        })
    }
}

impl Prover for VrfKeys {
    /// `None` if the seat's key is not here.
    fn prove(&self, vrf_key: &[u8; 32], chain_id: &str, height: u64, previous: &Beacon) -> Option<Vec<u8>> {
        let key = self
            .0
            .iter()
            .find(|key| key.secret.public().as_bytes() == vrf_key)?;
        let proof: VrfProof = key.secret.prove(chain_id, height, previous);
        Some(proof.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = "slsbft-test-1";

    fn file() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vrf_key.json");
        (directory, path)
    }

    fn publics(keys: &VrfKeys) -> Vec<VrfPublicKey> {
        keys.public_keys().collect()
    }

    #[test]
    fn keys_come_back_from_their_file_which_only_the_owner_can_read() {
        let (_directory, path) = file();
        let mut keys = VrfKeys::generate().unwrap();
        keys.create(&path).unwrap();
        assert_eq!(publics(&VrfKeys::read(&path).unwrap()), publics(&keys));
        assert!(
            matches!(keys.create(&path), Err(VrfKeyError::Write { .. })),
            "keys were overwritten"
        );
        keys.add().unwrap();
        // What a crash may leave is no obstacle.
        fs::write(path.with_extension("new"), "torn").unwrap();
        keys.replace(&path).unwrap();
        assert_eq!(publics(&VrfKeys::read(&path).unwrap()), publics(&keys));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!path.with_extension("new").exists());
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_what_to_do() {
        let (_directory, path) = file();
        VrfKeys::generate().unwrap().create(&path).unwrap();
        for mode in [0o640, 0o604, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = VrfKeys::read(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_says_how_to_get_one() {
        let (_directory, path) = file();
        let error = VrfKeys::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("backup") && error.contains("slsbftd vrf new"),
            "{error}"
        );
    }

    #[test]
    fn a_damaged_file_is_refused_whatever_is_wrong_with_it() {
        let (_directory, path) = file();
        let keys = VrfKeys::generate().unwrap();
        keys.create(&path).unwrap();
        let good: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let other = VrfKeys::generate().unwrap();
        let entry = good["keys"][0].clone();
        let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
            let mut document = good.clone();
            edit(&mut document);
            fs::write(&path, document.to_string()).unwrap();
            VrfKeys::read(&path)
        };
        assert!(edited(&|_| {}).is_ok());
        let edits: [&dyn Fn(&mut serde_json::Value); 7] = [
            &|d| d["keys"] = serde_json::json!([]),
            &|d| d["keys"] = serde_json::json!([entry, entry]),
            &|d| d["keys"][0]["secret"] = "!".into(),
            &|d| d["keys"][0]["secret"] = "AAAA".into(),
            &|d| d["keys"][0]["vrf_key"] = hex::encode(publics(&other)[0].as_bytes()).into(),
            &|d| d["more"] = 1.into(),
            &|d| *d = serde_json::json!(null),
        ];
        for edit in edits {
            let error = edited(edit).unwrap_err();
            assert!(matches!(error, VrfKeyError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains("backup"), "{error}");
        }
    }

    #[test]
    fn during_a_rotation_both_keys_prove_and_a_forgotten_one_no_more() {
        let mut keys = VrfKeys::generate().unwrap();
        let [old] = publics(&keys)[..] else {
            panic!("one key")
        };
        let new = keys.add().unwrap();
        assert_eq!(publics(&keys), [new, old], "newest first");
        let prove = |keys: &VrfKeys, key: &VrfPublicKey| keys.prove(key.as_bytes(), CHAIN, 7, &[1; 32]);
        for key in [old, new] {
            let proof = prove(&keys, &key).unwrap();
            key.verify(CHAIN, 7, &[1; 32], &proof).unwrap();
        }
        keys.forget(&old).unwrap();
        assert_eq!(prove(&keys, &old), None);
        assert!(prove(&keys, &new).is_some());
        assert!(matches!(keys.forget(&old), Err(VrfKeyError::Unknown(_))));
        assert!(matches!(keys.forget(&new), Err(VrfKeyError::Last(_))));
        assert!(prove(&keys, &new).is_some());
    }

    #[test]
    fn the_newest_key_is_registered_unless_another_is_named() {
        let mut keys = VrfKeys::generate().unwrap();
        let old = publics(&keys)[0];
        let new = keys.add().unwrap();
        assert_eq!(keys.secret(None).unwrap().public(), new);
        assert_eq!(keys.secret(Some(&old)).unwrap().public(), old);
        let stranger = publics(&VrfKeys::generate().unwrap())[0];
        assert!(keys.secret(Some(&stranger)).is_err());
    }

    #[test]
    fn secrets_are_never_printed_and_threads_may_share_them() {
        fn shared<T: Send + Sync>(_: &T) {}
        let keys = VrfKeys::generate().unwrap();
        shared(&keys);
        assert_eq!(format!("{keys:?}"), format!("[{:?}]", publics(&keys)[0]));
    }
}
