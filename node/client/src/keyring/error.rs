//! What can go wrong between a key and the disk.

use std::{io, path::PathBuf};

use crate::keys::KeyError;

/// Why the keyring did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error(
        "'{0}' is no key name; use 1 to 64 letters, digits, '_', '-' and '.', beginning with a letter or digit"
    )]
    Name(String),
    #[error("there is no key '{name}' in {dir}; `slsbftd keys list` shows what there is, `slsbftd keys add {name}` makes it", dir = .dir.display())]
    NoKey { name: String, dir: PathBuf },
    #[error("a key '{0}' exists already; choose another name, or rename or delete that one first")]
    Exists(String),
    #[error("{path} can be read by others (mode {mode:03o}); a key that others may have read is best replaced, else run: chmod {wanted:o} {path}", path = .path.display())]
    Permissions { path: PathBuf, mode: u32, wanted: u32 },
    #[error("{path} is no regular file; remove it", path = .0.display())]
    NotAFile(PathBuf),
    #[error("{path} is no key file: {reason}. Restore it from a backup, or recover the key from its mnemonic", path = .path.display())]
    Corrupt { path: PathBuf, reason: String },
    #[error("wrong password, or the key was changed after it was sealed")]
    WrongPassword,
    #[error("the password has {0} characters; use at least {min}", min = super::MIN_PASSWORD)]
    ShortPassword(usize),
    #[error("the key is encrypted; give its password")]
    PasswordNeeded,
    #[error(
        "the test keyring stores keys unencrypted and works only for chains with 'local', 'test' or 'dev' in their id, not for '{0}'; use --keyring-backend file"
    )]
    NotATestChain(String),
    #[error("no exported key: {0}. Expected the text between and with '{begin}' and its end", begin = super::armor::BEGIN)]
    Armor(&'static str),
    #[error("sealing failed: {0}; there may be too little memory")]
    Seal(&'static str),
    #[error("'{0}' is no keyring backend; use 'file' or 'test'")]
    Backend(String),
    #[error("cannot {doing} {path}", path = .path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    Key(#[from] KeyError),
}
