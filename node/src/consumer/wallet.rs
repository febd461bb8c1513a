//! The sessions of a deal: which one the next request uses, what it was served,
//! and the vouchers it signs, each on disk before it leaves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use prost::Message;
use slsbft_client::{
    SigningKey, VoucherSigner,
    consumer::{SigningError, SpendingTally},
};
use slsbft_proto::metering::v1::{Deal, SignedVoucher, Voucher};
use slsbft_types::Amount;
use tokio::sync::Notify;

use super::{
    ConsumerError,
    config::{Config, Tolerance},
};
use crate::metering::{
    store::{RecordKey, Writer, WriterStopped},
    units::{Credit, Meters, Unit},
    voucher::SessionKey,
};

/// Broken answers in a row that are believed at least.
const MOST_BROKEN: u32 = 4;
/// Requests at a time: what overtakes more is refused by the gateway as too old.
const MOST_PARALLEL: u32 = 120;

/// What is kept of a session: its last voucher, and how many requests were in
/// flight when it was signed. Those may have been served without being counted.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(message, optional, tag = "1")]
    voucher: Option<SignedVoucher>,
    #[prost(uint32, tag = "2")]
    in_flight: u32,
}

/// Why a request cannot be paid for.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    #[error(
        "no session was free within {0} s; add session keys to the deal or ask the provider for more credit"
    )]
    Busy(u64),
    #[error(
        "every session has reached its spending cap, that of its key in the deal or --spending-cap; raise the latter, or add a session key to the deal"
    )]
    CapReached,
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Store(#[from] WriterStopped),
}

/// The sessions of one deal.
pub struct Wallet {
    slots: Vec<Arc<Slot>>,
    freed: Arc<Notify>,
}

/// One session.
pub struct Slot {
    pub key: RecordKey,
    pub meters: Meters,
    /// Notified when the flusher should pay at once.
    pub owing: Notify,
    state: Mutex<State>,
    freed: Arc<Notify>,
    writer: Writer,
    rating: u32,
    tolerance: Tolerance,
}

struct State {
    tally: SpendingTally,
    in_flight: u32,
    /// Of those in flight, the ones that are not counted yet.
    unanswered: u32,
    /// Requests at a time; 1 until the gateway has said what its credit is.
    parallel: u32,
    most_parallel: u32,
    /// Unpaid bytes and milliseconds at which to pay in the middle of a request.
    thresholds: Credit,
    /// Answers in a row that the gateway broke off or never gave.
    broken: u32,
    touched: Instant,
}

impl Wallet {
    /// Resumes every session from its last voucher, on disk or on the chain.
    pub fn open(
        config: &Config,
        deal: &Deal,
        keys: Vec<SigningKey>,
        records: &[(RecordKey, Vec<u8>)],
        writer: &Writer,
    ) -> Result<Self, ConsumerError> {
        let meters = Meters::new(&deal.meters)?;
        let freed = Arc::new(Notify::new());
        let open = |key: SigningKey| {
            let session: SessionKey =
                key.public_key()
                    .as_bytes()
                    .try_into()
                    .map_err(|_| ConsumerError::NotASession {
                        key: hex::encode(key.public_key().as_bytes()),
                        deal: deal.id,
                    })?;
            let record_key = RecordKey {
                deal_id: deal.id,
                session,
            };
            let bytes = records
                .iter()
                .find(|(key, _)| *key == record_key)
                .map(|(_, bytes)| bytes.as_slice());
            let tally = resume(config, deal, &meters, key, bytes)?;
            let state = State {
                tally,
                in_flight: 0,
                unanswered: 0,
                parallel: 1,
                most_parallel: config.parallel.clamp(1, MOST_PARALLEL),
                thresholds: thresholds(&Credit::default(), &config.tolerance),
                broken: 0,
                touched: Instant::now(),
            };
            Ok(Arc::new(Slot {
                key: record_key,
                meters: meters.clone(),
                owing: Notify::new(),
                state: Mutex::new(state),
                freed: freed.clone(),
                writer: writer.clone(),
                rating: config.rating,
                tolerance: config.tolerance,
            }))
        };
        let slots = keys
            .into_iter()
            .map(open)
            .collect::<Result<Vec<_>, ConsumerError>>()?;
        Ok(Self { slots, freed })
    }

    pub fn slots(&self) -> &[Arc<Slot>] {
        &self.slots
    }

    /// A session for one request; waits for one to become free.
    pub async fn lease(&self, patience: Duration) -> Result<Lease, WalletError> {
        let waited = tokio::time::timeout(patience, async {
            loop {
                let freed = self.freed.notified();
                tokio::pin!(freed);
                // Registered before the look, or one freed in between would be missed.
                freed.as_mut().enable();
                if let Some(lease) = self.slots.iter().find_map(Slot::lease) {
                    return Ok(lease);
                }
                if !self.slots.iter().any(|slot| slot.affords()) {
                    // Whoever else waits does so in vain, too.
                    self.freed.notify_waiters();
                    return Err(WalletError::CapReached);
                }
                freed.await;
            }
        });
        waited.await.unwrap_or(Err(WalletError::Busy(patience.as_secs())))
    }
}

