//! A voucher whose shape has been checked: the only form in which the daemons
//! handle vouchers from outside. Its signature is judged separately, in batches.

use slsbft_proto::metering::v1::SignedVoucher;
use slsbft_types::metering::{Voucher, VoucherError};

use super::{
    store::RecordKey,
    units::{MAX_COUNTER, MAX_METERS},
};

/// ed25519 public key of a session.
pub type SessionKey = [u8; 32];

/// Why bytes are no voucher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    #[error("voucher is missing")]
    Missing,
    #[error("there is more than one voucher; send one")]
    Repeated,
    #[error("voucher is not base64 of a SignedVoucher")]
    Encoding,
    #[error(transparent)]
    Form(#[from] VoucherError),
    #[error("sequence must be at least 1")]
    Sequence,
    #[error("counters must be 1 to {MAX_METERS} numbers below 2^62")]
    Counters,
}

/// A well-formed voucher, not yet verified.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapedVoucher {
    pub chain_id: String,
    pub deal_id: u64,
    pub session: SessionKey,
    pub sequence: u64,
    pub counters: Vec<u64>,
    /// As it came, for the store and the claim.
    pub signed: SignedVoucher,
}

impl ShapedVoucher {
    pub fn key(&self) -> RecordKey {
        RecordKey {
            deal_id: self.deal_id,
            session: self.session,
        }
    }

    /// Checks everything about a voucher that needs neither its deal nor its key.
    pub fn new(signed: SignedVoucher) -> Result<Self, ShapeError> {
        let voucher = Voucher::decode(&signed)?;
        if voucher.sequence == 0 {
            return Err(ShapeError::Sequence);
        }
        let Voucher {
            chain_id,
            deal_id,
            session_key: session,
            sequence,
            counters,
            ..
        } = voucher;
        if counters.is_empty() || counters.iter().any(|n| *n >= MAX_COUNTER) {
            return Err(ShapeError::Counters);
        }
        Ok(Self {
            chain_id,
            deal_id,
            session,
            sequence,
            counters,
            signed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost::Message;
    use slsbft_client::{KeyKind, SigningKey};
    use slsbft_proto::metering::v1::Voucher;
    use slsbft_types::metering::{voucher::verify_batch, voucher_sign_bytes};

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_secret(KeyKind::Ed25519, &[seed; 32]).unwrap()
    }

    /// Signs whatever it is given, as a hostile consumer would.
    fn sign(voucher: &Voucher, key: &SigningKey) -> SignedVoucher {
        let voucher = voucher.encode_to_vec();
        let signature = key.sign(&voucher_sign_bytes(&voucher)).to_vec();
        SignedVoucher {
            voucher: voucher.into(),
            signature: signature.into(),
        }
    }

    fn voucher(seed: u8, sequence: u64) -> Voucher {
        Voucher {
            chain_id: "test".into(),
            deal_id: 7,
            session_key: key(seed).public_key().as_bytes().to_vec().into(),
            sequence,
            counters: vec![sequence, 10 * sequence],
            rating: 0,
        }
    }

    #[test]
    fn every_malformed_part_is_named() {
        let refuse = |change: &dyn Fn(&mut Voucher)| {
            let mut voucher = voucher(1, 1);
            change(&mut voucher);
            ShapedVoucher::new(sign(&voucher, &key(1))).unwrap_err()
        };
        assert_eq!(
            refuse(&|v| v.session_key = vec![1; 31].into()),
            VoucherError::SessionKey(31).into()
        );
        assert_eq!(refuse(&|v| v.sequence = 0), ShapeError::Sequence);
        assert_eq!(refuse(&|v| v.counters = vec![]), ShapeError::Counters);
        assert_eq!(refuse(&|v| v.counters = vec![u64::MAX]), ShapeError::Counters);
        assert_eq!(refuse(&|v| v.rating = 6), VoucherError::Rating(6).into());
        let mut short = sign(&voucher(1, 1), &key(1));
        short.signature = vec![0; 63].into();
        assert_eq!(ShapedVoucher::new(short), Err(VoucherError::Signature(63).into()));
    }

    proptest! {
        #[test]
        fn a_voucher_with_any_changed_byte_is_refused_or_does_not_verify(at in 0usize..1_000, flip in 1u8..) {
            let signed = sign(&voucher(1, 9), &key(1));
            let mut bytes = [signed.voucher.as_ref(), signed.signature.as_ref()].concat();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            let signature = bytes.split_off(signed.voucher.len());
            let changed = SignedVoucher { voucher: bytes.into(), signature: signature.into() };
            if let Ok(shaped) = ShapedVoucher::new(changed) {
                prop_assert_eq!(verify_batch(&[shaped.signed]), [false]);
            }
        }

        #[test]
        fn arbitrary_bytes_are_refused_with_a_reason(
            voucher in proptest::collection::vec(any::<u8>(), 0..600),
            signature in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let signed = SignedVoucher { voucher: voucher.into(), signature: signature.into() };
            prop_assert!(ShapedVoucher::new(signed).is_err());
        }
    }
}
