//! ECDSA signatures, and points of BLS12-381.

use cosmwasm_crypto::{
    CryptoError, ECDSA_PUBKEY_MAX_LEN, ECDSA_SIGNATURE_LEN, HashFunction, MESSAGE_HASH_MAX_LEN,
    bls12_381_aggregate_g1, bls12_381_aggregate_g2, bls12_381_hash_to_g1, bls12_381_hash_to_g2,
    bls12_381_pairing_equality,
};

use crate::cosmwasm::region::{self, put};
use crate::engine::{Guest, Stop, charge};
use crate::host::called;
use crate::host::crypto::{Curve, SECP256K1, SECP256R1};

use super::code;

/// The longest list of points, in bytes.
const MAX_POINTS: usize = 2 << 20;

/// The longest message to hash, in bytes.
const MAX_MESSAGE: usize = 5 << 20;

/// The longest domain separation tag, in bytes.
const MAX_DOMAIN: usize = 5 << 10;

/// Bytes of a point of G1.
const G1: usize = 48;

/// Bytes of a point of G2.
const G2: usize = 96;

/// Zero for a valid signature, one for another, else what is wrong with the arguments.
pub(super) fn secp256k1_verify(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    key: u32,
) -> wasmtime::Result<u32> {
    verify(guest, &SECP256K1, [hash, signature, key])
}

/// Like [`secp256k1_verify`] on the other curve.
pub(super) fn secp256r1_verify(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    key: u32,
) -> wasmtime::Result<u32> {
    verify(guest, &SECP256R1, [hash, signature, key])
}

/// A pointer to the public key in the low half, or what is wrong with the arguments in the high half.
pub(super) fn secp256k1_recover(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    parameter: u32,
) -> wasmtime::Result<u64> {
    recover(guest, &SECP256K1, [hash, signature, parameter])
}

/// Like [`secp256k1_recover`] on the other curve.
pub(super) fn secp256r1_recover(
    guest: Guest<'_>,
    hash: u32,
    signature: u32,
    parameter: u32,
) -> wasmtime::Result<u64> {
    recover(guest, &SECP256R1, [hash, signature, parameter])
}

fn verify(mut guest: Guest<'_>, curve: &Curve, [hash, signature, key]: [u32; 3]) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let (hash, signature) = signed(&mut guest, hash, signature)?;
    let key = region::read(&mut guest, key, ECDSA_PUBKEY_MAX_LEN, "a public key")?;
    Ok(code(curve.verify(&mut guest, &hash, &signature, &key)?))
}

fn recover(
    mut guest: Guest<'_>,
    curve: &Curve,
    [hash, signature, parameter]: [u32; 3],
) -> wasmtime::Result<u64> {
    called(&mut guest)?;
    let (hash, signature) = signed(&mut guest, hash, signature)?;
    match curve.recover(&mut guest, &hash, &signature, parameter)? {
        Ok(key) => put(guest, &key).map(u64::from),
        Err(error) => Ok(u64::from(error.code()) << 32),
    }
}

fn signed(guest: &mut Guest<'_>, hash: u32, signature: u32) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    let hash = region::read(&mut *guest, hash, MESSAGE_HASH_MAX_LEN, "a hash")?;
    let signature = region::read(guest, signature, ECDSA_SIGNATURE_LEN, "a signature")?;
    Ok((hash, signature))
}

/// Writes the sum of points to `out`; zero, or what is wrong with the points.
pub(super) fn aggregate_g1(mut guest: Guest<'_>, points: u32, out: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let points = region::read(&mut guest, points, MAX_POINTS, "a list of points")?;
    let price = guest.data().prices.bls12_381_aggregate_g1.of(points.len() / G1);
    charge(&mut guest, price)?;
    point(guest, out, bls12_381_aggregate_g1(&points))
}

/// Like [`aggregate_g1`] in the other group.
pub(super) fn aggregate_g2(mut guest: Guest<'_>, points: u32, out: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let points = region::read(&mut guest, points, MAX_POINTS, "a list of points")?;
    let price = guest.data().prices.bls12_381_aggregate_g2.of(points.len() / G2);
    charge(&mut guest, price)?;
    point(guest, out, bls12_381_aggregate_g2(&points))
}

/// Zero if the product of the pairings of `ps` and `qs` is the pairing of `r` and `s`, one if not, else
/// what is wrong with the points.
pub(super) fn pairing_equality(
    mut guest: Guest<'_>,
    ps: u32,
    qs: u32,
    r: u32,
    s: u32,
) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let ps = region::read(&mut guest, ps, MAX_POINTS, "a list of points")?;
    let qs = region::read(&mut guest, qs, MAX_POINTS, "a list of points")?;
    let r = region::read(&mut guest, r, G1, "a point")?;
    let s = region::read(&mut guest, s, G2, "a point")?;
    let pairs = (ps.len() / G1).saturating_add(1);
    let price = guest.data().prices.bls12_381_pairing_equality.of(pairs);
    charge(&mut guest, price)?;
    Ok(code(bls12_381_pairing_equality(&ps, &qs, &r, &s)))
}

/// Writes the point that a message hashes to; zero, or that there is no such hash function.
pub(super) fn hash_to_g1(
    mut guest: Guest<'_>,
    function: u32,
    message: u32,
    domain: u32,
    out: u32,
) -> wasmtime::Result<u32> {
    let (message, domain) = to_hash(&mut guest, message, domain)?;
    let price = guest.data().prices.bls12_381_hash_to_g1.of(message.len());
    charge(&mut guest, price)?;
    let hashed = HashFunction::from_u32(function).map(|f| bls12_381_hash_to_g1(f, &message, &domain));
    point(guest, out, hashed)
}

/// Like [`hash_to_g1`] in the other group.
pub(super) fn hash_to_g2(
    mut guest: Guest<'_>,
    function: u32,
    message: u32,
    domain: u32,
    out: u32,
) -> wasmtime::Result<u32> {
    let (message, domain) = to_hash(&mut guest, message, domain)?;
    let price = guest.data().prices.bls12_381_hash_to_g2.of(message.len());
    charge(&mut guest, price)?;
    let hashed = HashFunction::from_u32(function).map(|f| bls12_381_hash_to_g2(f, &message, &domain));
    point(guest, out, hashed)
}

fn to_hash(guest: &mut Guest<'_>, message: u32, domain: u32) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    called(guest)?;
    let message = region::read(&mut *guest, message, MAX_MESSAGE, "a message")?;
    let domain = region::read(guest, domain, MAX_DOMAIN, "a domain separation tag")?;
    Ok((message, domain))
}

fn point<const N: usize>(
    guest: Guest<'_>,
    out: u32,
    point: Result<[u8; N], CryptoError>,
) -> wasmtime::Result<u32> {
    match point {
        Ok(point) => {
            region::write(guest, out, &point)?;
            Ok(0)
        }
        Err(error) => Ok(error.code()),
    }
}
