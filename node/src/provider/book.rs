//! The deals on the gateway's offer, read from the chain and kept current: all
//! of them every few seconds, one of them when somebody asks for what is not
//! known yet (a new deal, a new session key, a top-up).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, RwLock};
use slsbft_client::client::Head;
use slsbft_proto::metering::v1 as proto;
use slsbft_types::Time;
use tokio::sync::{Notify, Semaphore};

use super::{
    chain::{Chain, ChainError},
    deal::Deal,
    refusal::Refusal,
    usage::now,
};
use crate::metering::{
    store::{RecordKey, Writer},
    units::{Credit, Meters, MetersError},
    voucher::{SessionKey, ShapedVoucher},
    wire::Account,
};

/// Questions to the chain node at a time, from requests about what is not known.
const LOOKUPS: usize = 8;
/// How long the chain's answer about one deal stands.
const FRESH: Duration = Duration::from_secs(1);
/// Deal numbers remembered as unknown.
const UNKNOWN: usize = 4_096;
/// A chain that has not been seen going on for less than this is only slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A deal with what waits for it.
pub struct Entry {
    pub id: u64,
    pub deal: Mutex<Deal>,
    /// Notified when a voucher or a top-up may let a waiting body go on.
    pub changed: Notify,
    refreshed: Mutex<Instant>,
}

impl Entry {
    /// Where a session stands, for a refusal or a query.
    pub fn account(&self, key: &SessionKey, credit: &Credit) -> Option<Account> {
        let deal = self.deal.lock();
        let session = deal.session(key)?;
        let missing = session.metered.iter().zip(&session.held.counters);
        Some(Account {
            deal: self.id,
            session: hex::encode(key),
            units: deal.meters.names().to_vec(),
            metered: session.metered.clone(),
            held: session.held.counters.clone(),
            missing: missing
                .map(|(metered, held)| metered.saturating_sub(*held))
                .collect(),
            credit: deal.meters.credit(credit),
            sequence: session.held.sequence,
        })
    }
}

/// Why the gateway cannot begin to serve an offer.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("there is no offer {0} on this chain; create one, or check --offer and --node")]
    NoOffer(u64),
    #[error("offer {offer} is {owner}'s; this gateway's key is {ours}: check --from")]
    NotOurs { offer: u64, owner: String, ours: String },
    #[error(transparent)]
    Meters(#[from] MetersError),
    #[error("{0} of the stored vouchers cannot be read; restore the store from a backup")]
    Record(usize),
}

/// All deals of one offer.
pub struct Book {
    chain: Arc<dyn Chain>,
    chain_id: String,
    offer_id: u64,
    deals: RwLock<BTreeMap<u64, Arc<Entry>>>,
    /// Vouchers from the store whose deal has not been seen since the start.
    stored: Mutex<BTreeMap<u64, Vec<ShapedVoucher>>>,
    /// When a deal was first found missing on the chain.
    ended: Mutex<BTreeMap<u64, Instant>>,
    unknown: Mutex<BTreeMap<u64, Instant>>,
    lookups: Semaphore,
    sight: Mutex<Sight>,
}

/// The latest block seen, and when it was new to us.
struct Sight {
    head: Head,
    since: Instant,
}

impl Sight {
    fn see(&mut self, head: Head) {
        if head.height > self.head.height {
            *self = Self {
                head,
                since: Instant::now(),
            };
        }
    }

    /// How old what is known of the chain is: by our clock since it last went on,
    /// or by the time of its latest block. A node that is dead, cut off or
    /// replaying old blocks shows in one of the two.
    fn age(&self) -> Duration {
        let behind = now().nanos_since(self.head.time);
        let behind = Duration::from_nanos(u64::try_from(behind).unwrap_or(u64::MAX));
        behind.max(self.since.elapsed())
    }
}

/// How old the sight of a chain may be while a deal on it is served: half of the
/// window in which the consumer's close can be answered by a claim.
fn patience(deal: &Deal) -> Duration {
    PATIENCE.max(Duration::from_secs(deal.window_seconds / 2))
}

