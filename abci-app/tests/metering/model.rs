//! Metering as simply as it can be said: plain integers, no indexes, everything
//! recomputed from scratch. What accounts received of a deal is never added up
//! payment by payment, it is worked out from the total.

use slsbft_proto::metering::v1::ClaimVerdict::{self, *};

pub const WINDOW_BLOCKS: u64 = 5;
pub const WINDOW_SECONDS: i64 = 50;
const SWEEP: usize = 2;
const IDLE_FEE: u128 = 3;
pub const OFFER_DEPOSIT: u128 = 7;
pub const DEAL_DEPOSIT: u128 = 10;
const SCALE: u128 = 1_000_000_000_000_000_000;

#[derive(Clone)]
pub struct Offer {
    pub provider: u8,
    pub meters: Vec<(u64, u32)>,
    pub min_escrow: u128,
    pub max_deals: usize,
    /// Whole percents.
    pub share: u128,
    pub withdrawn: bool,
}

#[derive(Clone)]
pub struct Session {
    pub key: u8,
    pub cap: u128,
    pub sequence: u64,
    pub counters: Vec<u64>,
}

#[derive(Clone)]
pub struct Deal {
    pub offer: usize,
    pub provider: u8,
    pub consumer: u8,
    pub application: Option<u8>,
    meters: Vec<(u64, u32)>,
    share: u128,
    pub escrow: u128,
    pub sessions: Vec<Session>,
    pub expires: i64,
    window: Option<(u64, i64)>,
    /// Its window's time was seen to have passed before its height.
    parked: bool,
    pub ended: bool,
}

/// A voucher before it is signed, and by which key it is.
#[derive(Clone, Debug)]
pub struct Voucher {
    pub signer: u8,
    pub key: u8,
    pub deal: usize,
    pub sequence: u64,
    pub counters: Vec<u64>,
    pub foreign: bool,
}

/// Ids are positions plus one.
#[derive(Clone, Default)]
pub struct Model {
    pub height: u64,
    pub now: i64,
    pub offers: Vec<Offer>,
    pub deals: Vec<Deal>,
}

impl Deal {
    fn due(&self) -> u128 {
        let session = |session: &Session| {
            let counted: u128 = session
                .counters
                .iter()
                .zip(&self.meters)
                .map(|(counter, (price, scale))| {
                    u128::from(*counter) * u128::from(*price) * (SCALE / 10u128.pow(*scale))
                })
                .sum();
            if session.cap == 0 {
                counted
            } else {
                counted.min(session.cap * SCALE)
            }
        };
        self.sessions.iter().map(session).sum::<u128>() / SCALE
    }

    pub fn paid(&self) -> u128 {
        self.due().min(self.escrow)
    }

    fn idle_fee(&self) -> u128 {
        if self.ended && self.paid() == 0 {
            IDLE_FEE
        } else {
            0
        }
    }

    /// Provider's, application's and treasury's parts of everything paid.
    fn parts(&self) -> (u128, u128, u128) {
        let paid = self.paid();
        let platform = paid * 5 / 100;
        let resource = platform * 20 / 100;
        let net = paid - platform;
        if self.application.is_none() {
            return (net + resource, 0, platform - resource);
        }
        let developer = (platform - resource) * 3 / 8;
        let handed_on = net * self.share / 100;
        (
            net - handed_on + resource,
            handed_on + developer,
            platform - resource - developer,
        )
    }
}

impl Model {
    /// Change of an account since the beginning.
    pub fn change(&self, owner: u8) -> i128 {
        let offers = self
            .offers
            .iter()
            .filter(|offer| offer.provider == owner && !offer.withdrawn);
        let mut sum = -((offers.count() as u128 * OFFER_DEPOSIT) as i128);
        for deal in &self.deals {
            let (provider, application, _) = deal.parts();
            let locked = deal.escrow + DEAL_DEPOSIT;
            if deal.consumer == owner {
                let spent = if deal.ended {
                    deal.paid() + deal.idle_fee()
                } else {
                    locked
                };
                sum -= spent as i128;
            }
            if deal.provider == owner {
                sum += (provider + deal.idle_fee()) as i128;
            }
            if deal.application == Some(owner) {
                sum += application as i128;
            }
        }
        sum
    }

    pub fn treasury(&self) -> u128 {
        self.deals.iter().map(|deal| deal.parts().2).sum()
    }

    pub fn create(&mut self, offer: Offer) -> bool {
        let good = offer.min_escrow >= 100 && (1..=3).contains(&offer.max_deals);
        if good {
            self.offers.push(offer);
        }
        good
    }

    fn own_offer(&mut self, provider: u8, id: usize) -> Option<&mut Offer> {
        self.offers
            .get_mut(id)
            .filter(|offer| offer.provider == provider && !offer.withdrawn)
    }

    pub fn update(&mut self, id: usize, new: Offer) -> bool {
        if new.min_escrow < 100 || !(1..=3).contains(&new.max_deals) {
            return false;
        }
        self.own_offer(new.provider, id)
            .map(|offer| *offer = new)
            .is_some()
    }

    pub fn withdraw(&mut self, provider: u8, id: usize) -> bool {
        self.own_offer(provider, id)
            .map(|offer| offer.withdrawn = true)
            .is_some()
    }

    fn living(&self, offer: usize) -> impl Iterator<Item = &Deal> {
        self.deals
            .iter()
            .filter(move |deal| deal.offer == offer && !deal.ended)
    }

