//! One admitted request's hold on its session: what it is metered for, and what
//! of that is given back if the upstream never answers.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures::FutureExt;
use parking_lot::Mutex;
use slsbft_types::Time;

use super::{
    book::{Book, Entry},
    config::Config,
    deal::{Deal, Unserved},
    refusal::Refusal,
};
use crate::metering::{
    units::{Credit, Stopwatch, Unit},
    voucher::SessionKey,
};

/// Who is served, and on what terms.
pub struct Usage {
    entry: Arc<Entry>,
    session: SessionKey,
    credit: Credit,
    pay_timeout: Duration,
    state: Mutex<State>,
}

/// Time is reserved in slices of so many milliseconds, each before it is spent.
const SLICE: u64 = 100;

#[derive(Default)]
struct State {
    /// Metered so far, in bytes and milliseconds.
    bytes: u64,
    millis: u64,
    /// The upstream has answered: the request counts.
    answered: bool,
    /// The consumer broke off or did not pay: nothing is given back.
    forfeited: bool,
    watch: Stopwatch,
}

impl Usage {
    /// Admits a request of an authenticated session. Where a top-up could help,
    /// the chain is asked before the request is refused.
    pub async fn admit(
        book: &Book,
        entry: Arc<Entry>,
        session: SessionKey,
        config: &Config,
    ) -> Result<Arc<Self>, Refusal> {
        let admit = || {
            let until = now().plus_seconds(config.expiry_margin.as_secs());
            entry
                .deal
                .lock()
                .admit(&session, &config.credit, until, config.limits.session_in_flight)
        };
        let mut admitted = admit();
        if matches!(admitted, Err(Unserved::EscrowExhausted | Unserved::Closing)) {
            book.refresh(&entry).await?;
            admitted = admit();
        }
        if let Err(reason) = admitted {
            return Err(unserved(reason, &entry, &session, &config.credit));
        }
        Ok(Arc::new(Self {
            entry,
            session,
            credit: config.credit,
            pay_timeout: config.limits.pay_timeout,
            state: Mutex::default(),
        }))
    }

    pub fn session(&self) -> &SessionKey {
        &self.session
    }

    pub fn deal_id(&self) -> u64 {
        self.entry.id
    }

    /// Counts the request: the upstream has answered.
    pub fn answered(&self) {
        let mut state = self.state.lock();
        if !state.answered {
            state.answered = true;
            self.entry.deal.lock().settle(&self.session, Unit::Requests, 1);
        }
    }

    /// What was passed on so far is charged even if the upstream never answers.
    pub fn forfeit(&self) {
        self.state.lock().forfeited = true;
    }

    /// Lets some of `wanted` bytes pass and counts them.
    pub async fn pass(&self, wanted: u64) -> Result<u64, Refusal> {
        let granted = self.grant(Unit::Bytes, wanted).await?;
        let mut state = self.state.lock();
        state.bytes = state.bytes.saturating_add(granted);
        self.entry.deal.lock().settle(&self.session, Unit::Bytes, granted);
        Ok(granted)
    }

    /// Waits for the upstream on the session's time, and counts that. Long waits,
    /// too, stay within credit, cap and escrow.
    pub async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        tokio::pin!(work);
        if !self.entry.deal.lock().meters.has(Unit::Millis) {
            return Ok(work.await);
        }
        loop {
            // What is there already takes no time.
            if let Some(done) = work.as_mut().now_or_never() {
                return Ok(done);
            }
            let slice = Slice {
                reserved: self.grant(Unit::Millis, SLICE).await?,
                started: Instant::now(),
                usage: self,
            };
            let done = tokio::time::timeout(Duration::from_millis(slice.reserved), &mut work).await;
            drop(slice);
            if let Ok(done) = done {
                return Ok(done);
            }
        }
    }

    /// Counts time instead of what was reserved for it.
    fn spent(&self, reserved: u64, elapsed: Duration) {
        let mut state = self.state.lock();
        let millis = state.watch.add(elapsed);
        state.millis = state.millis.saturating_add(millis);
        let mut deal = self.entry.deal.lock();
        deal.release(&self.session, Unit::Millis, reserved);
        deal.meter(&self.session, Unit::Millis, millis);
    }

    /// Reserves some of `wanted`; waits for a voucher or a top-up when credit or
    /// escrow are used up.
    async fn grant(&self, unit: Unit, wanted: u64) -> Result<u64, Refusal> {
        let grant = || {
            let mut deal = self.entry.deal.lock();
            deal.grant(&self.session, unit, wanted, &self.credit)
        };
        // As a rule nothing has to be waited for.
        if let Ok(granted) = grant() {
            return Ok(granted);
        }
        let deadline = tokio::time::sleep(self.pay_timeout);
        tokio::pin!(deadline);
        loop {
            let changed = self.entry.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, or a voucher in between would be missed.
            changed.as_mut().enable();
            let reason = match grant() {
                Ok(granted) => return Ok(granted),
                Err(reason) => reason,
            };
            tokio::select! {
                () = &mut changed => {}
                () = &mut deadline => {
                    self.forfeit();
                    return Err(unserved(reason, &self.entry, &self.session, &self.credit));
                }
            }
        }
    }

    /// Cumulative counters of the session, with `bytes` more that are still to come.
    pub fn metered(&self, bytes: u64) -> Vec<u64> {
        let deal = self.entry.deal.lock();
        let mut counters = deal
            .session(&self.session)
            .map(|s| s.metered.clone())
            .unwrap_or_default();
        deal.meters.add(&mut counters, Unit::Bytes, bytes);
        counters
    }

    pub fn credit(&self) -> Vec<u64> {
        self.entry.deal.lock().meters.credit(&self.credit)
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let mut deal = self.entry.deal.lock();
        if !state.answered {
            deal.release(&self.session, Unit::Requests, 1);
        }
        if !state.answered && !state.forfeited {
            deal.give_back(&self.session, Unit::Bytes, state.bytes);
            deal.give_back(&self.session, Unit::Millis, state.millis);
        }
        leave(&mut deal, &self.session);
    }
}

/// A slice of time being spent; counts when it ends, however it ends.
struct Slice<'a> {
    usage: &'a Usage,
    reserved: u64,
    started: Instant,
}

impl Drop for Slice<'_> {
    fn drop(&mut self) {
        self.usage.spent(self.reserved, self.started.elapsed());
    }
}

fn leave(deal: &mut Deal, session: &SessionKey) {
    if let Some(session) = deal.session_mut(session) {
        session.in_flight = session.in_flight.saturating_sub(1);
    }
}

fn unserved(reason: Unserved, entry: &Entry, session: &SessionKey, credit: &Credit) -> Refusal {
    Refusal::Unserved {
        reason,
        account: entry.account(session, credit).map(Box::new),
    }
}

/// The wall clock as block time.
pub fn now() -> Time {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    Time::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