impl Book {
    /// Checks the offer and reads its deals; `records` are the store's.
    pub async fn open(
        chain: Arc<dyn Chain>,
        chain_id: String,
        offer_id: u64,
        records: Vec<ShapedVoucher>,
    ) -> Result<Self, BookError> {
        let offer = chain.offer(offer_id).await?.ok_or(BookError::NoOffer(offer_id))?;
        let ours = chain.provider();
        if offer.provider != ours {
            return Err(BookError::NotOurs {
                offer: offer_id,
                owner: offer.provider,
                ours,
            });
        }
        Meters::new(&offer.meters)?;
        let mut stored: BTreeMap<u64, Vec<ShapedVoucher>> = BTreeMap::new();
        for voucher in records {
            stored.entry(voucher.deal_id).or_default().push(voucher);
        }
        let book = Self {
            chain,
            chain_id,
            offer_id,
            deals: RwLock::default(),
            stored: Mutex::new(stored),
            ended: Mutex::default(),
            unknown: Mutex::default(),
            lookups: Semaphore::new(LOOKUPS),
            sight: Mutex::new(Sight {
                head: Head {
                    height: 0,
                    time: Time::default(),
                },
                since: Instant::now(),
            }),
        };
        book.reload().await?;
        Ok(book)
    }

    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// Whether the chain has a deal with such a session.
    pub fn has(&self, record: &RecordKey) -> bool {
        let entry = self.known(record.deal_id);
        entry.is_some_and(|entry| entry.deal.lock().session(&record.session).is_some())
    }

