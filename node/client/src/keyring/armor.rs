//! An exported key: a sealed record as text that survives mail and clipboards.

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::{KeyringError, record::Record};

pub(super) const BEGIN: &str = "-----BEGIN SLSBFT PRIVATE KEY-----";
const END: &str = "-----END SLSBFT PRIVATE KEY-----";
const LINE: usize = 64;
/// Longest text that is looked at; an exported key has about 700 characters.
const MAX_TEXT: usize = 16 << 10;

pub(super) fn write(record: &Record) -> Result<String, KeyringError> {
    let encoded = BASE64_STANDARD.encode(record.to_json()?.as_slice());
    let mut text = format!("{BEGIN}\n");
    let mut rest = encoded.as_str();
    while let Some((line, more)) = rest.split_at_checked(LINE) {
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    if !rest.is_empty() {
        text.push_str(rest);
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    Ok(text)
}

pub(super) fn read(text: &str) -> Result<Record, KeyringError> {
    if text.len() > MAX_TEXT {
        return Err(KeyringError::Armor("it is too long"));
    }
    let (_, rest) = text
        .split_once(BEGIN)
        .ok_or(KeyringError::Armor("its first line is missing"))?;
    let (body, _) = rest
        .split_once(END)
        .ok_or(KeyringError::Armor("its last line is missing"))?;
    let body: String = body.split_whitespace().collect();
    let json = BASE64_STANDARD
        .decode(body)
        .map_err(|_| KeyringError::Armor("it is not base64"))?;
    Record::from_json(&Zeroizing::new(json)).map_err(|_| KeyringError::Armor("its content is damaged"))
}
