//! Ed25519 signatures.

use cosmwasm_crypto::{CryptoError, EDDSA_PUBKEY_LEN, ed25519_verify};

use crate::Reason;
use crate::cosmwasm::{region, sections};
use crate::engine::{Guest, Stop, charge};

use super::called;

/// The longest message, in bytes.
const MAX_MESSAGE: usize = 128 << 10;

/// Bytes of a signature.
const SIGNATURE: usize = 64;

/// The most signatures of a batch for which there is room.
const MAX_BATCH: usize = 256;

/// More sections than a list of signatures has room for, however short they are: nothing of so many
/// messages or keys can fit to the signatures.
const MAX_SECTIONS: usize = (SIGNATURE + 4) * MAX_BATCH / 4 + 1;

/// Zero for a valid signature, one for another, else what is wrong with the arguments.
pub(super) fn verify(mut guest: Guest<'_>, message: u32, signature: u32, key: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_MESSAGE, "a message")?;
    let signature = region::read(&mut guest, signature, SIGNATURE, "a signature")?;
    let key = region::read(&mut guest, key, EDDSA_PUBKEY_LEN, "a public key")?;
    let price = guest.data().prices.ed25519_verify.of(message.len());
    charge(&mut guest, price)?;
    Ok(code(ed25519_verify(&message, &signature, &key)))
}

/// Like [`verify`] for lists of messages, signatures and keys, of which one message or one key may stand
/// for all. Each signature is checked by itself: checking all at once takes random numbers.
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
    let price = guest.data().prices.ed25519_verify;
    let price = batch.iter().fold(0_u64, |sum, (message, ..)| {
        sum.saturating_add(price.of(message.len()))
    });
    charge(&mut guest, price)?;
    Ok(verify_all(&batch))
}

type Signed<'a> = (&'a [u8], &'a [u8], &'a [u8]);

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

/// Arguments of a wrong form are found before any signature is checked.
fn verify_all(batch: &[Signed<'_>]) -> u32 {
    for (_, signature, key) in batch {
        if signature.len() != SIGNATURE {
            return CryptoError::invalid_signature_format().code();
        }
        if key.len() != EDDSA_PUBKEY_LEN {
            return CryptoError::invalid_pubkey_format().code();
        }
    }
    let codes = batch
        .iter()
        .map(|(message, signature, key)| code(ed25519_verify(message, signature, key)));
    codes.max().unwrap_or(0)
}

fn code(result: Result<bool, CryptoError>) -> u32 {
    match result {
        Ok(valid) => u32::from(!valid),
        Err(error) => error.code(),
    }
}

fn list(guest: &mut Guest<'_>, pointer: u32, item: usize, what: &'static str) -> Result<Vec<u8>, Stop> {
    let limit = item.saturating_add(4).saturating_mul(MAX_BATCH);
    region::read(guest, pointer, limit, what)
}

fn decode<'a>(bytes: &'a [u8], what: &'static str) -> Result<Vec<&'a [u8]>, Stop> {
    Ok(sections::decode(bytes, MAX_SECTIONS).ok_or(Reason::Sections(what))?)
}
