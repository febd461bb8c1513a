//! A chain of one module: messages and blocks in, balances and records out.
//! After each of them the supply and the escrow account are checked.

use std::sync::{Arc, LazyLock, OnceLock};

use ed25519_consensus::SigningKey;
use prost::Message;
use slsbft_app::{
    context::{BlockInfo, Context},
    errors::{ExecError, TxError},
    machine::{Machine, Runner},
    modules::{
        auth::{self, Auth},
        bank::{self, Bank},
        ledger::Ledger,
        metering::{Metering, Msg, escrow_account},
    },
};
use slsbft_genesis::{AppState, bank::Balance, metering::Metering as Section};
use slsbft_proto::metering::v1;
use slsbft_store::{Overlay, Snapshot, Store, StoreConfig};
use slsbft_types::{
    Address, Amount, BASE_DENOM, Coins, Time,
    metering::{Params, voucher_sign_bytes},
};
use slsbft_wasm::{Config, Vm};
use tempfile::TempDir;
use tendermint_proto::v0_38::abci::Event;

pub const CHAIN: &str = "metering-1";
pub const START: i64 = 1_000_000;
/// What each funded account has at first.
pub const FUNDS: u128 = 1_000_000;
const METERING: Metering<Bank<Auth>> = Metering::new(Bank::new(Auth));

pub struct World {
    pub state: Overlay,
    pub block: BlockInfo,
    pub events: Vec<Event>,
}

/// The state before genesis, shared by all worlds, which never write to it.
fn nothing() -> Snapshot {
    static EMPTY: OnceLock<(TempDir, Store)> = OnceLock::new();
    let (_, store) = EMPTY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("state"), &StoreConfig::default()).expect("a store");
        (folder, store)
    });
    store.latest()
}

/// Limits so small that tests meet them.
pub fn small_params() -> Params {
    let mut params = Section::default().params;
    params.min_escrow = Amount::new(100);
    params.deal_deposit = Amount::new(10);
    params.offer_deposit = Amount::new(7);
    params.max_open_deals = 3;
    params.max_deals_per_consumer = 2;
    params.max_session_keys = 2;
    params.max_duration_seconds = 1_000;
    params.sweep_limit = 2;
    params.terms.window_blocks = 5;
    params.terms.window_seconds = 50;
    params.terms.idle_fee = Amount::new(3);
    params
}

pub fn account(number: u8) -> Address {
    Address::from_bytes(&[number; 20]).expect("20 bytes")
}

/// Accounts 1 to 9 have funds.
pub fn accounts() -> impl Iterator<Item = Address> {
    (1..10).map(account)
}

pub fn treasury() -> Address {
    Address::module("treasury")
}

impl World {
    pub fn new(params: Params) -> Self {
        let funds = |address| Balance {
            address,
            coins: Coins::base(Amount::new(FUNDS)),
        };
        let mut app_state = AppState {
            metering: Section {
                params,
                ..Section::default()
            },
            ..AppState::default()
        };
        app_state.bank.balances = accounts().map(funds).collect();
        Self::from_genesis(nothing(), &app_state).expect("a good genesis")
    }

    pub fn from_genesis(base: Snapshot, app_state: &AppState) -> Result<Self, ExecError> {
        let mut state = Overlay::new(base);
        let block = BlockInfo {
            chain_id: Arc::from(CHAIN),
            height: 1,
            time: Time::from_seconds(START),
        };
        auth::genesis::init(&mut state, &app_state.auth)?;
        bank::genesis::init(&Bank::new(Auth), &mut state, &app_state.bank)?;
        METERING.init(&mut state, &app_state.metering)?;
        Ok(Self {
            state,
            block,
            events: Vec::new(),
        })
    }

    pub fn fresh(app_state: &AppState) -> Result<Self, ExecError> {
        Self::from_genesis(nothing(), app_state)
    }

