//! Vouchers: which bytes are one, and whether its session's key signed them.

use ed25519_consensus::{
    Signature, VerificationKeyBytes,
    batch::{Item, Verifier},
};
use prost::Message;
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use slsbft_proto::metering::v1;

use super::offer::MAX_METERS;

/// Domain that separates voucher signatures from all others.
pub const VOUCHER_DOMAIN: &[u8] = b"slsbft/voucher/1";
/// Longest encoded voucher: 16 full counters and the longest chain id take less than half.
pub const MAX_VOUCHER_LEN: usize = 512;
/// Best rating; 0 is none.
pub const MAX_RATING: u32 = 5;

/// What an ed25519 session key signs: the domain, then the voucher's bytes as sent.
pub fn voucher_sign_bytes(voucher: &[u8]) -> Vec<u8> {
    [VOUCHER_DOMAIN, voucher].concat()
}

/// A voucher whose form was checked, with its signature, which was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub chain_id: String,
    pub deal_id: u64,
    pub session_key: [u8; 32],
    pub sequence: u64,
    pub counters: Vec<u64>,
    pub rating: u32,
    pub signature: [u8; 64],
}

/// Why bytes are no voucher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    #[error("a voucher has at most {MAX_VOUCHER_LEN} bytes, found {0}")]
    TooLong(usize),
    #[error("voucher cannot be decoded as slsbft.metering.v1.Voucher")]
    Encoding,
    #[error("session key must be 32 bytes of ed25519, found {0}")]
    SessionKey(usize),
    #[error("signature must be 64 bytes, found {0}")]
    Signature(usize),
    #[error("a voucher has at most {MAX_METERS} counters, found {0}")]
    Counters(usize),
    #[error("rating {0} is above {MAX_RATING}")]
    Rating(u32),
}

impl Voucher {
    /// Decodes a voucher and checks everything but its signature.
    pub fn decode(signed: &v1::SignedVoucher) -> Result<Self, VoucherError> {
        if signed.voucher.len() > MAX_VOUCHER_LEN {
            return Err(VoucherError::TooLong(signed.voucher.len()));
        }
        let voucher = v1::Voucher::decode(signed.voucher.as_ref()).map_err(|_| VoucherError::Encoding)?;
        if voucher.counters.len() > MAX_METERS {
            return Err(VoucherError::Counters(voucher.counters.len()));
        }
        if voucher.rating > MAX_RATING {
            return Err(VoucherError::Rating(voucher.rating));
        }
        let key = voucher.session_key.as_ref();
        let signature = signed.signature.as_ref();
        Ok(Self {
            chain_id: voucher.chain_id,
            deal_id: voucher.deal_id,
            session_key: key.try_into().map_err(|_| VoucherError::SessionKey(key.len()))?,
            sequence: voucher.sequence,
            counters: voucher.counters,
            rating: voucher.rating,
            signature: signature
                .try_into()
                .map_err(|_| VoucherError::Signature(signature.len()))?,
        })
    }
}

/// Judges the signatures of vouchers, one verdict each; bytes that are no
/// voucher are not signed by anybody. A good batch costs about half of single
/// verification; a batch with a bad one is judged again one by one. Both give
/// the same verdicts (ZIP-215).
pub fn verify_batch(vouchers: &[v1::SignedVoucher]) -> Vec<bool> {
    let mut seed = Sha256::new();
    let items: Vec<Option<Item>> = vouchers.iter().map(|signed| item(signed, &mut seed)).collect();
    let mut batch = Verifier::new();
    for item in items.iter().flatten() {
        batch.queue(item.clone());
    }
    // The coefficients come from a hash of all that is verified: unpredictable
    // to whoever made the signatures, and no source of entropy is needed.
    let good = batch.verify(StdRng::from_seed(seed.finalize().into())).is_ok();
    items
        .into_iter()
        .map(|item| item.is_some_and(|item| good || item.verify_single().is_ok()))
        .collect()
}

