//! Claims vouchers on the chain: all of them each interval, those of a deal that
//! ends at once. What was claimed is always read back from the chain, so a
//! restart, or a transaction whose fate is unknown, claims nothing twice.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use prost::Message;
use slsbft_proto::metering::v1::{ClaimVerdict, SignedVoucher, Voucher};
use slsbft_types::Amount;

use super::{
    book::{Book, Entry},
    chain::ChainError,
    config::Claims,
    usage::now,
};
use crate::metering::voucher::SessionKey;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A voucher to claim, with what the verdict has to be entered under.
struct Item {
    entry: Arc<Entry>,
    session: SessionKey,
    sequence: u64,
    counters: Vec<u64>,
    signed: SignedVoucher,
}

/// Decides when to claim, and does.
pub struct Claimer {
    book: Arc<Book>,
    policy: Claims,
    /// Deals that expire within this are claimed at once.
    margin: Duration,
    last: Instant,
    /// After a failure: not before then, and waiting longer each time.
    not_before: Instant,
    pause: Duration,
    /// Halved after a failure: one bad or oversized batch must not block all others.
    batch: usize,
}

impl Claimer {
    pub fn new(book: Arc<Book>, policy: Claims, margin: Duration) -> Self {
        let batch = policy.batch.max(1);
        let now = Instant::now();
        Self {
            book,
            policy,
            margin,
            last: now,
            not_before: now,
            pause: FIRST_PAUSE,
            batch,
        }
    }

    /// Claims what is due to be claimed now. Called every second or so.
    pub async fn tick(&mut self) {
        if Instant::now() < self.not_before {
            return;
        }
        let periodic = self.last.elapsed() >= self.policy.interval;
        if periodic {
            self.last = Instant::now();
        }
        let deals = self.chosen(periodic);
        if !deals.is_empty() {
            self.claim(&deals).await;
        }
    }

    /// Claims everything that pays, whatever the interval: before the daemon stops.
    pub async fn finish(&mut self) {
        let deals = self.chosen(true);
        self.claim(&deals).await;
    }

    /// Deals worth a claim: those that end always, the others if it is time and
    /// they bring enough together.
    fn chosen(&self, periodic: bool) -> Vec<Arc<Entry>> {
        let soon = now().plus_seconds(self.margin.as_secs());
        let (mut urgent, mut others, mut sum) = (Vec::new(), Vec::new(), Amount::ZERO);
        for entry in self.book.entries() {
            let deal = entry.deal.lock();
            if deal.unclaimed().is_empty() {
                continue;
            }
            let ends = !deal.open || deal.expires_at <= soon;
            sum = sum.add(deal.payable()).unwrap_or(sum);
            drop(deal);
            if ends {
                urgent.push(entry)
            } else {
                others.push(entry)
            }
        }
        if periodic && sum.value() >= self.policy.least {
            urgent.append(&mut others);
        }
        urgent
    }

    async fn claim(&mut self, deals: &[Arc<Entry>]) {
        let items: Vec<Item> = deals.iter().flat_map(items).collect();
        for batch in items.chunks(self.batch) {
            match self.claim_batch(batch).await {
                Ok(()) => (self.pause, self.batch) = (FIRST_PAUSE, self.policy.batch.max(1)),
                Err(error) => {
                    tracing::warn!(%error, vouchers = batch.len(), "claim failed; it is tried again");
                    self.batch = (batch.len() / 2).max(1);
                    self.not_before = Instant::now() + self.pause;
                    self.pause = (self.pause * 2)
                        .min(LONGEST_PAUSE)
                        .min(self.shortest_window() / 8);
                    // It may have gone through all the same: the chain knows.
                    if let Err(error) = self.book.reload().await {
                        tracing::warn!(%error, "deals not refreshed");
                    }
                    return;
                }
            }
        }
    }

    /// The shortest claim window of the deals there are: no pause may outlast it.
    fn shortest_window(&self) -> Duration {
        let windows = self
            .book
            .entries()
            .into_iter()
            .map(|entry| entry.deal.lock().window_seconds);
        windows
            .filter(|seconds| *seconds > 0)
            .min()
            .map_or(LONGEST_PAUSE * 8, Duration::from_secs)
    }

    async fn claim_batch(&self, batch: &[Item]) -> Result<(), ChainError> {
        let vouchers = batch.iter().map(|item| item.signed.clone()).collect();
        let verdicts = self.book.chain().claim(vouchers).await?;
        if verdicts.len() != batch.len() {
            let answer = format!("{} verdicts for {} vouchers", verdicts.len(), batch.len());
            return Err(ChainError::Answer(answer));
        }
        for (item, verdict) in batch.iter().zip(&verdicts) {
            enter(item, *verdict);
        }
        tracing::info!(
            vouchers = batch.len(),
            accepted = verdicts
                .iter()
                .filter(|verdict| **verdict == ClaimVerdict::Accepted)
                .count(),
            "claimed"
        );
        let deals: BTreeSet<u64> = batch.iter().map(|item| item.entry.id).collect();
        for deal in deals {
            if let Some(deal) = self.book.chain().deal(deal).await? {
                self.book.observe(&deal);
            }
        }
        Ok(())
    }
}

fn items(entry: &Arc<Entry>) -> Vec<Item> {
    let unclaimed = entry.deal.lock().unclaimed();
    let items = unclaimed.into_iter().filter_map(|signed| {
        // It was checked when it was taken.
        let voucher = Voucher::decode(signed.voucher.clone()).ok()?;
        Some(Item {
            entry: entry.clone(),
            session: voucher.session_key.as_ref().try_into().ok()?,
            sequence: voucher.sequence,
            counters: voucher.counters,
            signed,
        })
    });
    items.collect()
}

/// Enters the chain's verdict: what was taken, or was taken before, is claimed;
/// what is refused for good is not tried again.
fn enter(item: &Item, verdict: ClaimVerdict) {
    let mut deal = item.entry.deal.lock();
    let Some(session) = deal.session_mut(&item.session) else {
        return;
    };
    match verdict {
        ClaimVerdict::Accepted => session.settled(item.sequence, &item.counters),
        // The chain has a newer one, which the next look at the deal shows.
        ClaimVerdict::Stale => session.refused = session.refused.max(item.sequence),
        other => {
            session.refused = session.refused.max(item.sequence);
            tracing::error!(
                deal = item.entry.id,
                session = %hex::encode(item.session),
                sequence = item.sequence,
                verdict = other.as_str_name(),
                "the chain refused a voucher; it is kept and not claimed again"
            );
        }
    }
}