    pub fn open(
        &mut self,
        consumer: u8,
        offer: usize,
        escrow: u128,
        keys: &[(u8, u128)],
        application: Option<u8>,
        life: i64,
    ) -> bool {
        let Some(found) = self.offers.get(offer).filter(|offer| !offer.withdrawn).cloned() else {
            return false;
        };
        let good = escrow >= found.min_escrow
            && self.living(offer).count() < found.max_deals
            && self
                .living(offer)
                .filter(|deal| deal.consumer == consumer)
                .count()
                < 2
            && (1..=1_000).contains(&life);
        if good {
            let session = |(key, cap): &(u8, u128)| Session {
                key: *key,
                cap: *cap,
                sequence: 0,
                counters: vec![0; found.meters.len()],
            };
            self.deals.push(Deal {
                offer,
                provider: found.provider,
                consumer,
                application,
                sessions: keys.iter().map(session).collect(),
                meters: found.meters,
                share: found.share,
                escrow,
                expires: self.now + life,
                window: None,
                parked: false,
                ended: false,
            });
        }
        good
    }

    fn running(&mut self, consumer: u8, id: usize) -> Option<&mut Deal> {
        let now = self.now;
        let deal = self.deals.get_mut(id)?;
        (deal.consumer == consumer && !deal.ended && deal.window.is_none() && now <= deal.expires)
            .then_some(deal)
    }

    pub fn top_up(&mut self, consumer: u8, id: usize, amount: u128) -> bool {
        self.running(consumer, id)
            .map(|deal| deal.escrow += amount)
            .is_some()
    }

    pub fn add_key(&mut self, consumer: u8, id: usize, key: u8, cap: u128) -> bool {
        let Some(deal) = self.running(consumer, id) else {
            return false;
        };
        if deal.sessions.len() == 2 || deal.sessions.iter().any(|session| session.key == key) {
            return false;
        }
        let counters = vec![0; deal.meters.len()];
        deal.sessions.push(Session {
            key,
            cap,
            sequence: 0,
            counters,
        });
        true
    }

    fn is_over(&self, window: (u64, i64)) -> bool {
        self.height > window.0 && self.now > window.1
    }

    fn begin_window(&mut self, id: usize) {
        self.deals[id].window = Some((self.height + WINDOW_BLOCKS, self.now + WINDOW_SECONDS));
    }

    pub fn claim(&mut self, provider: u8, vouchers: &[Voucher]) -> Vec<ClaimVerdict> {
        vouchers
            .iter()
            .map(|voucher| self.judge(provider, voucher))
            .collect()
    }

    fn judge(&mut self, provider: u8, voucher: &Voucher) -> ClaimVerdict {
        if voucher.signer != voucher.key {
            return BadSignature;
        }
        if voucher.foreign {
            return WrongChain;
        }
        let Some(deal) = self.deals.get(voucher.deal).filter(|deal| !deal.ended) else {
            return UnknownDeal;
        };
        if deal.provider != provider {
            return NotProvider;
        }
        if deal.window.is_some_and(|window| self.is_over(window)) {
            return WindowOver;
        }
        let deal = &mut self.deals[voucher.deal];
        let meters = deal.meters.len();
        let Some(session) = deal
            .sessions
            .iter_mut()
            .find(|session| session.key == voucher.key)
        else {
            return UnknownSession;
        };
        if voucher.counters.len() != meters {
            return Malformed;
        }
        if voucher.sequence <= session.sequence {
            return Stale;
        }
        if voucher
            .counters
            .iter()
            .zip(&session.counters)
            .any(|(new, old)| new < old)
        {
            return CounterFell;
        }
        session.sequence = voucher.sequence;
        session.counters.clone_from(&voucher.counters);
        Accepted
    }

    pub fn close(&mut self, signer: u8, id: usize, vouchers: &[Voucher]) -> Option<Vec<ClaimVerdict>> {
        let deal = self.deals.get(id).filter(|deal| !deal.ended)?;
        if deal.provider == signer {
            let verdicts = self.claim(signer, vouchers);
            self.deals[id].ended = true;
            return Some(verdicts);
        }
        if deal.consumer != signer || !vouchers.is_empty() {
            return None;
        }
        match deal.window {
            None => self.begin_window(id),
            Some(window) if self.is_over(window) => self.deals[id].ended = true,
            Some(_) => return None,
        }
        Some(Vec::new())
    }

    pub fn refund(&mut self, id: usize) -> bool {
        let Some(deal) = self.deals.get(id).filter(|deal| !deal.ended) else {
            return false;
        };
        match deal.window {
            Some(window) if self.is_over(window) => self.deals[id].ended = true,
            None if self.now > deal.expires => self.begin_window(id),
            _ => return false,
        }
        true
    }

    /// Ends a block: what is due, the parked first, then by time; at most two.
    pub fn end_block(&mut self, seconds: i64) {
        let mut due: Vec<(bool, i64, usize)> = Vec::new();
        for (id, deal) in self.deals.iter().enumerate().filter(|(_, deal)| !deal.ended) {
            match deal.window {
                Some((height, _)) if deal.parked && self.height > height => {
                    due.push((false, height as i64, id))
                }
                Some((_, time)) if !deal.parked && self.now > time => due.push((true, time, id)),
                None if self.now > deal.expires => due.push((true, deal.expires, id)),
                _ => {}
            }
        }
        due.sort_unstable();
        for (_, _, id) in due.into_iter().take(SWEEP) {
            match self.deals[id].window {
                None => self.begin_window(id),
                Some(window) if self.is_over(window) => self.deals[id].ended = true,
                Some(_) => self.deals[id].parked = true,
            }
        }
        self.height += 1;
        self.now += seconds;
    }
}