fn item(signed: &v1::SignedVoucher, seed: &mut Sha256) -> Option<Item> {
    let voucher = Voucher::decode(signed).ok()?;
    let message = voucher_sign_bytes(&signed.voucher);
    // The key is within the message; a length ahead of each keeps them apart.
    seed.update((message.len() as u64).to_be_bytes());
    seed.update(&message);
    seed.update(voucher.signature);
    let key = VerificationKeyBytes::from(voucher.session_key);
    Some(Item::from((key, Signature::from(voucher.signature), &message)))
}

#[cfg(test)]
mod tests {
    use ed25519_consensus::SigningKey;
    use proptest::prelude::*;

    use super::*;

    fn signed(key: &SigningKey, sequence: u64) -> v1::SignedVoucher {
        let voucher = v1::Voucher {
            chain_id: "test-1".into(),
            deal_id: 1,
            session_key: key.verification_key().to_bytes().to_vec().into(),
            sequence,
            counters: vec![sequence * 3],
            rating: 0,
        };
        let bytes = voucher.encode_to_vec();
        let signature = key.sign(&voucher_sign_bytes(&bytes));
        v1::SignedVoucher {
            voucher: bytes.into(),
            signature: signature.to_bytes().to_vec().into(),
        }
    }

    fn keys() -> [SigningKey; 3] {
        [1u8, 2, 3].map(|byte| SigningKey::from([byte; 32]))
    }

    #[test]
    fn one_bad_voucher_spoils_no_other_verdict_of_its_batch() {
        let [a, b, c] = keys();
        let mut vouchers = vec![signed(&a, 1), signed(&b, 1), signed(&a, 2), signed(&c, 1)];
        assert_eq!(verify_batch(&vouchers), [true; 4]);
        vouchers[1].signature = signed(&b, 2).signature;
        vouchers.push(v1::SignedVoucher::default());
        assert_eq!(verify_batch(&vouchers), [true, false, true, true, false]);
        assert!(verify_batch(&[]).is_empty());
    }

    #[test]
    fn a_signature_over_the_bytes_without_the_domain_is_none() {
        let [a, ..] = keys();
        let mut voucher = signed(&a, 1);
        voucher.signature = a.sign(&voucher.voucher).to_bytes().to_vec().into();
        assert_eq!(verify_batch(&[voucher]), [false]);
    }

    #[test]
    fn a_voucher_is_refused_for_each_fault_of_its_form() {
        let [a, ..] = keys();
        let good = v1::Voucher::decode(signed(&a, 1).voucher).unwrap();
        let refused = |change: &dyn Fn(&mut v1::Voucher)| {
            let mut voucher = good.clone();
            change(&mut voucher);
            let signed = v1::SignedVoucher {
                voucher: voucher.encode_to_vec().into(),
                signature: vec![0; 64].into(),
            };
            Voucher::decode(&signed).expect_err("refused")
        };
        assert_eq!(refused(&|v| v.rating = 6), VoucherError::Rating(6));
        assert_eq!(refused(&|v| v.counters = vec![1; 17]), VoucherError::Counters(17));
        assert_eq!(
            refused(&|v| v.session_key = vec![1; 31].into()),
            VoucherError::SessionKey(31)
        );
        assert!(matches!(
            refused(&|v| v.chain_id = "x".repeat(600)),
            VoucherError::TooLong(_)
        ));
        let mut short = signed(&a, 1);
        short.signature = vec![0; 63].into();
        assert_eq!(Voucher::decode(&short), Err(VoucherError::Signature(63)));
        short.voucher = vec![0xff].into();
        assert_eq!(Voucher::decode(&short), Err(VoucherError::Encoding));
    }

    proptest! {
        #[test]
        fn random_and_mutated_bytes_never_panic_and_never_verify(
            noise in proptest::collection::vec(any::<u8>(), 0..600), at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let [a, ..] = keys();
            let random = v1::SignedVoucher { voucher: noise.clone().into(), signature: noise.into() };
            let mut mutated = signed(&a, 7);
            let mut bytes = mutated.voucher.to_vec();
            bytes[at.index(mutated.voucher.len())] ^= 1 << bit;
            mutated.voucher = bytes.into();
            prop_assert_eq!(verify_batch(&[random, mutated, signed(&a, 8)]), [false, false, true]);
        }
    }
}
