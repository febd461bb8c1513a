//! A deal and its sessions: which vouchers are accepted, what may still be
//! served, what can be claimed. No I/O and no clock; the book owns the deals.

use std::collections::BTreeMap;

use slsbft_proto::metering::v1::{self as proto, DealStatus, SignedVoucher};
use slsbft_types::{Amount, AmountError, Time, metering::Due};

use super::session::Session;
use crate::metering::{
    units::{Credit, Meters, MetersError, Unit},
    voucher::{SessionKey, ShapedVoucher},
};

/// A deal of the chain that the gateway cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DealError {
    #[error("deal {deal}: {source}")]
    Meters { deal: u64, source: MetersError },
    #[error("deal {0}: the chain node sent {1} that cannot be read; check its version")]
    Field(u64, &'static str),
}

/// Why a voucher is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    #[error("the deal does not name this session key; add it to the deal first")]
    UnknownSession,
    #[error("the voucher is for chain '{found}', the deal for '{expected}'")]
    WrongChain { expected: String, found: String },
    #[error("the deal has {expected} meters, the voucher {found} counters")]
    Counters { expected: usize, found: usize },
    #[error("the counters are due more than any escrow can hold")]
    Overflow,
    #[error("the signature does not verify with the session key")]
    Signature,
    #[error("a voucher of this sequence was used before; sign one above {highest}")]
    Replayed { highest: u64 },
    #[error("a counter is lower than in the voucher of sequence {held}; counters are cumulative")]
    CounterFell { held: u64 },
}

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unserved {
    #[error("the deal does not name this session key; add it to the deal first")]
    UnknownSession,
    #[error("the deal is closing or about to expire; open another one")]
    Closing,
    #[error(
        "the gateway has not seen the chain go on for too long to know that the deal still stands; try again later"
    )]
    Blind,
    #[error("more was served than vouchers cover; sign the counters metered so far")]
    Unpaid,
    #[error("the escrow does not cover more; top up the deal")]
    EscrowExhausted,
    #[error("the session's spending cap does not cover more; use another session key")]
    CapExhausted,
    #[error("this session has too many requests in flight; wait for some to end")]
    InFlight,
}

/// What happened to an acceptable voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the highest now and must become durable.
    Highest,
    /// One with this or a higher sequence is held already.
    Superseded,
}

/// A deal on this provider's offer.
#[derive(Clone, Debug)]
pub struct Deal {
    pub id: u64,
    /// The chains whose vouchers the deal takes: the one that it was opened on,
    /// and the present one, which may have started from that one's export.
    chain_ids: [String; 2],
    pub meters: Meters,
    pub escrow: Amount,
    pub paid: Amount,
    pub expires_at: Time,
    pub open: bool,
    /// The chain no longer has it: nothing can be claimed.
    pub ended: bool,
    /// Seconds that a claim window lasts at least.
    pub window_seconds: u64,
    /// The chain was last seen going on too long ago: the deal may have been
    /// closed, and its window may be running.
    pub blind: bool,
    sessions: BTreeMap<SessionKey, Session>,
}

impl Deal {
    /// Reads a deal of the chain `chain_id`.
    pub fn from_chain(deal: &proto::Deal, chain_id: &str) -> Result<Self, DealError> {
        let meters = Meters::new(&deal.meters);
        let meters = meters.map_err(|source| DealError::Meters {
            deal: deal.id,
            source,
        })?;
        let mut read = Self {
            id: deal.id,
            chain_ids: [deal.chain_id.clone(), chain_id.to_owned()],
            meters,
            escrow: Amount::ZERO,
            paid: Amount::ZERO,
            expires_at: Time::default(),
            open: false,
            ended: false,
            window_seconds: 0,
            blind: false,
            sessions: BTreeMap::new(),
        };
        read.update(deal)?;
        Ok(read)
    }

