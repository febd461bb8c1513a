//! One admitted request's hold on its session: what it reserves before the
//! upstream has answered, and what it is metered for from then on.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

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

#[derive(Default)]
struct State {
    /// Bytes of the request's body that the upstream has not answered yet.
    reserved: u64,
    /// The upstream has answered: the request counts, and bytes count at once.
    answered: bool,
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

    /// Counts the request and what was sent with it: the upstream has answered.
    pub fn answered(&self) {
        let mut state = self.state.lock();
        if !state.answered {
            state.answered = true;
            let mut deal = self.entry.deal.lock();
            deal.settle(&self.session, Unit::Requests, 1);
            deal.settle(&self.session, Unit::Bytes, state.reserved);
            state.reserved = 0;
        }
    }

    /// Lets some of `wanted` bytes pass and counts them; waits for a voucher or
    /// a top-up when credit or escrow are used up.
    pub async fn pass(&self, wanted: u64) -> Result<u64, Refusal> {
        let deadline = tokio::time::sleep(self.pay_timeout);
        tokio::pin!(deadline);
        loop {
            let changed = self.entry.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, or a voucher in between would be missed.
            changed.as_mut().enable();
            let reason = match self.try_pass(wanted) {
                Ok(granted) => return Ok(granted),
                Err(reason) => reason,
            };
            tokio::select! {
                () = &mut changed => {}
                () = &mut deadline => {
                    return Err(unserved(reason, &self.entry, &self.session, &self.credit));
                }
            }
        }
    }

    fn try_pass(&self, wanted: u64) -> Result<u64, Unserved> {
        let mut state = self.state.lock();
        let mut deal = self.entry.deal.lock();
        let granted = deal.grant_bytes(&self.session, wanted, &self.credit)?;
        if state.answered {
            deal.settle(&self.session, Unit::Bytes, granted);
        } else {
            state.reserved = state.reserved.saturating_add(granted);
        }
        Ok(granted)
    }

    /// Counts time spent waiting for the upstream.
    pub fn waited(&self, elapsed: Duration) {
        let millis = self.state.lock().watch.add(elapsed);
        self.entry.deal.lock().meter(&self.session, Unit::Millis, millis);
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
            deal.release(&self.session, Unit::Bytes, state.reserved);
        }
        leave(&mut deal, &self.session);
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
