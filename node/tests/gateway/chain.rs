//! A chain in memory: one offer, its deals, and claims judged as the real one
//! does. With a log file its claims survive the process.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use parking_lot::Mutex;
use prost::Message;
use slsbft_client::{KeyKind, SigningKey, client::Head, voucher};
use slsbft_node::provider::chain::{Chain, ChainError};
use slsbft_proto::{
    Timestamp,
    metering::v1::{
        ClaimVerdict, Deal, DealStatus, DealTerms, Meter, Offer, Session, SessionKey, SignedVoucher,
    },
};
use slsbft_types::{Amount, Time, metering::session_due};

pub const CHAIN_ID: &str = "slsbft-test-1";
pub const PROVIDER: &str = "ankr1provider";
pub const OFFER: u64 = 1;

pub struct MemoryChain {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chain_id: String,
    meters: Vec<Meter>,
    deals: BTreeMap<u64, Deal>,
    claims: Vec<SignedVoucher>,
    transactions: usize,
    /// Claims that fail: before they take effect, or after.
    failures: Vec<Failure>,
    /// Vouchers of these sessions are refused.
    refused: Vec<[u8; 32]>,
    down: bool,
    /// Blocks so far: one for each look at the chain.
    height: u64,
    /// How old the latest block is, in seconds.
    lag: i64,
    /// A claim that is in no block yet.
    pending: Option<Vec<SignedVoucher>>,
    log: Option<File>,
}

/// How a claim goes wrong.
#[derive(Clone, Copy)]
pub enum Failure {
    /// Nothing happened.
    Lost,
    /// It took effect, but nobody was told.
    Unanswered,
    /// It takes effect when [`MemoryChain::include`] is called.
    Pending,
}

pub fn meter(unit: &str, price: u64, scale: u32) -> Meter {
    Meter {
        unit: unit.into(),
        price,
        scale,
    }
}

/// A session's key, the same for the same numbers.
pub fn session_key(deal: u64, number: u8) -> SigningKey {
    let mut secret = [number; 32];
    secret[..8].copy_from_slice(&deal.to_be_bytes());
    SigningKey::from_secret(KeyKind::Ed25519, &secret).unwrap()
}

impl MemoryChain {
    pub fn new(meters: &[Meter]) -> Self {
        Self {
            state: Mutex::new(State {
                chain_id: CHAIN_ID.into(),
                meters: meters.to_vec(),
                ..State::default()
            }),
        }
    }

    /// Takes back the claims that an earlier process made, and logs new ones.
    pub fn logged(self, path: &Path) -> Self {
        {
            let mut state = self.state.lock();
            let logged = std::fs::read(path).unwrap_or_default();
            let mut bytes = logged.as_slice();
            while let Ok(signed) = SignedVoucher::decode_length_delimited(&mut bytes) {
                if signed.voucher.is_empty() {
                    break;
                }
                state.claim(&signed);
            }
            state.log = Some(OpenOptions::new().create(true).append(true).open(path).unwrap());
        }
        self
    }

    pub fn open_deal(&self, id: u64, sessions: u8, escrow: u64) {
        let mut state = self.state.lock();
        let deal = Deal {
            id,
            chain_id: state.chain_id.clone(),
            offer_id: OFFER,
            provider: PROVIDER.into(),
            consumer: "ankr1consumer".into(),
            meters: state.meters.clone(),
            terms: Some(DealTerms {
                window_blocks: 20,
                window_seconds: 20,
                ..DealTerms::default()
            }),
            escrow: escrow.to_string(),
            paid: "0".into(),
            expires_at: Some(Timestamp {
                seconds: 32_503_680_000,
                nanos: 0,
            }),
            status: DealStatus::Open.into(),
            sessions: (0..sessions)
                .map(|number| session(&session_key(id, number), 0))
                .collect(),
            ..Deal::default()
        };
        state.deals.insert(id, deal);
    }

    pub fn change(&self, id: u64, change: impl FnOnce(&mut Deal)) {
        change(self.state.lock().deals.get_mut(&id).unwrap());
    }

    /// The chain starts from its export under another name.
    pub fn rename(&self, chain_id: &str) {
        self.state.lock().chain_id = chain_id.into();
    }

    pub fn end(&self, id: u64) {
        self.state.lock().deals.remove(&id);
    }

    pub fn add_session(&self, id: u64, number: u8, cap: u64) {
        self.change(id, |deal| {
            deal.sessions.push(session(&session_key(id, number), cap))
        });
    }

    pub fn set_down(&self, down: bool) {
        self.state.lock().down = down;
    }

    /// From now on the node sees blocks of so many seconds ago.
    pub fn set_lag(&self, seconds: i64) {
        self.state.lock().lag = seconds;
    }

    /// Looks at the chain so far.
    pub fn looks(&self) -> u64 {
        self.state.lock().height
    }

    /// Puts the pending claim into a block.
    pub fn include(&self) {
        let mut state = self.state.lock();
        for voucher in state.pending.take().unwrap() {
            state.claim(&voucher);
        }
    }

    pub fn fail_next(&self, failure: Failure) {
        self.state.lock().failures.push(failure);
    }

    pub fn refuse(&self, key: &SigningKey) {
        self.state
            .lock()
            .refused
            .push(key.public_key().as_bytes().try_into().unwrap());
    }

