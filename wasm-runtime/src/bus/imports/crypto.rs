//! Hashes and signatures. What is no signature or no key is not valid; it does not end the call.

use std::ops::RangeInclusive;

use blake2::Blake2bVar;
use blake2::digest::{Update, VariableOutput};
use sha2::Sha256;
use sha3::{Digest, Keccak256};

use crate::bus::memory::{read, read_array, write};
use crate::engine::{Guest, Stop, charge};
use crate::host::called;
use crate::host::crypto::{Curve, MAX_BATCH, MAX_MESSAGE, SECP256K1, SECP256R1, SIGNATURE, Signed, ed25519};
use crate::{HostPrices, Linear, Reason};

/// The longest message to hash, in bytes.
const MAX_HASHED: usize = 5 << 20;

/// Bytes that a BLAKE2b hash may have.
const BLAKE2B: RangeInclusive<u32> = 1..=64;

/// Bytes of an Ed25519 key.
const KEY: usize = 32;

/// The longest list of Ed25519 signatures, in bytes.
const MAX_LIST: usize = (4 + MAX_MESSAGE + SIGNATURE + KEY) * MAX_BATCH;

/// Bytes of an ECDSA key, compressed and not.
const ECDSA_KEYS: [u32; 2] = [33, 65];

/// Writes the SHA-256 of a message.
pub(super) fn sha256(guest: Guest<'_>, message: u32, length: u32, out: u32) -> wasmtime::Result<()> {
    hash(
        guest,
        message,
        length,
        out,
        |prices| prices.sha256,
        |message| Sha256::digest(message).into(),
    )
}

/// Writes the Keccak-256 of a message, as Ethereum has it.
pub(super) fn keccak256(guest: Guest<'_>, message: u32, length: u32, out: u32) -> wasmtime::Result<()> {
    hash(
        guest,
        message,
        length,
        out,
        |prices| prices.keccak256,
        |message| Keccak256::digest(message).into(),
    )
}

fn hash(
    mut guest: Guest<'_>,
    message: u32,
    length: u32,
    out: u32,
    price: fn(&HostPrices) -> Linear,
    hash: fn(&[u8]) -> [u8; 32],
) -> wasmtime::Result<()> {
    let message = hashed(&mut guest, message, length, price)?;
    Ok(write(&mut guest, out, &hash(&message))?)
}

fn hashed(
    guest: &mut Guest<'_>,
    message: u32,
    length: u32,
    price: fn(&HostPrices) -> Linear,
) -> Result<Vec<u8>, Stop> {
    called(guest)?;
    let message = read(guest, message, length, MAX_HASHED, "a message")?;
    let price = price(&guest.data().prices).of(message.len());
    charge(guest, price)?;
    Ok(message)
}

/// Writes the BLAKE2b of a message, of 1 to 64 bytes.
pub(super) fn blake2b(
    mut guest: Guest<'_>,
    message: u32,
    length: u32,
    out: u32,
    out_length: u32,
) -> wasmtime::Result<()> {
    let no_hash = || Stop::from(Reason::NoHash(out_length));
    let message = hashed(&mut guest, message, length, |prices| prices.blake2b)?;
    if !BLAKE2B.contains(&out_length) {
        return Err(no_hash().into());
    }
    let mut hash = vec![0; out_length as usize];
    let mut hasher = Blake2bVar::new(hash.len()).map_err(|_| no_hash())?;
    hasher.update(&message);
    hasher.finalize_variable(&mut hash).map_err(|_| no_hash())?;
    Ok(write(&mut guest, out, &hash)?)
}

/// One if the key of 33 or 65 bytes signed what has this hash of 32 bytes, else zero.
pub(super) fn secp256k1_verify(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    key: u32,
    key_length: u32,
) -> wasmtime::Result<i32> {
    verify(guest, &SECP256K1, [hash, signature, key, key_length])
}

/// Like [`secp256k1_verify`] on the other curve.
pub(super) fn secp256r1_verify(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    key: u32,
    key_length: u32,
) -> wasmtime::Result<i32> {
    verify(guest, &SECP256R1, [hash, signature, key, key_length])
}

fn verify(
    mut guest: Guest<'_>,
    curve: &Curve,
    [hash, signature, key, key_length]: [u32; 4],
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let hash: [u8; 32] = read_array(&mut guest, hash)?;
    let signature: [u8; SIGNATURE] = read_array(&mut guest, signature)?;
    if !ECDSA_KEYS.contains(&key_length) {
        return Ok(0);
    }
    let key = read(&mut guest, key, key_length, key_length as usize, "a public key")?;
    let valid = curve.verify(&mut guest, &hash, &signature, &key)?;
    Ok(i32::from(valid.unwrap_or(false)))
}

/// Writes the 65 bytes of the key that signed what has this hash, and returns one; zero if there is none.
pub(super) fn secp256k1_recover(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    parameter: u32,
    out: u32,
) -> wasmtime::Result<i32> {
    recover(guest, &SECP256K1, [hash, signature, parameter, out])
}

/// Like [`secp256k1_recover`] on the other curve.
pub(super) fn secp256r1_recover(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    parameter: u32,
    out: u32,
) -> wasmtime::Result<i32> {
    recover(guest, &SECP256R1, [hash, signature, parameter, out])
}

fn recover(
    mut guest: Guest<'_>,
    curve: &Curve,
    [hash, signature, parameter, out]: [u32; 4],
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let hash: [u8; 32] = read_array(&mut guest, hash)?;
    let signature: [u8; SIGNATURE] = read_array(&mut guest, signature)?;
    match curve.recover(&mut guest, &hash, &signature, parameter)? {
        Ok(key) => {
            write(&mut guest, out, &key)?;
            Ok(1)
        }
        Err(_) => Ok(0),
    }
}

/// One if the signature is valid by the rules of ZIP-215, else zero.
pub(super) fn ed25519_verify(
    mut guest: Guest<'_>,
    message: u32,
    length: u32,
    signature: u32,
    key: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let message = read(&mut guest, message, length, MAX_MESSAGE, "a message")?;
    let signature: [u8; SIGNATURE] = read_array(&mut guest, signature)?;
    let key: [u8; KEY] = read_array(&mut guest, key)?;
    let valid = ed25519(&mut guest, &[(&message, &signature, &key)])?;
    Ok(i32::from(valid.unwrap_or(false)))
}

/// One if all signatures of a list are valid, else zero. In the list, each message stands behind its length
/// as a little-endian `u32`, and before its signature and its key.
pub(super) fn ed25519_batch_verify(mut guest: Guest<'_>, list: u32, length: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let list = read(&mut guest, list, length, MAX_LIST, "a list of signatures")?;
    let batch = signatures(&list).ok_or_else(|| Stop::from(Reason::Sections("the list of signatures")))?;
    let valid = ed25519(&mut guest, &batch)?;
    Ok(i32::from(valid.unwrap_or(false)))
}

fn signatures(mut list: &[u8]) -> Option<Vec<Signed<'_>>> {
    let mut batch = Vec::new();
    while !list.is_empty() {
        let (length, rest) = list.split_first_chunk::<4>()?;
        let (message, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (signature, rest) = rest.split_at_checked(SIGNATURE)?;
        let (key, rest) = rest.split_at_checked(KEY)?;
        batch.push((message, signature, key));
        list = rest;
    }
    Some(batch)
}
