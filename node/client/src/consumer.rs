//! What a consumer is willing to sign. No I/O: whoever drives it counts what
//! was received, keeps the last voucher on disk and sends it.
//!
//! A statement never goes beyond what the consumer itself counted, nor beyond
//! what the gateway asked for, nor beyond the spending cap, and never falls.

use slsbft_proto::metering::v1::{SignedVoucher, Voucher};
use slsbft_types::{
    Amount, AmountError,
    metering::{Due, session_due},
};

use crate::voucher::{VoucherError, VoucherSigner};

/// Why a consumer does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    #[error("the next voucher would be due {due} uankr, above the session's spending cap of {cap} uankr")]
    Cap { due: Amount, cap: Amount },
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Voucher(#[from] VoucherError),
}

/// A session's side of the account. Counters are cumulative, in the order of
/// the deal's meters, and start from the last voucher signed.
#[derive(Debug)]
pub struct SpendingTally {
    signer: VoucherSigner,
    prices: Vec<(u64, u32)>,
    cap: Option<Amount>,
    served: Vec<u64>,
    claimed: Vec<u64>,
}

impl SpendingTally {
    /// `prices` are (price, scale) for each meter; `cap` bounds what the session
    /// can ever come to be due, in uankr.
    pub fn new(
        signer: VoucherSigner,
        prices: Vec<(u64, u32)>,
        cap: Option<Amount>,
    ) -> Result<Self, VoucherError> {
        let counters = signer.last().counters.clone();
        if counters.len() != prices.len() {
            return Err(VoucherError::Counters {
                expected: prices.len(),
                found: counters.len(),
            });
        }
        Ok(Self {
            signer,
            prices,
            cap,
            served: counters.clone(),
            claimed: counters,
        })
    }

    /// Counts what was received, or may have been when nobody counted.
    pub fn serve(&mut self, more: &[u64]) {
        for (counter, more) in self.served.iter_mut().zip(more) {
            *counter = counter.saturating_add(*more);
        }
    }

    /// Notes what the gateway says it has metered; the highest counts.
    pub fn claim(&mut self, metered: &[u64]) {
        for (counter, metered) in self.claimed.iter_mut().zip(metered) {
            *counter = (*counter).max(*metered);
        }
    }

    /// Takes up a forgotten statement, see [`VoucherSigner::recover`]. What it
    /// states was received and asked for.
    pub fn recover(&mut self, signed: &SignedVoucher) -> Result<bool, VoucherError> {
        let beyond = self.signer.recover(signed)?;
        let stated = self.signer.last().counters.iter();
        for ((served, claimed), stated) in self.served.iter_mut().zip(&mut self.claimed).zip(stated) {
            (*served, *claimed) = ((*served).max(*stated), (*claimed).max(*stated));
        }
        Ok(beyond)
    }

    /// Lets go of what may have been received and was not asked for. Only for when
    /// nothing is under way and the gateway has just said what it has metered.
    pub fn forgo(&mut self) {
        let asked = self.claimed.iter().zip(&self.signer.last().counters);
        for (served, (claimed, signed)) in self.served.iter_mut().zip(asked) {
            *served = (*served).min(*claimed).max(*signed);
        }
    }

    /// What the next voucher would state: the claim as far as it was served.
    pub fn payable(&self) -> Vec<u64> {
        let asked = self
            .claimed
            .iter()
            .zip(&self.served)
            .map(|(claimed, served)| *claimed.min(served));
        asked
            .zip(&self.signer.last().counters)
            .map(|(asked, signed)| asked.max(*signed))
            .collect()
    }

    /// What was received and not signed for.
    pub fn unsigned(&self) -> Vec<u64> {
        let signed = &self.signer.last().counters;
        self.served
            .iter()
            .zip(signed)
            .map(|(served, signed)| served.saturating_sub(*signed))
            .collect()
    }

    /// What the gateway asks for beyond what was received.
    pub fn overclaimed(&self) -> Vec<u64> {
        self.claimed
            .iter()
            .zip(&self.served)
            .map(|(claimed, served)| claimed.saturating_sub(*served))
            .collect()
    }

