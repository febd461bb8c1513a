//! Key files: mode 0600 in a folder of mode 0700, written whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rand::{Rng, rngs::OsRng};
use zeroize::Zeroizing;

use super::KeyringError;

/// Far above any key file.
const MAX_BYTES: u64 = 64 << 10;

/// Creates the folder; one that exists must be closed to others.
pub(super) fn make_folder(dir: &Path) -> Result<(), KeyringError> {
    if !dir.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(failed("create", dir))?;
    }
    check_folder(dir)
}

pub(super) fn check_folder(dir: &Path) -> Result<(), KeyringError> {
    let mode = fs::metadata(dir).map_err(failed("look at", dir))?.mode() & 0o777;
    closed_to_others(dir, mode, 0o700)
}

/// Reads a whole key file, if there is one and nobody else can.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("look at", path)(error)),
    };
    if !metadata.is_file() {
        return Err(KeyringError::NotAFile(path.to_owned()));
    }
    closed_to_others(path, metadata.mode() & 0o777, 0o600)?;
    if metadata.len() > MAX_BYTES {
        let reason = format!("it has {} bytes", metadata.len());
        return Err(KeyringError::Corrupt {
            path: path.to_owned(),
            reason,
        });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize));
    let file = File::open(path).map_err(failed("open", path))?;
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    Ok(Some(bytes))
}

/// Writes a new file; `false` if there is one of that name, which stays as it is.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<bool, KeyringError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    // No key's name begins with a dot.
    let staging = dir.join(format!(".{:016x}.new", OsRng.r#gen::<u64>()));
    let written = write_synced(&staging, bytes).map_err(failed("write", &staging));
    // A link, unlike a rename, never replaces what is there.
    let linked = written.and_then(|()| link(&staging, path));
    let _ = fs::remove_file(&staging);
    sync(dir)?;
    linked
}

/// Gives a file another name; `false` if that is taken.
pub(super) fn rename(from: &Path, to: &Path) -> Result<bool, KeyringError> {
    let linked = link(from, to)?;
    if linked {
        remove(from)?;
    }
    Ok(linked)
}

pub(super) fn remove(path: &Path) -> Result<(), KeyringError> {
    fs::remove_file(path).map_err(failed("delete", path))?;
    sync(path.parent().unwrap_or(Path::new(".")))
}

/// Names of files with an extension, without it, sorted; nothing if there is no folder.
pub(super) fn names(dir: &Path, extension: &str) -> Result<Vec<String>, KeyringError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", dir)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed("list", dir))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn link(from: &Path, to: &Path) -> Result<bool, KeyringError> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed("create", to)(error)),
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(dir: &Path) -> Result<(), KeyringError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(failed("sync", dir))
}

fn closed_to_others(path: &Path, mode: u32, wanted: u32) -> Result<(), KeyringError> {
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(KeyringError::Permissions {
        path: path.to_owned(),
        mode,
        wanted,
    })
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyringError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| KeyringError::Io { doing, path, source }
}