/// Whether a record is of one of the deal's sessions.
pub fn names(deal: &Deal, record: &RecordKey) -> bool {
    let mut keys = deal.sessions.iter().filter_map(|session| session.key.as_ref());
    record.deal_id == deal.id && keys.any(|key| key.public_key == record.session.as_slice())
}

/// Where a session left off: the higher of the last voucher on disk and of what
/// the chain has settled.
fn resume(
    config: &Config,
    deal: &Deal,
    meters: &Meters,
    key: SigningKey,
    record: Option<&[u8]>,
) -> Result<SpendingTally, ConsumerError> {
    let public = key.public_key();
    let text = hex::encode(public.as_bytes());
    let session = deal
        .sessions
        .iter()
        .find(|session| {
            session
                .key
                .as_ref()
                .is_some_and(|key| key.public_key == public.as_bytes())
        })
        .ok_or_else(|| ConsumerError::NotASession {
            key: text.clone(),
            deal: deal.id,
        })?;
    let mut last = Voucher {
        // Valid for the deal's whole life: also on a chain that goes on from this one's export.
        chain_id: deal.chain_id.clone(),
        deal_id: deal.id,
        session_key: public.as_bytes().to_vec().into(),
        sequence: session.sequence,
        counters: session.counters.clone(),
        rating: 0,
    };
    last.counters.resize(meters.len(), 0);
    let mut in_flight = 0;
    if let Some(bytes) = record {
        let unreadable = || ConsumerError::Record(text.clone());
        let record = Record::decode(bytes).map_err(|_| unreadable())?;
        let signed = record.voucher.ok_or_else(unreadable)?;
        let stored = Voucher::decode(signed.voucher).map_err(|_| unreadable())?;
        if stored.session_key != last.session_key || stored.counters.len() != meters.len() {
            return Err(unreadable());
        }
        if stored.sequence >= last.sequence {
            in_flight = record.in_flight;
            last = Voucher {
                chain_id: last.chain_id,
                ..stored
            };
        }
    }
    let prices = deal
        .meters
        .iter()
        .map(|meter| (meter.price, meter.scale))
        .collect();
    let cap = session.key.as_ref().and_then(|key| key.spending_cap.parse().ok());
    let cap: Option<Amount> = cap.filter(|cap: &Amount| !cap.is_zero());
    let cap = cap.into_iter().chain(config.spending_cap).min();
    let mut tally = SpendingTally::new(VoucherSigner::resume(key, last)?, prices, cap)?;
    tally.serve(&uncounted(meters, &config.tolerance, in_flight));
    Ok(tally)
}

/// What requests may have been served that nobody counted to the end.
fn uncounted(meters: &Meters, tolerance: &Tolerance, requests: u32) -> Vec<u64> {
    let requests = u64::from(requests);
    let mut counters = vec![0; meters.len()];
    meters.add(&mut counters, Unit::Requests, requests);
    meters.add(
        &mut counters,
        Unit::Bytes,
        requests.saturating_mul(tolerance.bytes),
    );
    meters.add(
        &mut counters,
        Unit::Millis,
        requests.saturating_mul(tolerance.millis),
    );
    counters
}

/// Half of the credit, and no more than would be believed after a crash: what a
/// gateway's credit is becomes known with its first answer, and it may give less
/// than others and wait for payment before that.
fn thresholds(credit: &Credit, tolerance: &Tolerance) -> Credit {
    Credit {
        requests: credit.requests,
        bytes: (credit.bytes.min(tolerance.bytes) / 2).max(1),
        millis: (credit.millis.min(tolerance.millis) / 2).max(1),
    }
}

impl Slot {
    fn lease(self: &Arc<Self>) -> Option<Lease> {
        let mut state = self.state.lock();
        let free = state.in_flight < state.parallel && self.covers(&state, state.unanswered);
        free.then(|| {
            state.in_flight += 1;
            state.unanswered += 1;
            Lease {
                slot: self.clone(),
                answered: AtomicBool::new(false),
            }
        })
    }

    /// Whether the cap covers another request, should those not answered yet fail.
    fn affords(&self) -> bool {
        self.covers(&self.state.lock(), 0)
    }

    /// Whether one request more than `pending` ones stays within the cap.
    fn covers(&self, state: &State, pending: u32) -> bool {
        let mut requests = vec![0; self.meters.len()];
        self.meters
            .add(&mut requests, Unit::Requests, u64::from(pending) + 1);
        state.tally.affords(&requests)
    }