    /// Whether the cap covers `more` on top of what was received.
    pub fn affords(&self, more: &[u64]) -> bool {
        let then: Vec<u64> = self
            .served
            .iter()
            .zip(more)
            .map(|(served, more)| served.saturating_add(*more))
            .collect();
        match (self.due(&then), self.cap) {
            (Ok(due), Some(cap)) => due <= Due::whole(cap),
            (Ok(_), None) => true,
            (Err(_), _) => false,
        }
    }

    /// Signs [`SpendingTally::payable`] under the next sequence.
    pub fn sign(&mut self, rating: u32) -> Result<SignedVoucher, SigningError> {
        let counters = self.payable();
        let due = self.due(&counters)?;
        match self.cap {
            Some(cap) if due > Due::whole(cap) => Err(SigningError::Cap {
                due: due.floor(),
                cap,
            }),
            _ => Ok(self.signer.sign(&counters, rating)?),
        }
    }

    /// The last statement signed.
    pub fn last(&self) -> &Voucher {
        self.signer.last()
    }

    fn due(&self, counters: &[u64]) -> Result<Due, AmountError> {
        session_due(counters, &self.prices, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyKind, SigningKey, voucher};

    fn tally(cap: Option<u64>) -> SpendingTally {
        let key = SigningKey::generate(KeyKind::Ed25519);
        let signer = VoucherSigner::new(key, "test-1", 1, 2).unwrap();
        SpendingTally::new(signer, vec![(1_000, 0), (1, 3)], cap.map(Amount::from)).unwrap()
    }

    fn signed(tally: &mut SpendingTally) -> Vec<u64> {
        voucher::verify("test-1", &tally.sign(0).unwrap())
            .unwrap()
            .counters
    }

    #[test]
    fn it_signs_neither_more_than_was_served_nor_more_than_was_asked_for() {
        let mut tally = tally(None);
        tally.serve(&[3, 500]);
        tally.claim(&[2, 9_000]);
        assert_eq!(signed(&mut tally), [2, 500]);
        assert_eq!(
            (tally.unsigned(), tally.overclaimed()),
            (vec![1, 0], vec![0, 8_500])
        );
        tally.claim(&[1, 100]);
        assert_eq!(signed(&mut tally), [2, 500], "a lower claim takes nothing back");
        assert_eq!(tally.last().sequence, 2);
    }

    #[test]
    fn what_was_let_go_of_cannot_be_asked_for_later() {
        let mut tally = tally(None);
        tally.serve(&[2, 9_000]);
        tally.claim(&[2, 500]);
        tally.forgo();
        assert_eq!(tally.unsigned(), [2, 500]);
        assert_eq!(signed(&mut tally), [2, 500]);
        tally.claim(&[2, 9_000]);
        tally.forgo();
        assert_eq!(signed(&mut tally), [2, 500]);
        tally.serve(&[0, 10]);
        assert_eq!(signed(&mut tally), [2, 510]);
    }

    #[test]
    fn it_stops_at_the_cap_before_and_after_it_is_reached() {
        let mut tally = tally(Some(2_000));
        tally.serve(&[1, 0]);
        assert!(tally.affords(&[1, 0]) && !tally.affords(&[1, 1]));
        tally.serve(&[1, 5_000]);
        tally.claim(&[2, 5_000]);
        let refused = tally.sign(0).unwrap_err();
        assert_eq!(
            refused,
            SigningError::Cap {
                due: Amount::new(2_005),
                cap: Amount::new(2_000)
            }
        );
        assert_eq!(tally.last().sequence, 0);
    }

    #[test]
    fn counters_that_would_overflow_are_not_signed() {
        let key = SigningKey::generate(KeyKind::Ed25519);
        let signer = VoucherSigner::new(key, "test-1", 1, 2).unwrap();
        let mut tally = SpendingTally::new(signer, vec![(u64::MAX, 0); 2], None).unwrap();
        tally.serve(&[u64::MAX; 2]);
        tally.serve(&[1, 1]);
        tally.claim(&[u64::MAX; 2]);
        assert!(!tally.affords(&[1, 1]));
        assert!(matches!(tally.sign(0), Err(SigningError::Amount(_))));
    }
}