    /// Sends a message's bytes; all or nothing, as in a transaction.
    pub fn send_bytes(&mut self, type_url: &str, bytes: &[u8]) -> Result<Vec<u8>, TxError> {
        let msg = Msg::from_any(type_url, bytes).expect("a message of metering")?;
        self.events.clear();
        self.state.begin();
        let mut ctx = Context {
            state: &mut self.state,
            block: &self.block,
            events: &mut self.events,
            machine: &mut machine(),
        };
        let result = METERING.execute(&mut ctx, &msg);
        let result = match result {
            Ok(response) => {
                self.state.apply();
                Ok(response.value)
            }
            Err(ExecError::Tx(error)) => {
                self.state.discard();
                Err(error)
            }
            Err(ExecError::Fault(fault)) => panic!("{fault}"),
        };
        self.check();
        result
    }

    /// Sends a message and reads its response.
    pub fn send<R: Message + Default>(&mut self, name: &str, msg: &impl Message) -> Result<R, TxError> {
        let response = self.send_bytes(&format!("/slsbft.metering.v1.{name}"), &msg.encode_to_vec())?;
        Ok(R::decode(response.as_slice()).expect("the response's type"))
    }

    /// Ends the block and begins another, so many seconds later.
    pub fn next_block(&mut self, seconds: i64) {
        self.events.clear();
        let mut ctx = Context {
            state: &mut self.state,
            block: &self.block,
            events: &mut self.events,
            machine: &mut machine(),
        };
        METERING.end_block(&mut ctx).expect("no fault");
        self.check();
        self.block.height += 1;
        self.block.time.seconds += seconds;
    }

    /// So many blocks without time passing.
    pub fn blocks(&mut self, count: u64) {
        (0..count).for_each(|_| self.next_block(0));
    }

    pub fn check(&self) {
        METERING.check(&self.state).expect("escrow is exact");
        bank::check_supply(&self.state).expect("supply is conserved");
    }

    pub fn balance(&self, owner: &Address) -> u128 {
        Bank::new(Auth)
            .balance(&self.state, owner, BASE_DENOM)
            .expect("readable")
            .value()
    }

    pub fn escrow(&self) -> u128 {
        self.balance(&escrow_account())
    }

    pub fn section(&self) -> Section {
        slsbft_app::modules::metering::genesis::export(&self.state).expect("readable")
    }

    /// Events of the latest message or block of a kind.
    pub fn events_of(&self, kind: &str) -> Vec<&Event> {
        self.events.iter().filter(|event| event.r#type == kind).collect()
    }

    pub fn now(&self) -> i64 {
        self.block.time.seconds
    }
}

/// An attribute of an event.
pub fn attribute<'a>(event: &'a Event, key: &str) -> &'a str {
    event
        .attributes
        .iter()
        .find(|a| a.key == key)
        .map_or("", |a| a.value.as_str())
}

pub fn meter(unit: &str, price: u64, scale: u32) -> v1::Meter {
    v1::Meter {
        unit: unit.into(),
        price,
        scale,
    }
}

/// An offer of account 1: 1 uankr a request, 7 uankr per 1,000 bytes.
pub fn offer_msg() -> v1::MsgCreateOffer {
    v1::MsgCreateOffer {
        provider: account(1).to_string(),
        meters: vec![meter("requests", 1, 0), meter("bytes", 7, 3)],
        min_escrow: "100".into(),
        max_open_deals: 3,
        endpoint: "https://provider.example".into(),
        tags: vec!["eu".into()],
        application_share: 0,
    }
}

/// A deal of account 2 on offer 1 with session key 1 and 1,000 uankr, for 500 seconds.
pub fn deal_msg(world: &World) -> v1::MsgOpenDeal {
    v1::MsgOpenDeal {
        consumer: account(2).to_string(),
        offer_id: 1,
        offer_version: 0,
        escrow: "1000".into(),
        session_keys: vec![session_key(1, 0)],
        application: String::new(),
        expires_at: Some(Time::from_seconds(world.now() + 500).into()),
    }
}

impl World {
    /// A world with [`offer_msg`] and [`deal_msg`].
    pub fn with_deal() -> Self {
        let mut world = Self::new(small_params());
        world.offer(&offer_msg()).expect("an offer");
        world.open(&deal_msg(&world)).expect("a deal");
        world
    }

    pub fn offer(&mut self, msg: &v1::MsgCreateOffer) -> Result<u64, TxError> {
        self.send::<v1::MsgCreateOfferResponse>("MsgCreateOffer", msg)
            .map(|r| r.offer_id)
    }