    /// Signs for everything payable and waits until that is on disk.
    pub async fn sign(&self) -> Result<SignedVoucher, WalletError> {
        let (signed, receipt) = {
            let mut state = self.state.lock();
            let signed = state.tally.sign(self.rating)?;
            state.touched = Instant::now();
            let record = Record {
                voucher: Some(signed.clone()),
                in_flight: state.in_flight,
            };
            // Under the lock, so that the last one on disk is the last one signed.
            (signed, self.writer.try_put(self.key, record.encode_to_vec())?)
        };
        receipt.await.map_err(|_| WriterStopped)?;
        Ok(signed)
    }

    /// Takes up a voucher of this session that the gateway holds and we have
    /// forgotten; whether that changes anything.
    pub fn recover(&self, signed: &SignedVoucher) -> bool {
        let mut state = self.state.lock();
        match state.tally.recover(signed) {
            Ok(true) => {
                // What was under way at the time is forgotten as well.
                let requests = state.most_parallel;
                let under_way = uncounted(&self.meters, &self.tolerance, requests);
                state.tally.serve(&under_way);
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(%error, "the gateway holds a voucher that is not this session's");
                false
            }
        }
    }

    /// Counts what was received; wakes the flusher when much is unpaid.
    pub fn served(&self, unit: Unit, amount: u64) {
        let mut more = vec![0; self.meters.len()];
        self.meters.add(&mut more, unit, amount);
        let mut state = self.state.lock();
        state.tally.serve(&more);
        state.touched = Instant::now();
        let unpaid = self.meters.of(&state.tally.unsigned(), unit);
        if unit != Unit::Requests && unpaid >= state.thresholds.of(unit) {
            self.owing.notify_one();
        }
    }

    pub fn claimed(&self, metered: &[u64]) {
        self.state.lock().tally.claim(metered);
    }

    /// Lets go of what the gateway does not ask for, unless a request is under way.
    pub fn forgo(&self) {
        let mut state = self.state.lock();
        if state.in_flight == 0 {
            state.tally.forgo();
        }
    }

    /// Adapts to the credit that the gateway gives.
    pub fn credit(&self, credit: &[u64]) {
        let mut state = self.state.lock();
        let requests = if self.meters.has(Unit::Requests) {
            self.meters.of(credit, Unit::Requests)
        } else {
            u64::MAX
        };
        let parallel = u32::try_from(requests)
            .unwrap_or(u32::MAX)
            .clamp(1, state.most_parallel);
        let given = Credit {
            requests,
            bytes: self.meters.of(credit, Unit::Bytes),
            millis: self.meters.of(credit, Unit::Millis),
        };
        state.thresholds = thresholds(&given, &self.tolerance);
        if parallel > state.parallel {
            self.freed.notify_waiters();
        }
        state.parallel = parallel;
    }

    /// Whether the next voucher would state more than the last one.
    pub fn owes(&self) -> bool {
        let state = self.state.lock();
        state.tally.payable() != state.tally.last().counters
    }

    /// Whether something was received that no voucher covers.
    pub fn unsigned(&self) -> bool {
        self.state.lock().tally.unsigned().iter().any(|n| *n > 0)
    }

    pub fn idle(&self) -> Duration {
        self.state.lock().touched.elapsed()
    }

    /// Whether nothing has been under way for so long.
    pub fn at_rest(&self, time: Duration) -> bool {
        let state = self.state.lock();
        state.in_flight == 0 && state.touched.elapsed() >= time
    }

    pub fn overclaimed(&self) -> Vec<u64> {
        self.state.lock().tally.overclaimed()
    }
}

/// A session in use by one request.
pub struct Lease {
    slot: Arc<Slot>,
    answered: AtomicBool,
}

impl Lease {
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Counts the request: the gateway has served it.
    pub fn answered(&self) {
        if !self.answered.swap(true, Ordering::Relaxed) {
            let mut state = self.slot.state.lock();
            state.unanswered = state.unanswered.saturating_sub(1);
            drop(state);
            self.slot.served(Unit::Requests, 1);
        }
    }

    /// The answer was read to its end.
    pub fn whole(&self) {
        self.slot.state.lock().broken = 0;
    }

    /// The gateway broke off, or gave no answer to what it may have served: it is
    /// believed that it served it, but not again and again.
    pub fn broken(&self, tolerance: &Tolerance) {
        {
            let mut state = self.slot.state.lock();
            state.broken = state.broken.saturating_add(1);
            if state.broken > state.parallel.max(MOST_BROKEN) {
                return;
            }
        }
        self.answered();
        self.cut_short(tolerance);
    }

    /// The answer was not read to its end: the gateway may have sent more than
    /// was counted.
    pub fn cut_short(&self, tolerance: &Tolerance) {
        self.slot.served(Unit::Bytes, tolerance.bytes);
        self.slot.served(Unit::Millis, tolerance.millis);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        if !self.answered.load(Ordering::Relaxed) {
            state.unanswered = state.unanswered.saturating_sub(1);
        }
        state.touched = Instant::now();
        drop(state);
        // One place, one of those who wait; who does not take it hands it on.
        self.slot.freed.notify_one();
    }
}
