//! Ed25519 signatures.

use cosmwasm_crypto::{CryptoError, EDDSA_PUBKEY_LEN};

use crate::Reason;
use crate::cosmwasm::{region, sections};
use crate::engine::{Guest, Stop};
use crate::host::called;
use crate::host::crypto::{MAX_BATCH, MAX_MESSAGE, SIGNATURE, Signed, ed25519};

use super::code;

/// More sections than a list of signatures has room for, however short they are: nothing of so many
/// messages or keys can fit to the signatures.
const MAX_SECTIONS: usize = (SIGNATURE + 4) * MAX_BATCH / 4 + 1;

/// Zero for a valid signature, one for another, else what is wrong with the arguments.
pub(super) fn verify(mut guest: Guest<'_>, message: u32, signature: u32, key: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_MESSAGE, "a message")?;
    let signature = region::read(&mut guest, signature, SIGNATURE, "a signature")?;
    let key = region::read(&mut guest, key, EDDSA_PUBKEY_LEN, "a public key")?;
    Ok(code(ed25519(&mut guest, &[(&message, &signature, &key)])?))
}

/// Like [`verify`] for lists of messages, signatures and keys, of which one message or one key may stand
/// for all.
pub(super) fn batch_verify(
    mut guest: Guest<'_>,
    messages: u32,
    signatures: u32,
    keys: u32,
) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let messages = list(&mut guest, messages, MAX_MESSAGE, "a list of messages")?;
    let signatures = list(&mut guest, signatures, SIGNATURE, "a list of signatures")?;
    let keys = list(&mut guest, keys, EDDSA_PUBKEY_LEN, "a list of public keys")?;
    let messages = decode(&messages, "the list of messages")?;
    let signatures = decode(&signatures, "the list of signatures")?;
    let keys = decode(&keys, "the list of public keys")?;
    let Some(batch) = pair(&messages, &signatures, &keys) else {
        return Ok(CryptoError::batch_err("").code());
    };
    Ok(code(ed25519(&mut guest, &batch)?))
}

/// Puts messages, signatures and keys side by side, if their numbers allow it.
fn pair<'a>(messages: &[&'a [u8]], signatures: &[&'a [u8]], keys: &[&'a [u8]]) -> Option<Vec<Signed<'a>>> {
    let count = signatures.len();
    let all = |list: &[&'a [u8]]| list.len() == count;
    let fits =
        all(messages) && all(keys) || messages.len() == 1 && all(keys) || keys.len() == 1 && all(messages);
    fits.then(|| {
        let messages = messages.iter().cycle();
        let keys = keys.iter().cycle();
        signatures
            .iter()
            .zip(messages)
            .zip(keys)
            .map(|((s, m), k)| (*m, *s, *k))
            .collect()
    })
}

fn list(guest: &mut Guest<'_>, pointer: u32, item: usize, what: &'static str) -> Result<Vec<u8>, Stop> {
    let limit = item.saturating_add(4).saturating_mul(MAX_BATCH);
    region::read(guest, pointer, limit, what)
}

fn decode<'a>(bytes: &'a [u8], what: &'static str) -> Result<Vec<&'a [u8]>, Stop> {
    Ok(sections::decode(bytes, MAX_SECTIONS).ok_or(Reason::Sections(what))?)
}
