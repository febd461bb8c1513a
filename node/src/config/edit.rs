//! Reading and changing one key of a TOML file, its comments kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use toml_edit::{DocumentMut, Item, Value};

/// Why a key cannot be read or changed.
#[derive(Debug, Error)]
pub enum EditError {
    #[error("cannot read {path}; `slsbftd init` makes a home, `--home` names another one")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} cannot be used")]
    Parse {
        path: PathBuf,
        source: toml_edit::TomlError,
    },
    #[error("{path} has no key `{key}`{}", hint(.near))]
    Unknown {
        path: PathBuf,
        key: String,
        near: Option<String>,
    },
    #[error("`{value}` does not fit `{key}`, which holds {kind}")]
    Kind {
        key: String,
        value: String,
        kind: &'static str,
    },
}

fn hint(near: &Option<String>) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; `slsbftd config show` prints all keys".into(),
    }
}

/// The value of `key` (as in `grpc.address`), as TOML writes it.
pub fn get(path: &Path, key: &str) -> Result<String, EditError> {
    let mut document = read(path)?;
    let value = find(&mut document, key).ok_or_else(|| unknown(path, key))?;
    Ok(value
        .as_str()
        .map_or_else(|| value.to_string().trim().to_owned(), str::to_owned))
}

/// Changes `key` to `value`, which keeps the kind the key has now, and returns
/// the new text without writing it.
pub fn set(path: &Path, key: &str, value: &str) -> Result<String, EditError> {
    let mut document = read(path)?;
    let current = find(&mut document, key).ok_or_else(|| unknown(path, key))?;
    let fits = |kind| EditError::Kind {
        key: key.to_owned(),
        value: value.to_owned(),
        kind,
    };
    let mut new = match current {
        Value::String(_) => Value::from(value),
        Value::Integer(_) => Value::from(value.parse::<i64>().map_err(|_| fits("an integer"))?),
        Value::Boolean(_) => Value::from(value.parse::<bool>().map_err(|_| fits("true or false"))?),
        Value::Float(_) => Value::from(value.parse::<f64>().map_err(|_| fits("a number"))?),
        _ => value.parse::<Value>().map_err(|_| fits("a TOML value"))?,
    };
    *new.decor_mut() = current.decor().clone();
    *current = new;
    Ok(document.to_string())
}

/// Replaces a file at once, so that a crash leaves the old one or the new one.
pub fn replace(path: &Path, text: &str) -> Result<(), EditError> {
    let failed = |source| EditError::Write {
        path: path.to_owned(),
        source,
    };
    let staging = path.with_extension("new");
    fs::write(&staging, text).map_err(failed)?;
    if let Ok(found) = fs::metadata(path) {
        fs::set_permissions(&staging, found.permissions()).map_err(failed)?;
    }
    fs::rename(&staging, path).map_err(failed)
}

fn read(path: &Path) -> Result<DocumentMut, EditError> {
    let text = fs::read_to_string(path).map_err(|source| EditError::Read {
        path: path.to_owned(),
        source,
    })?;
    text.parse().map_err(|source| EditError::Parse {
        path: path.to_owned(),
        source,
    })
}

fn find<'a>(document: &'a mut DocumentMut, key: &str) -> Option<&'a mut Value> {
    let item: &mut Item = document.as_item_mut();
    key.split('.')
        .try_fold(item, |item, part| item.get_mut(part))?
        .as_value_mut()
}

fn unknown(path: &Path, key: &str) -> EditError {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let near = keys(path)
        .into_iter()
        .find(|known| last(known) == last(key) || known.ends_with(key));
    EditError::Unknown {
        path: path.to_owned(),
        key: key.to_owned(),
        near,
    }
}

/// Every key of the file, with its section.
fn keys(path: &Path) -> Vec<String> {
    let Ok(document) = read(path) else {
        return Vec::new();
    };
    let of = |key: &str, item: &Item| match item.as_table() {
        Some(table) => table.iter().map(|(name, _)| format!("{key}.{name}")).collect(),
        None => vec![key.to_owned()],
    };
    document.iter().flat_map(|(key, item)| of(key, item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("app.toml");
        fs::write(&path, super::super::default_app_toml()).unwrap();
        (directory, path)
    }

    #[test]
    fn a_change_keeps_everything_else() {
        let (_directory, path) = file();
        let text = set(&path, "grpc.address", "127.0.0.1:7").unwrap();
        let before = super::super::default_app_toml();
        assert_eq!(text, before.replace("\"127.0.0.1:9090\"", "\"127.0.0.1:7\""));
        replace(&path, &text).unwrap();
        assert_eq!(get(&path, "grpc.address").unwrap(), "127.0.0.1:7");
        assert_eq!(get(&path, "halt_height").unwrap(), "0");
    }

    #[test]
    fn unknown_keys_and_wrong_kinds_are_refused_with_a_hint() {
        let (_directory, path) = file();
        let error = set(&path, "address", "x").unwrap_err().to_string();
        assert!(error.contains("did you mean `abci.address`"), "{error}");
        let error = set(&path, "halt_height", "soon").unwrap_err().to_string();
        assert!(error.contains("an integer"), "{error}");
        assert!(set(&path, "grpc", "x").is_err());
    }
}
