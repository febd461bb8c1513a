//! Vouchers: what a consumer signs for what it was served, and a provider's
//! judgement of it on a given chain. Form and signatures are judged by
//! `slsbft_types::metering`, as the chain does.

use prost::Message;
use slsbft_proto::metering::v1::{SignedVoucher, Voucher};
use slsbft_types::{
    PublicKey,
    metering::{self, voucher_sign_bytes},
};

use crate::keys::{KeyKind, SigningKey};

/// Longest encoded voucher that is looked at.
pub const MAX_VOUCHER_BYTES: usize = metering::voucher::MAX_VOUCHER_LEN;

/// Why a voucher is refused, or not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    #[error(transparent)]
    Form(#[from] metering::VoucherError),
    #[error("voucher is for chain '{found}', not '{expected}'")]
    WrongChain { expected: String, found: String },
    #[error("the key is not the ed25519 key of the voucher's session")]
    SessionKey,
    #[error("signature does not verify under the session key")]
    BadSignature,
    #[error("meter {meter} would fall from {from} to {to}; counters of a voucher never fall")]
    CounterFell { meter: usize, from: u64, to: u64 },
    #[error("voucher has {found} counters, the deal {expected} meters")]
    Counters { expected: usize, found: usize },
    #[error("the session has signed its last possible voucher; open another session")]
    Exhausted,
    #[error("the voucher is for deal {found}, not {expected}")]
    OtherDeal { expected: u64, found: u64 },
}

/// Signs a voucher as it is; the key must be that of `voucher.session_key`.
pub fn sign(key: &SigningKey, voucher: &Voucher) -> Result<SignedVoucher, VoucherError> {
    check_key(key, voucher)?;
    let bytes = voucher.encode_to_vec();
    let signature = key.sign(&voucher_sign_bytes(&bytes)).to_vec();
    let signed = SignedVoucher {
        voucher: bytes.into(),
        signature: signature.into(),
    };
    metering::Voucher::decode(&signed)?;
    Ok(signed)
}

/// Reads a voucher for a chain without judging its signature.
pub fn decode(chain_id: &str, signed: &SignedVoucher) -> Result<(Voucher, PublicKey), VoucherError> {
    let read = metering::Voucher::decode(signed)?;
    if read.chain_id != chain_id {
        return Err(VoucherError::WrongChain {
            expected: chain_id.to_owned(),
            found: read.chain_id,
        });
    }
    let voucher = Voucher {
        chain_id: read.chain_id,
        deal_id: read.deal_id,
        session_key: read.session_key.to_vec().into(),
        sequence: read.sequence,
        counters: read.counters,
        rating: read.rating,
    };
    Ok((voucher, PublicKey::Ed25519(read.session_key)))
}

/// Reads a voucher and judges its signature. Whether its deal and session
/// exist and its counters are served is the provider's to check.
pub fn verify(chain_id: &str, signed: &SignedVoucher) -> Result<Voucher, VoucherError> {
    let (voucher, key) = decode(chain_id, signed)?;
    key.verify(&voucher_sign_bytes(&signed.voucher), &signed.signature)
        .map_err(|_| VoucherError::BadSignature)?;
    Ok(voucher)
}

/// Judges many at once, about twice as fast as one by one while all are good;
/// the verdicts are the same (ZIP-215).
pub fn verify_all(chain_id: &str, vouchers: &[SignedVoucher]) -> Vec<Result<Voucher, VoucherError>> {
    let signed = metering::voucher::verify_batch(vouchers);
    let judged = vouchers.iter().zip(signed).map(|(voucher, signed)| {
        let (voucher, _) = decode(chain_id, voucher)?;
        if signed {
            Ok(voucher)
        } else {
            Err(VoucherError::BadSignature)
        }
    });
    judged.collect()
}

fn check_key(key: &SigningKey, voucher: &Voucher) -> Result<(), VoucherError> {
    let own = key.kind() == KeyKind::Ed25519 && key.public_key().as_bytes() == voucher.session_key.as_ref();
    if own {
        Ok(())
    } else {
        Err(VoucherError::SessionKey)
    }
}

/// A consumer's side of one session: keeps the last statement and signs only
/// what goes on from it.
#[derive(Debug)]
pub struct VoucherSigner {
    key: SigningKey,
    last: Voucher,
}

impl VoucherSigner {
    /// A session of a deal with `meters` meters, from zero.
    pub fn new(
        key: SigningKey,
        chain_id: impl Into<String>,
        deal_id: u64,
        meters: usize,
    ) -> Result<Self, VoucherError> {
        let session_key = key.public_key().as_bytes().to_vec().into();
        let counters = vec![0; meters];
        let chain_id = chain_id.into();
        Self::resume(
            key,
            Voucher {
                chain_id,
                deal_id,
                session_key,
                sequence: 0,
                counters,
                rating: 0,
            },
        )
    }

    /// Goes on from a statement signed before, by this process or an earlier one.
    pub fn resume(key: SigningKey, last: Voucher) -> Result<Self, VoucherError> {
        check_key(&key, &last)?;
        Ok(Self { key, last })
    }

    /// The latest statement.
    pub fn last(&self) -> &Voucher {
        &self.last
    }

