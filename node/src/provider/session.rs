//! One session of a deal, as the gateway sees it: what it holds, what it has
//! metered, and which vouchers have been used to authenticate a request.

use slsbft_proto::metering::v1::{self as proto, SignedVoucher};
use slsbft_types::Amount;

use crate::metering::{units::at_least, voucher::ShapedVoucher};

/// Sequences of the recent past that may still arrive out of order.
const WINDOW: u64 = 128;

/// Remembers which sequences were used, as the replay windows of IPsec and DTLS do.
#[derive(Clone, Copy, Debug)]
pub struct ReplayWindow {
    highest: u64,
    /// Bit i: `highest - i` was used.
    used: u128,
}

impl ReplayWindow {
    /// Everything up to `highest` counts as used: after a start nobody knows.
    pub fn after(highest: u64) -> Self {
        Self {
            highest,
            used: u128::MAX,
        }
    }

    /// Marks a sequence as used; false if it was already, or is too old to tell.
    pub fn mark(&mut self, sequence: u64) -> bool {
        if sequence > self.highest {
            let ahead = sequence - self.highest;
            self.used = if ahead < WINDOW { self.used << ahead } else { 0 };
            self.used |= 1;
            self.highest = sequence;
            return true;
        }
        let behind = self.highest - sequence;
        if behind >= WINDOW || self.used & (1 << behind) != 0 {
            return false;
        }
        self.used |= 1 << behind;
        true
    }
}

/// A sequence and the counters that go with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub sequence: u64,
    pub counters: Vec<u64>,
}

/// A session's state. Counters are cumulative and in the order of the deal's meters.
#[derive(Clone, Debug)]
pub struct Session {
    /// Most that this key can ever be due; `None`: the escrow is the cap.
    pub cap: Option<Amount>,
    /// The highest voucher, or what the chain has settled if that is higher.
    pub held: Statement,
    /// The highest voucher as signed; `None` if all that is known is the chain's.
    pub signed: Option<SignedVoucher>,
    /// The highest claim the chain has taken.
    pub claimed: Statement,
    /// A sequence the chain refused for good; not claimed again.
    pub refused: u64,
    pub metered: Vec<u64>,
    /// For requests that the upstream has not answered yet.
    pub reserved: Vec<u64>,
    pub in_flight: u32,
    pub window: ReplayWindow,
}

impl Session {
    /// A session as the chain knows it.
    pub fn from_chain(session: &proto::Session, cap: Option<Amount>, meters: usize) -> Self {
        let mut counters = session.counters.clone();
        counters.resize(meters, 0);
        let claimed = Statement {
            sequence: session.sequence,
            counters: counters.clone(),
        };
        Self {
            cap,
            held: claimed.clone(),
            signed: None,
            window: ReplayWindow::after(claimed.sequence),
            claimed,
            refused: 0,
            metered: counters,
            reserved: vec![0; meters],
            in_flight: 0,
        }
    }

    /// Takes over a higher claim from the chain; the rest of the state is ours.
    pub fn observe_claim(&mut self, session: &proto::Session) {
        if session.sequence <= self.claimed.sequence || session.counters.len() != self.metered.len() {
            return;
        }
        self.claimed = Statement {
            sequence: session.sequence,
            counters: session.counters.clone(),
        };
        if self.held.sequence < session.sequence {
            self.held = self.claimed.clone();
            self.signed = None;
            // Another gateway of this offer has served it, and is paid for that.
            self.metered = at_least(&self.metered, &self.held.counters);
            self.window.mark(session.sequence);
        }
    }

    /// Takes over a voucher from the store.
    pub fn restore(&mut self, voucher: ShapedVoucher) {
        if voucher.sequence > self.held.sequence && voucher.counters.len() == self.metered.len() {
            self.hold(voucher);
            self.metered = at_least(&self.metered, &self.held.counters);
            self.window = ReplayWindow::after(self.held.sequence);
        }
    }

    /// The chain has taken a claim.
    pub fn settled(&mut self, sequence: u64, counters: &[u64]) {
        if sequence > self.claimed.sequence {
            self.claimed = Statement {
                sequence,
                counters: counters.to_vec(),
            };
        }
    }

    pub fn hold(&mut self, voucher: ShapedVoucher) {
        self.held = Statement {
            sequence: voucher.sequence,
            counters: voucher.counters,
        };
        self.signed = Some(voucher.signed);
    }

    /// The most this session can come to be due for what was served so far.
    pub fn exposure(&self) -> Vec<u64> {
        let served: Vec<u64> = self
            .metered
            .iter()
            .zip(&self.reserved)
            .map(|(a, b)| a.saturating_add(*b))
            .collect();
        at_least(&served, &self.held.counters)
    }

    /// What was served, or is being served, and no voucher covers.
    pub fn unpaid(&self) -> Vec<u64> {
        self.exposure()
            .iter()
            .zip(&self.held.counters)
            .map(|(all, held)| all - held)
            .collect()
    }

    /// The voucher to claim, if there is one that the chain has not seen.
    pub fn unclaimed(&self) -> Option<&SignedVoucher> {
        let newer = self.held.sequence > self.claimed.sequence.max(self.refused);
        let more = self
            .held
            .counters
            .iter()
            .zip(&self.claimed.counters)
            .any(|(held, old)| held > old);
        self.signed.as_ref().filter(|_| newer && more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn sequences_may_arrive_out_of_order_but_never_twice() {
        let mut window = ReplayWindow::after(10);
        assert!(!window.mark(10) && !window.mark(3));
        assert!(window.mark(13) && window.mark(12) && window.mark(11));
        assert!(!window.mark(13) && !window.mark(12) && !window.mark(11) && !window.mark(10));
        assert!(window.mark(13 + WINDOW));
        assert!(!window.mark(13) && window.mark(14));
        assert!(window.mark(u64::MAX) && !window.mark(u64::MAX) && window.mark(u64::MAX - 1));
    }

    proptest! {
        #[test]
        fn the_window_never_takes_a_sequence_twice(sequences in proptest::collection::vec(1u64..400, 1..300)) {
            let (mut window, mut taken) = (ReplayWindow::after(0), BTreeSet::new());
            for sequence in sequences {
                let fresh = !taken.contains(&sequence);
                let recent = taken.last().is_none_or(|last| sequence + WINDOW > *last);
                prop_assert_eq!(window.mark(sequence), fresh && recent);
                if fresh && recent { taken.insert(sequence); }
            }
        }
    }
}
