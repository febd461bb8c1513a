//! Hashes and signatures, computed by the host.

use crate::host;

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    host::hash_sha256(bytes)
}

pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    host::hash_keccak256(bytes)
}

/// `N` is 1 to 64; another length ends the call.
pub fn blake2b<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    host::hash_blake2b(bytes, &mut out);
    out
}

/// Whether the key (33 or 65 bytes) has signed the hash. A high S is accepted.
pub fn secp256k1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8]) -> bool {
    host::k1_verify(hash, signature, key)
}

/// The key that has signed; `which` is 0 or 1.
pub fn secp256k1_recover(hash: &[u8; 32], signature: &[u8; 64], which: u32) -> Option<[u8; 65]> {
    host::k1_recover(hash, signature, which)
}

/// The same on P-256.
pub fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8]) -> bool {
    host::r1_verify(hash, signature, key)
}

/// The same on P-256.
pub fn secp256r1_recover(hash: &[u8; 32], signature: &[u8; 64], which: u32) -> Option<[u8; 65]> {
    host::r1_recover(hash, signature, which)
}

/// Whether the key has signed the message, after ZIP-215.
pub fn ed25519_verify(message: &[u8], signature: &[u8; 64], key: &[u8; 32]) -> bool {
    host::ed_verify(message, signature, key)
}

/// Whether all of them are valid: message, signature and key of each.
pub fn ed25519_verify_all<'a>(
    signed: impl IntoIterator<Item = (&'a [u8], &'a [u8; 64], &'a [u8; 32])>,
) -> bool {
    let mut list = Vec::new();
    for (message, signature, key) in signed {
        // A message that is longer than this counts is longer than the host takes.
        list.extend((message.len() as u32).to_le_bytes());
        list.extend(message);
        list.extend(signature);
        list.extend(key);
    }
    host::ed_verify_all(&list)
}