    /// Counters claimed for a session.
    pub fn claimed(&self, id: u64, number: u8) -> Vec<u64> {
        let key = session_key(id, number).public_key();
        let state = self.state.lock();
        let sessions = state.deals.get(&id).into_iter().flat_map(|deal| &deal.sessions);
        sessions
            .filter(|session| session.key.as_ref().unwrap().public_key == key.as_bytes())
            .flat_map(|session| session.counters.clone())
            .collect()
    }

    pub fn paid(&self, id: u64) -> u64 {
        self.state.lock().deals.get(&id).unwrap().paid.parse().unwrap()
    }

    /// Vouchers and transactions that reached the chain.
    pub fn load(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.claims.len(), state.transactions)
    }
}

fn session(key: &SigningKey, cap: u64) -> Session {
    let public_key = key.public_key().as_bytes().to_vec().into();
    Session {
        key: Some(SessionKey {
            public_key,
            spending_cap: cap.to_string(),
        }),
        ..Session::default()
    }
}

impl State {
    fn up(&self) -> Result<(), ChainError> {
        if self.down {
            Err(ChainError::Unreachable("switched off".into()))
        } else {
            Ok(())
        }
    }

    fn claim(&mut self, signed: &SignedVoucher) -> ClaimVerdict {
        self.claims.push(signed.clone());
        let verify = |chain_id: &str| voucher::verify(chain_id, signed);
        let Ok(voucher) = verify(CHAIN_ID).or_else(|_| verify(&self.chain_id)) else {
            return ClaimVerdict::BadSignature;
        };
        let prices: Vec<(u64, u32)> = self
            .meters
            .iter()
            .map(|meter| (meter.price, meter.scale))
            .collect();
        let refused = self.refused.iter().any(|key| key == voucher.session_key.as_ref());
        let Some(deal) = self.deals.get_mut(&voucher.deal_id) else {
            return ClaimVerdict::UnknownDeal;
        };
        let known = |session: &&mut Session| session.key.as_ref().unwrap().public_key == voucher.session_key;
        let Some(session) = deal.sessions.iter_mut().find(known).filter(|_| !refused) else {
            return ClaimVerdict::UnknownSession;
        };
        if voucher.sequence <= session.sequence {
            return ClaimVerdict::Stale;
        }
        if voucher
            .counters
            .iter()
            .zip(&session.counters)
            .any(|(new, old)| new < old)
        {
            return ClaimVerdict::CounterFell;
        }
        (session.sequence, session.counters) = (voucher.sequence, voucher.counters);
        let due: u128 = deal
            .sessions
            .iter()
            .map(|session| {
                session_due(&session.counters, &prices, None)
                    .unwrap()
                    .floor()
                    .value()
            })
            .sum();
        deal.paid = Amount::new(due).min(deal.escrow.parse().unwrap()).to_string();
        ClaimVerdict::Accepted
    }
}

#[tonic::async_trait]
impl Chain for MemoryChain {
    async fn chain_id(&self) -> Result<String, ChainError> {
        let state = self.state.lock();
        state.up().map(|()| state.chain_id.clone())
    }

    fn provider(&self) -> String {
        PROVIDER.into()
    }

    async fn head(&self) -> Result<Head, ChainError> {
        let mut state = self.state.lock();
        state.up()?;
        state.height += 1;
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        Ok(Head {
            height: state.height,
            time: Time::from_seconds(i64::try_from(now).unwrap() - state.lag),
        })
    }

    async fn offer(&self, id: u64) -> Result<Option<Offer>, ChainError> {
        let state = self.state.lock();
        state.up()?;
        let meters = state.meters.clone();
        let offer = Offer {
            id,
            provider: PROVIDER.into(),
            meters,
            ..Offer::default()
        };
        Ok((id == OFFER).then_some(offer))
    }

    async fn deal(&self, id: u64) -> Result<Option<Deal>, ChainError> {
        let state = self.state.lock();
        state.up().map(|()| state.deals.get(&id).cloned())
    }

    async fn deals(&self, offer_id: u64) -> Result<Vec<Deal>, ChainError> {
        let state = self.state.lock();
        state.up()?;
        Ok(state
            .deals
            .values()
            .filter(|deal| deal.offer_id == offer_id)
            .cloned()
            .collect())
    }

    async fn claim(&self, vouchers: Vec<SignedVoucher>) -> Result<Vec<ClaimVerdict>, ChainError> {
        let mut state = self.state.lock();
        state.up()?;
        state.transactions += 1;
        let failure = (!state.failures.is_empty()).then(|| state.failures.remove(0));
        match failure {
            Some(Failure::Lost) => return Err(ChainError::Unreachable("lost on the way".into())),
            Some(Failure::Pending) => {
                state.pending = Some(vouchers);
                return Err(ChainError::Unreachable("in no block yet".into()));
            }
            _ => {}
        }
        if let Some(log) = &mut state.log {
            let bytes: Vec<u8> = vouchers
                .iter()
                .flat_map(Message::encode_length_delimited_to_vec)
                .collect();
            log.write_all(&bytes).unwrap();
        }
        let verdicts = vouchers.iter().map(|voucher| state.claim(voucher)).collect();
        match failure {
            Some(_) => Err(ChainError::Unreachable("no answer".into())),
            None => Ok(verdicts),
        }
    }

    async fn settled(&self) -> Result<(), ChainError> {
        let state = self.state.lock();
        state.up()?;
        match state.pending {
            Some(_) => Err(ChainError::Unreachable("in no block yet".into())),
            None => Ok(()),
        }
    }
}