    /// Goes on from a statement that this key has signed and that was forgotten,
    /// as after the loss of a disk. Whoever has kept it is not believed: the
    /// signature is. `false` if it is not beyond the latest statement.
    pub fn recover(&mut self, signed: &SignedVoucher) -> Result<bool, VoucherError> {
        let voucher = verify(&self.last.chain_id, signed)?;
        check_key(&self.key, &voucher)?;
        let (expected, found) = (self.last.deal_id, voucher.deal_id);
        if expected != found {
            return Err(VoucherError::OtherDeal { expected, found });
        }
        let (expected, found) = (self.last.counters.len(), voucher.counters.len());
        if expected != found {
            return Err(VoucherError::Counters { expected, found });
        }
        let beyond = voucher.sequence > self.last.sequence;
        if beyond {
            self.last = voucher;
        }
        Ok(beyond)
    }

    /// Signs the next statement: cumulative counters, none lower than before.
    pub fn sign(&mut self, counters: &[u64], rating: u32) -> Result<SignedVoucher, VoucherError> {
        let (expected, found) = (self.last.counters.len(), counters.len());
        if expected != found {
            return Err(VoucherError::Counters { expected, found });
        }
        for (meter, (&from, &to)) in self.last.counters.iter().zip(counters).enumerate() {
            if to < from {
                return Err(VoucherError::CounterFell { meter, from, to });
            }
        }
        let sequence = self.last.sequence.checked_add(1).ok_or(VoucherError::Exhausted)?;
        let next = Voucher {
            sequence,
            counters: counters.to_vec(),
            rating,
            ..self.last.clone()
        };
        let signed = sign(&self.key, &next)?;
        self.last = next;
        Ok(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> VoucherSigner {
        VoucherSigner::new(SigningKey::generate(KeyKind::Ed25519), "slsbft-test-1", 7, 2).unwrap()
    }

    #[test]
    fn a_signed_voucher_verifies_on_its_chain_only() {
        let signed = signer().sign(&[3, 4], 5).unwrap();
        let voucher = verify("slsbft-test-1", &signed).unwrap();
        assert_eq!(
            (voucher.deal_id, voucher.sequence, voucher.counters),
            (7, 1, vec![3, 4])
        );
        assert!(matches!(
            verify("slsbft-1", &signed),
            Err(VoucherError::WrongChain { .. })
        ));
    }

    #[test]
    fn a_signer_never_takes_back_what_it_stated() {
        let mut signer = signer();
        signer.sign(&[3, 4], 0).unwrap();
        assert!(matches!(
            signer.sign(&[2, 9], 0),
            Err(VoucherError::CounterFell {
                meter: 0,
                from: 3,
                to: 2
            })
        ));
        assert_eq!(
            signer.sign(&[3], 0).unwrap_err(),
            VoucherError::Counters {
                expected: 2,
                found: 1
            }
        );
        assert!(matches!(signer.sign(&[3, 4], 6), Err(VoucherError::Form(_))));
        assert_eq!(
            (signer.last().sequence, signer.last().counters.clone()),
            (1, vec![3, 4])
        );
    }

    #[test]
    fn a_forgotten_statement_is_taken_up_again_if_its_own_key_signed_it() {
        let key = SigningKey::generate(KeyKind::Ed25519);
        let new = || VoucherSigner::new(key.clone(), "slsbft-test-1", 7, 2).unwrap();
        let mut before = new();
        before.sign(&[3, 4], 0).unwrap();
        let signed = before.sign(&[5, 6], 0).unwrap();

        let mut after = new();
        assert_eq!(after.recover(&signed), Ok(true));
        assert_eq!(after.recover(&signed), Ok(false));
        assert_eq!(after.last(), before.last());
        assert!(matches!(
            after.sign(&[5, 5], 0),
            Err(VoucherError::CounterFell { .. })
        ));

        let foreign = signer().sign(&[9, 9], 0).unwrap();
        assert_eq!(after.recover(&foreign), Err(VoucherError::SessionKey));
        let mut forged = before.sign(&[9, 9], 0).unwrap();
        forged.signature = signed.signature.clone();
        assert_eq!(after.recover(&forged), Err(VoucherError::BadSignature));
        let mut other = VoucherSigner::new(key.clone(), "slsbft-test-1", 8, 2).unwrap();
        assert!(matches!(
            other.recover(&signed),
            Err(VoucherError::OtherDeal { .. })
        ));
    }

    #[test]
    fn one_forged_voucher_in_a_batch_spoils_only_itself() {
        let mut vouchers: Vec<_> = (0..20).map(|n| signer().sign(&[n, n], 0).unwrap()).collect();
        assert!(verify_all("slsbft-test-1", &vouchers).iter().all(Result::is_ok));
        vouchers[3].signature = vec![1; 64].into();
        vouchers[5].signature = vec![1; 63].into();
        vouchers[9].voucher = vec![255; 3].into();
        vouchers[11].voucher = vec![0; MAX_VOUCHER_BYTES + 1].into();
        let verdicts = verify_all("slsbft-test-1", &vouchers);
        let failed: Vec<usize> = (0..20).filter(|&n| verdicts[n].is_err()).collect();
        assert_eq!(failed, [3, 5, 9, 11]);
        assert_eq!(verdicts[3], Err(VoucherError::BadSignature));
        assert_eq!(
            verdicts[11],
            Err(metering::VoucherError::TooLong(MAX_VOUCHER_BYTES + 1).into())
        );
    }

    #[test]
    fn only_the_sessions_own_ed25519_key_signs() {
        let other = SigningKey::generate(KeyKind::Ed25519);
        let last = signer().last().clone();
        assert_eq!(sign(&other, &last), Err(VoucherError::SessionKey));
        let wallet = SigningKey::generate(KeyKind::Secp256k1);
        assert!(VoucherSigner::new(wallet, "slsbft-test-1", 7, 2).is_err());
    }
}