    /// Takes over what has changed on the chain: escrow, status, keys, claims.
    pub fn update(&mut self, deal: &proto::Deal) -> Result<(), DealError> {
        let amount = |text: &str, what| {
            text.parse::<Amount>()
                .map_err(|_| DealError::Field(self.id, what))
        };
        let escrow = amount(&deal.escrow, "an escrow")?;
        let paid = amount(&deal.paid, "an amount paid")?;
        let expires_at = deal
            .expires_at
            .as_ref()
            .and_then(|time| Time::try_from(time).ok());
        let expires_at = expires_at.ok_or(DealError::Field(self.id, "an expiry"))?;
        let mut keys = Vec::with_capacity(deal.sessions.len());
        for session in &deal.sessions {
            let key = session
                .key
                .as_ref()
                .ok_or(DealError::Field(self.id, "a session"))?;
            let public: SessionKey = key
                .public_key
                .as_ref()
                .try_into()
                .map_err(|_| DealError::Field(self.id, "a session key"))?;
            let cap = amount(&key.spending_cap, "a spending cap")?;
            keys.push((public, Some(cap).filter(|cap| !cap.is_zero()), session));
        }
        for (key, cap, session) in keys {
            let known = self.sessions.entry(key);
            known
                .or_insert_with(|| Session::from_chain(session, cap, self.meters.len()))
                .observe_claim(session);
        }
        self.escrow = escrow.max(self.escrow);
        self.paid = paid.max(self.paid);
        self.expires_at = expires_at;
        self.open = deal.status() == DealStatus::Open;
        self.ended = false;
        self.window_seconds = deal.terms.as_ref().map_or(0, |terms| terms.window_seconds);
        Ok(())
    }

    pub fn session(&self, key: &SessionKey) -> Option<&Session> {
        self.sessions.get(key)
    }

    pub fn session_mut(&mut self, key: &SessionKey) -> Option<&mut Session> {
        self.sessions.get_mut(key)
    }

    /// Checks a voucher against its session and its own arithmetic, before its
    /// signature is worth verifying.
    pub fn precheck(&self, voucher: &ShapedVoucher) -> Result<(), VoucherError> {
        let session = self
            .sessions
            .get(&voucher.session)
            .ok_or(VoucherError::UnknownSession)?;
        if !self.chain_ids.contains(&voucher.chain_id) {
            let [expected, _] = self.chain_ids.clone();
            let found = voucher.chain_id.clone();
            return Err(VoucherError::WrongChain { expected, found });
        }
        let (expected, found) = (self.meters.len(), voucher.counters.len());
        if expected != found {
            return Err(VoucherError::Counters { expected, found });
        }
        self.meters
            .due(&voucher.counters, None)
            .map_err(|_| VoucherError::Overflow)?;
        let newer = voucher.sequence > session.held.sequence;
        if newer
            && voucher
                .counters
                .iter()
                .zip(&session.held.counters)
                .any(|(new, held)| new < held)
        {
            return Err(VoucherError::CounterFell {
                held: session.held.sequence,
            });
        }
        Ok(())
    }

    /// Takes a voucher whose signature was verified. `once`: it authenticates a
    /// request, so its sequence must not have been seen before.
    pub fn accept(&mut self, voucher: ShapedVoucher, once: bool) -> Result<Taken, VoucherError> {
        self.precheck(&voucher)?;
        let session = self
            .sessions
            .get_mut(&voucher.session)
            .ok_or(VoucherError::UnknownSession)?;
        if !session.window.mark(voucher.sequence) && once {
            return Err(VoucherError::Replayed {
                highest: session.held.sequence,
            });
        }
        if voucher.sequence <= session.held.sequence {
            return Ok(Taken::Superseded);
        }
        session.hold(voucher);
        Ok(Taken::Highest)
    }

    /// Reserves one request for a session, if credit, cap and escrow allow it.
    pub fn admit(
        &mut self,
        key: &SessionKey,
        credit: &Credit,
        now: Time,
        in_flight: u32,
    ) -> Result<(), Unserved> {
        let session = self.sessions.get(key).ok_or(Unserved::UnknownSession)?;
        self.standing()?;
        if !self.open || self.expires_at <= now {
            return Err(Unserved::Closing);
        }
        if session.in_flight >= in_flight {
            return Err(Unserved::InFlight);
        }
        let unpaid = session.unpaid();
        for unit in [Unit::Requests, Unit::Bytes, Unit::Millis] {
            if self.meters.has(unit) && self.meters.of(&unpaid, unit) >= credit.of(unit) {
                return Err(Unserved::Unpaid);
            }
        }
        self.reserve(key, Unit::Requests, 1)?;
        if let Some(session) = self.sessions.get_mut(key) {
            session.in_flight += 1;
        }
        Ok(())
    }

