//! Signatures of vouchers, verified in batches on all cores. The verdicts
//! depend on a message's bytes and on nothing else, so they can be made ahead
//! of the block and kept with the message.

use std::sync::OnceLock;

use rayon::prelude::*;
use slsbft_proto::metering::v1::SignedVoucher;
use slsbft_types::metering::voucher::verify_batch;

/// Vouchers per batch: more are hardly cheaper each, and a bad one costs the
/// single verification of no more than these.
const BATCH: usize = 128;

/// One verdict for each: whether the voucher's session key signed it.
pub fn verify_vouchers(vouchers: &[SignedVoucher]) -> Vec<bool> {
    vouchers.par_chunks(BATCH).flat_map_iter(verify_batch).collect()
}

/// The vouchers of a message and, once asked for, the verdicts on them.
#[derive(Clone, Debug, Default)]
pub struct Vouchers {
    signed: Vec<SignedVoucher>,
    verdicts: OnceLock<Vec<bool>>,
}

impl Vouchers {
    pub fn new(signed: Vec<SignedVoucher>) -> Self {
        Self {
            signed,
            verdicts: OnceLock::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.signed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.signed.is_empty()
    }

    /// Verifies the signatures unless that was done; whoever calls it early
    /// takes the work out of the block's execution.
    pub fn verify(&self) -> &[bool] {
        if let Some(verdicts) = self.verdicts.get() {
            return verdicts;
        }
        // Made outside of the lock: within it, a thread of the pool could come
        // back to this same message and wait for itself.
        let verdicts = verify_vouchers(&self.signed);
        self.verdicts.get_or_init(|| verdicts)
    }

    /// The same on the calling thread alone.
    pub fn verify_in_turn(&self) {
        if self.verdicts.get().is_none() {
            let verdicts = self.signed.chunks(BATCH).flat_map(verify_batch).collect();
            // Equal if a block was faster.
            let _ = self.verdicts.set(verdicts);
        }
    }

    /// Takes all of them as signed, for an estimate: it says what would be paid if
    /// they are, and costs nothing near what judging them does.
    pub fn assume_signed(&self) {
        self.verdicts.get_or_init(|| vec![true; self.signed.len()]);
    }

    /// Each voucher with whether it is signed.
    pub fn judged(&self) -> impl Iterator<Item = (&SignedVoucher, bool)> {
        self.signed.iter().zip(self.verify().iter().copied())
    }
}