    pub fn chain(&self) -> &Arc<dyn Chain> {
        &self.chain
    }

    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.deals.read().values().cloned().collect()
    }

    pub fn known(&self, deal_id: u64) -> Option<Arc<Entry>> {
        self.deals.read().get(&deal_id).cloned()
    }

    /// The deal of a voucher, asking the chain if deal or session key are new.
    pub async fn find(&self, deal_id: u64, key: &SessionKey) -> Result<Arc<Entry>, Refusal> {
        match self.known(deal_id) {
            Some(entry) => {
                if entry.deal.lock().session(key).is_none() {
                    self.refresh(&entry).await?;
                }
                Ok(entry)
            }
            None => self.look_up(deal_id).await,
        }
    }

    async fn look_up(&self, deal_id: u64) -> Result<Arc<Entry>, Refusal> {
        let fresh = |at: &Instant| at.elapsed() < FRESH;
        if self.unknown.lock().get(&deal_id).is_some_and(fresh) {
            return Err(Refusal::UnknownDeal(deal_id));
        }
        let _permit = self.lookups.try_acquire().map_err(|_| Refusal::Busy)?;
        let found = self
            .chain
            .deal(deal_id)
            .await
            .map_err(|_| Refusal::ChainUnavailable)?;
        let entry = found
            .filter(|deal| deal.offer_id == self.offer_id)
            .and_then(|deal| self.observe(&deal));
        entry.ok_or_else(|| {
            let mut unknown = self.unknown.lock();
            if unknown.len() >= UNKNOWN {
                unknown.retain(|_, at| fresh(at));
            }
            if unknown.len() < UNKNOWN {
                unknown.insert(deal_id, Instant::now());
            }
            Refusal::UnknownDeal(deal_id)
        })
    }

    /// Reads one deal anew, unless that was done within the last second.
    pub async fn refresh(&self, entry: &Entry) -> Result<(), Refusal> {
        {
            let mut refreshed = entry.refreshed.lock();
            if refreshed.elapsed() < FRESH {
                return Ok(());
            }
            *refreshed = Instant::now();
        }
        let _permit = self.lookups.try_acquire().map_err(|_| Refusal::Busy)?;
        match self
            .chain
            .deal(entry.id)
            .await
            .map_err(|_| Refusal::ChainUnavailable)?
        {
            Some(deal) => drop(self.observe(&deal)),
            None => self.end(entry),
        }
        Ok(())
    }

    /// Reads all deals anew; those that are gone end.
    pub async fn reload(&self) -> Result<(), ChainError> {
        let known = self.entries();
        // First, so that the deals are at least as new.
        let head = self.chain.head().await?;
        let deals = self.chain.deals(self.offer_id).await?;
        self.sight.lock().see(head);
        for deal in &deals {
            self.observe(deal);
        }
        let current: BTreeSet<u64> = deals.iter().map(|deal| deal.id).collect();
        for entry in known.iter().filter(|entry| !current.contains(&entry.id)) {
            self.end(entry);
        }
        let orphans: Vec<u64> = self.stored.lock().keys().copied().collect();
        let mut ended = self.ended.lock();
        for deal in orphans.into_iter().filter(|deal| !current.contains(deal)) {
            ended.entry(deal).or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Stops serving deals that may have been closed without our seeing it, and
    /// goes on when the chain is in sight again.
    pub fn look_out(&self) {
        let age = self.sight.lock().age();
        for entry in self.entries() {
            let mut deal = entry.deal.lock();
            let blind = age > patience(&deal);
            if blind && !deal.blind {
                tracing::error!(
                    deal = deal.id,
                    ?age,
                    "the chain was not seen going on; the deal is not served until it is. Check the node, and this machine's clock"
                );
            }
            deal.blind = blind;
        }
    }

    /// Enters what the chain says about a deal.
    pub fn observe(&self, deal: &proto::Deal) -> Option<Arc<Entry>> {
        self.ended.lock().remove(&deal.id);
        if let Some(entry) = self.known(deal.id) {
            if let Err(error) = entry.deal.lock().update(deal) {
                tracing::warn!(%error, "deal not updated");
            }
            *entry.refreshed.lock() = Instant::now();
            entry.changed.notify_waiters();
            return Some(entry);
        }
        let mut read = Deal::from_chain(deal, &self.chain_id)
            .inspect_err(|error| tracing::warn!(%error, "deal cannot be served"))
            .ok()?;
        read.blind = self.sight.lock().age() > patience(&read);
        for voucher in self.stored.lock().remove(&deal.id).unwrap_or_default() {
            if let Some(session) = read.session_mut(&voucher.session.clone()) {
                session.restore(voucher);
            }
        }
        let entry = Entry {
            id: deal.id,
            deal: Mutex::new(read),
            changed: Notify::new(),
            refreshed: Mutex::new(Instant::now()),
        };
        // Another request may have entered it meanwhile; then that one stays.
        Some(
            self.deals
                .write()
                .entry(deal.id)
                .or_insert_with(|| Arc::new(entry))
                .clone(),
        )
    }

    fn end(&self, entry: &Entry) {
        {
            let mut deal = entry.deal.lock();
            (deal.open, deal.ended) = (false, true);
        }
        entry.changed.notify_waiters();
        self.ended.lock().entry(entry.id).or_insert_with(Instant::now);
    }

    /// Forgets deals that ended longer ago than `keep`, with their vouchers. Only
    /// in sight of the chain: to a node that replays old blocks, deals to come
    /// look like deals that are gone.
    pub async fn sweep(&self, writer: &Writer, keep: Duration) -> Result<(), Refusal> {
        if self.sight.lock().age() > PATIENCE {
            return Ok(());
        }
        let over: Vec<u64> = {
            let ended = self.ended.lock();
            ended
                .iter()
                .filter(|(_, since)| since.elapsed() > keep)
                .map(|(deal, _)| *deal)
                .collect()
        };
        for deal_id in over {
            let sessions: Vec<SessionKey> = match self.deals.write().remove(&deal_id) {
                Some(entry) => entry.deal.lock().keys().copied().collect(),
                None => self
                    .stored
                    .lock()
                    .remove(&deal_id)
                    .into_iter()
                    .flatten()
                    .map(|v| v.session)
                    .collect(),
            };
            for session in sessions {
                drop(writer.remove(RecordKey { deal_id, session }).await?);
            }
            self.ended.lock().remove(&deal_id);
        }
        Ok(())
    }
}
