//! Signatures. The inner errors are for the contract.

use cosmwasm_crypto::{CryptoError, EDDSA_PUBKEY_LEN, ed25519_verify};

use crate::HostPrices;
use crate::engine::{Guest, Stop, charge};

/// The longest message of an Ed25519 signature, in bytes.
pub(crate) const MAX_MESSAGE: usize = 128 << 10;

/// Bytes of an Ed25519 signature.
pub(crate) const SIGNATURE: usize = 64;

/// The most Ed25519 signatures of a batch for which there is room.
pub(crate) const MAX_BATCH: usize = 256;

/// Hash, signature and key.
type Verify = fn(&[u8], &[u8], &[u8]) -> Result<bool, CryptoError>;

/// Hash, signature and which of two keys.
type Recover = fn(&[u8], &[u8], u8) -> Result<Vec<u8>, CryptoError>;

/// ECDSA over one curve: its prices and functions.
pub(crate) struct Curve {
    verify_price: fn(&HostPrices) -> u64,
    recover_price: fn(&HostPrices) -> u64,
    verify: Verify,
    recover: Recover,
}

/// The curve of Bitcoin, Ethereum and the Cosmos chains.
pub(crate) const SECP256K1: Curve = Curve {
    verify_price: |prices| prices.secp256k1_verify,
    recover_price: |prices| prices.secp256k1_recover,
    verify: cosmwasm_crypto::secp256k1_verify,
    recover: cosmwasm_crypto::secp256k1_recover_pubkey,
};

/// NIST's P-256: passkeys and smart cards.
pub(crate) const SECP256R1: Curve = Curve {
    verify_price: |prices| prices.secp256r1_verify,
    recover_price: |prices| prices.secp256r1_recover,
    verify: cosmwasm_crypto::secp256r1_verify,
    recover: cosmwasm_crypto::secp256r1_recover_pubkey,
};

impl Curve {
    /// Whether `key` signed what has this hash.
    pub(crate) fn verify(
        &self,
        guest: &mut Guest<'_>,
        hash: &[u8],
        signature: &[u8],
        key: &[u8],
    ) -> Result<Result<bool, CryptoError>, Stop> {
        let price = (self.verify_price)(&guest.data().prices);
        charge(guest, price)?;
        Ok((self.verify)(hash, signature, key))
    }

    /// The key that signed what has this hash, of the two that `parameter` (0 or 1) tells apart.
    pub(crate) fn recover(
        &self,
        guest: &mut Guest<'_>,
        hash: &[u8],
        signature: &[u8],
        parameter: u32,
    ) -> Result<Result<Vec<u8>, CryptoError>, Stop> {
        let Ok(parameter) = u8::try_from(parameter) else {
            return Ok(Err(CryptoError::invalid_recovery_param()));
        };
        let price = (self.recover_price)(&guest.data().prices);
        charge(guest, price)?;
        Ok((self.recover)(hash, signature, parameter))
    }
}

/// A message, its signature, and the key.
pub(crate) type Signed<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Whether each of some Ed25519 signatures is valid, by the rules of ZIP-215. Each is checked by itself:
/// checking all at once takes random numbers. A wrong form is found before any signature is checked.
pub(crate) fn ed25519(
    guest: &mut Guest<'_>,
    batch: &[Signed<'_>],
) -> Result<Result<bool, CryptoError>, Stop> {
    let price = guest.data().prices.ed25519_verify;
    let price = batch.iter().fold(0_u64, |sum, (message, ..)| {
        sum.saturating_add(price.of(message.len()))
    });
    charge(guest, price)?;
    Ok(verify_all(batch))
}

fn verify_all(batch: &[Signed<'_>]) -> Result<bool, CryptoError> {
    for (_, signature, key) in batch {
        if signature.len() != SIGNATURE {
            return Err(CryptoError::invalid_signature_format());
        }
        if key.len() != EDDSA_PUBKEY_LEN {
            return Err(CryptoError::invalid_pubkey_format());
        }
    }
    for (message, signature, key) in batch {
        if !ed25519_verify(message, signature, key)? {
            return Ok(false);
        }
    }
    Ok(true)
}
