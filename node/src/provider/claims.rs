//! Claims vouchers on the chain: all of them each interval, those of a deal that
//! ends at once, and nothing that costs more than it brings. What was claimed is
//! always read back from the chain, so a restart, or a transaction whose fate is
//! unknown, claims nothing twice.

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
    /// What became of the last transaction is unknown. Until it is known no other
    /// is sent: a chain that stood still would take them all, each for its fee.
    unsettled: bool,
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
            unsettled: false,
            batch,
        }
    }

    /// Claims what is due to be claimed now. Called every second or so.
    pub async fn tick(&mut self) {
        if Instant::now() < self.not_before || !self.settled().await {
            return;
        }
        let periodic = self.last.elapsed() >= self.policy.interval;
        let deals = self.chosen(periodic);
        // What failed is not put off for an interval.
        if self.claim(&deals).await && periodic {
            self.last = Instant::now();
        }
    }

    /// Claims everything worth it, whatever the interval: before the daemon stops.
    pub async fn finish(&mut self) {
        if self.settled().await {
            let deals = self.chosen(true);
            self.claim(&deals).await;
        }
    }

    async fn settled(&mut self) -> bool {
        if self.unsettled {
            let settled = match self.book.chain().settled().await {
                Ok(()) => self.book.reload().await,
                error => error,
            };
            match settled {
                Ok(()) => self.unsettled = false,
                Err(error) => self.put_off("an earlier claim is not in a block yet", &error),
            }
        }
        !self.unsettled
    }

    /// Deals to claim now: all that are worth it if it is time; those that end at
    /// once, and if they alone bring too little, with the others.
    fn chosen(&self, periodic: bool) -> Vec<Arc<Entry>> {
        let soon = now().plus_seconds(self.margin.as_secs());
        let (mut all, mut ending) = (Worth::default(), Worth::default());
        for entry in self.book.entries() {
            let deal = entry.deal.lock();
            let (payable, vouchers) = (deal.payable(), deal.unclaimed().len() as u128);
            let ends = !deal.open || deal.expires_at <= soon;
            drop(deal);
            if vouchers == 0 || payable.value() < vouchers.saturating_mul(self.policy.least_each) {
                continue;
            }
            if ends {
                ending.add(&entry, payable);
            }
            all.add(&entry, payable);
        }
        let least = self.policy.least;
        if !periodic && ending.sum >= least {
            ending.deals
        } else if (periodic || !ending.deals.is_empty()) && all.sum >= least {
            all.deals
        } else {
            Vec::new()
        }
    }

    /// Whether all of it was claimed.
    async fn claim(&mut self, deals: &[Arc<Entry>]) -> bool {
        let items: Vec<Item> = deals.iter().flat_map(items).collect();
        for batch in items.chunks(self.batch) {
            match self.claim_batch(batch).await {
                Ok(()) => (self.pause, self.batch) = (FIRST_PAUSE, self.policy.batch.max(1)),
                Err(error) => {
                    self.batch = (batch.len() / 2).max(1);
                    self.unsettled = true;
                    self.put_off("claim failed; it is tried again", &error);
                    return false;
                }
            }
        }
        true
    }

    fn put_off(&mut self, what: &str, error: &ChainError) {
        tracing::warn!(%error, pause = ?self.pause, "{what}");
        self.not_before = Instant::now() + self.pause;
        self.pause = (self.pause * 2)
            .min(LONGEST_PAUSE)
            .min(self.shortest_window() / 8);
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

/// Deals and what claiming them brings.
#[derive(Default)]
struct Worth {
    deals: Vec<Arc<Entry>>,
    /// In uankr.
    sum: u128,
}

impl Worth {
    fn add(&mut self, entry: &Arc<Entry>, payable: Amount) {
        self.deals.push(entry.clone());
        self.sum = self.sum.saturating_add(payable.value());
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