    /// Whether a voucher is still worth something. While a deal is closing it is:
    /// what has begun may end.
    fn standing(&self) -> Result<(), Unserved> {
        if self.ended {
            return Err(Unserved::Closing);
        }
        if self.blind { Err(Unserved::Blind) } else { Ok(()) }
    }

    /// Reserves as much of `wanted` as the credit allows; all of it, and nothing
    /// in truth, if the deal does not meter that unit.
    pub fn grant(
        &mut self,
        key: &SessionKey,
        unit: Unit,
        wanted: u64,
        credit: &Credit,
    ) -> Result<u64, Unserved> {
        self.standing()?;
        if !self.meters.has(unit) {
            return Ok(wanted);
        }
        let session = self.sessions.get(key).ok_or(Unserved::UnknownSession)?;
        let unpaid = self.meters.of(&session.unpaid(), unit);
        let granted = wanted.min(credit.of(unit).saturating_sub(unpaid));
        if granted == 0 && wanted > 0 {
            return Err(Unserved::Unpaid);
        }
        self.reserve(key, unit, granted)?;
        Ok(granted)
    }

    /// Reserves for a session and keeps the sum of all dues within the escrow.
    fn reserve(&mut self, key: &SessionKey, unit: Unit, amount: u64) -> Result<(), Unserved> {
        let session = self.sessions.get_mut(key).ok_or(Unserved::UnknownSession)?;
        self.meters.add(&mut session.reserved, unit, amount);
        let capped = match (session.cap, self.meters.due(&session.exposure(), None)) {
            (Some(cap), Ok(due)) => due > Due::whole(cap),
            (None, Ok(_)) => false,
            (_, Err(_)) => true,
        };
        let refused = if capped {
            Some(Unserved::CapExhausted)
        } else if !self.exposure().is_ok_and(|due| due <= Due::whole(self.escrow)) {
            Some(Unserved::EscrowExhausted)
        } else {
            return Ok(());
        };
        self.release(key, unit, amount);
        refused.map_or(Ok(()), Err)
    }

    /// Gives a reservation back.
    pub fn release(&mut self, key: &SessionKey, unit: Unit, amount: u64) {
        if let Some(session) = self.sessions.get_mut(key) {
            self.meters.sub(&mut session.reserved, unit, amount);
        }
    }

    /// Turns a reservation into something served.
    pub fn settle(&mut self, key: &SessionKey, unit: Unit, amount: u64) {
        self.release(key, unit, amount);
        self.meter(key, unit, amount);
    }

    /// Takes back what was metered and came to nothing.
    pub fn give_back(&mut self, key: &SessionKey, unit: Unit, amount: u64) {
        if let Some(session) = self.sessions.get_mut(key) {
            self.meters.sub(&mut session.metered, unit, amount);
        }
    }

    /// Counts what was served.
    pub fn meter(&mut self, key: &SessionKey, unit: Unit, amount: u64) {
        if let Some(session) = self.sessions.get_mut(key) {
            self.meters.add(&mut session.metered, unit, amount);
        }
    }

    /// What all sessions together can come to be due for what was served so far.
    fn exposure(&self) -> Result<Due, AmountError> {
        self.sum(|session| session.exposure())
    }

    /// What the vouchers held are due together.
    pub fn due(&self) -> Result<Amount, AmountError> {
        self.sum(|session| session.held.counters.clone()).map(Due::floor)
    }

    fn sum(&self, counters: impl Fn(&Session) -> Vec<u64>) -> Result<Due, AmountError> {
        let dues = self
            .sessions
            .values()
            .map(|session| self.meters.due(&counters(session), session.cap));
        dues.into_iter()
            .try_fold(Due::default(), |sum, due| sum.add(due?))
    }

    /// What a claim of all vouchers would pay now.
    pub fn payable(&self) -> Amount {
        self.due()
            .map_or(Amount::ZERO, |due| due.min(self.escrow).saturating_sub(self.paid))
    }

    /// Vouchers that the chain has not seen, if claiming them pays anything.
    pub fn unclaimed(&self) -> Vec<SignedVoucher> {
        if self.ended || self.payable().is_zero() {
            return Vec::new();
        }
        self.sessions
            .values()
            .filter_map(Session::unclaimed)
            .cloned()
            .collect()
    }

    pub fn keys(&self) -> impl Iterator<Item = &SessionKey> {
        self.sessions.keys()
    }
}