    pub fn open(&mut self, msg: &v1::MsgOpenDeal) -> Result<u64, TxError> {
        self.send::<v1::MsgOpenDealResponse>("MsgOpenDeal", msg)
            .map(|r| r.deal_id)
    }

    pub fn top_up(
        &mut self,
        consumer: u8,
        deal_id: u64,
        amount: u128,
    ) -> Result<v1::MsgTopUpDealResponse, TxError> {
        let (consumer, amount) = (account(consumer).to_string(), amount.to_string());
        self.send(
            "MsgTopUpDeal",
            &v1::MsgTopUpDeal {
                consumer,
                deal_id,
                amount,
            },
        )
    }

    pub fn add_key(&mut self, consumer: u8, deal_id: u64, key: v1::SessionKey) -> Result<(), TxError> {
        let msg = v1::MsgAddSessionKey {
            consumer: account(consumer).to_string(),
            deal_id,
            session_key: Some(key),
        };
        self.send::<v1::MsgAddSessionKeyResponse>("MsgAddSessionKey", &msg)
            .map(|_| ())
    }

    pub fn withdraw(&mut self, provider: u8, offer_id: u64) -> Result<(), TxError> {
        let msg = v1::MsgWithdrawOffer {
            provider: account(provider).to_string(),
            offer_id,
        };
        self.send::<v1::MsgWithdrawOfferResponse>("MsgWithdrawOffer", &msg)
            .map(|_| ())
    }

    pub fn close(
        &mut self,
        signer: u8,
        deal_id: u64,
        vouchers: Vec<v1::SignedVoucher>,
    ) -> Result<v1::MsgCloseDealResponse, TxError> {
        self.send(
            "MsgCloseDeal",
            &v1::MsgCloseDeal {
                signer: account(signer).to_string(),
                deal_id,
                vouchers,
            },
        )
    }

    pub fn refund(&mut self, signer: u8, deal_id: u64) -> Result<v1::MsgRefundDealResponse, TxError> {
        self.send(
            "MsgRefundDeal",
            &v1::MsgRefundDeal {
                signer: account(signer).to_string(),
                deal_id,
            },
        )
    }

    /// Verdicts and the amount paid.
    pub fn claim(
        &mut self,
        provider: u8,
        vouchers: Vec<v1::SignedVoucher>,
    ) -> Result<(Vec<v1::ClaimVerdict>, u128), TxError> {
        let msg = v1::MsgClaim {
            provider: account(provider).to_string(),
            vouchers,
        };
        let response: v1::MsgClaimResponse = self.send("MsgClaim", &msg)?;
        let verdicts = response.results.iter().map(v1::ClaimResult::verdict).collect();
        Ok((verdicts, response.paid.parse().expect("an amount")))
    }
}

pub fn signing_key(number: u8) -> SigningKey {
    SigningKey::from([number; 32])
}

pub fn session_key(number: u8, cap: u128) -> v1::SessionKey {
    v1::SessionKey {
        public_key: signing_key(number).verification_key().to_bytes().to_vec().into(),
        spending_cap: cap.to_string(),
    }
}

pub fn voucher(key: u8, deal_id: u64, sequence: u64, counters: &[u64]) -> v1::Voucher {
    v1::Voucher {
        chain_id: CHAIN.into(),
        deal_id,
        session_key: session_key(key, 0).public_key,
        sequence,
        counters: counters.to_vec(),
        rating: 0,
    }
}

/// Signs a voucher with session key `key`, whichever it names.
pub fn sign(key: u8, voucher: &v1::Voucher) -> v1::SignedVoucher {
    let bytes = voucher.encode_to_vec();
    let signature = signing_key(key).sign(&voucher_sign_bytes(&bytes));
    v1::SignedVoucher {
        voucher: bytes.into(),
        signature: signature.to_bytes().to_vec().into(),
    }
}

pub fn signed(key: u8, deal_id: u64, sequence: u64, counters: &[u64]) -> v1::SignedVoucher {
    sign(key, &voucher(key, deal_id, sequence, counters))
}

/// Nothing here runs contracts.
pub fn machine() -> Machine {
    static VM: LazyLock<Arc<Vm>> = LazyLock::new(|| Arc::new(Vm::new(Config::default()).expect("a VM")));
    Machine::new(Runner::of_blocks(VM.clone()), 0, None)
}
