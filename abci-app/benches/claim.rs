//! What a claim of 1,000 vouchers over 1,000 deals costs in a block, on a state
//! read from disk. Prints `name value unit`: the fastest of several runs, since
//! whatever else the machine does only adds.

#![allow(
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, and fails by panicking"
)]

use std::{
    error::Error,
    sync::{Arc, LazyLock},
    time::Instant,
};

use ed25519_consensus::{Signature, SigningKey, VerificationKey};
use prost::Message;
use slsbft_app::{
    context::{BlockInfo, Context},
    machine::{Machine, Runner},
    modules::{
        auth::{self, Auth},
        bank::{self, Bank},
        metering::{Metering, Msg, verify_vouchers},
    },
};
use slsbft_genesis::{AppState, bank::Balance};
use slsbft_proto::{Any, metering::v1};
use slsbft_store::{BlockMeta, Overlay, Snapshot, Store, StoreConfig};
use slsbft_types::{Address, Amount, Coins, Time, metering::voucher_sign_bytes};
use slsbft_wasm::{Config, Vm};

const CHAIN: &str = "bench-1";
const DEALS: u64 = 1_000;
const RUNS: usize = 40;
const METERING: Metering<Bank<Auth>> = Metering::new(Bank::new(Auth));

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut store = Store::open(&folder.path().join("state"), &StoreConfig::default())?;
    let commit = store.stage(
        prepare(store.latest())?.into_changes(),
        BlockMeta {
            height: 1,
            ..Default::default()
        },
    )?;
    let state = store.commit(commit)?;

    let vouchers: Vec<v1::SignedVoucher> = (1..=DEALS).map(voucher).collect();
    let claim = v1::MsgClaim {
        provider: address(0).to_string(),
        vouchers: vouchers.clone(),
    }
    .encode_to_vec();
    let read = || read_msg("MsgClaim", &claim);

    report(&format!("metering::claim/vouchers={DEALS}"), || {
        let msg = read()?;
        timed(|| execute(&mut Overlay::new(state.clone()), &msg).map(drop))
    })?;
    report(
        &format!("metering::claim_verified_ahead/vouchers={DEALS}"),
        || {
            let msg = read()?;
            msg.vouchers().map(|vouchers| vouchers.verify().len());
            timed(|| execute(&mut Overlay::new(state.clone()), &msg).map(drop))
        },
    )?;
    report(&format!("metering::read_claim/vouchers={DEALS}"), || {
        timed(|| read().map(drop))
    })?;
    report(&format!("metering::verify_vouchers/vouchers={DEALS}"), || {
        timed(|| {
            if verify_vouchers(&vouchers).contains(&false) {
                Err("refused".into())
            } else {
                Ok(())
            }
        })
    })?;
    let keys: Vec<[u8; 32]> = (1..=DEALS)
        .map(|deal| key(deal).verification_key().to_bytes())
        .collect();
    report(&format!("ed25519_consensus::verify/signatures={DEALS}"), || {
        timed(|| {
            keys.iter()
                .zip(&vouchers)
                .try_for_each(|(key, signed)| verify_one(key, signed))
        })
    })
}

/// A provider with 1,000 deals of one consumer, each with a session key.
fn prepare(base: Snapshot) -> Outcome<Overlay> {
    let mut app_state = AppState::default();
    let params = &mut app_state.metering.params;
    (params.max_deals_per_consumer, params.max_open_deals) = (DEALS as u32, DEALS as u32);
    let funds = |number| Balance {
        address: address(number),
        coins: Coins::base(Amount::new(1_000_000_000_000_000)),
    };
    app_state.bank.balances = vec![funds(0), funds(1)];
    let mut state = Overlay::new(base);
    auth::genesis::init(&mut state, &app_state.auth)?;
    bank::genesis::init(&Bank::new(Auth), &mut state, &app_state.bank)?;
    METERING.init(&mut state, &app_state.metering)?;

    let meter = |unit: &str, price, scale| v1::Meter {
        unit: unit.into(),
        price,
        scale,
    };
    let offer = v1::MsgCreateOffer {
        provider: address(0).to_string(),
        meters: vec![
            meter("requests", 3, 0),
            meter("bytes", 7, 6),
            meter("cpu-ms", 11, 3),
        ],
        min_escrow: "20000000".into(),
        max_open_deals: DEALS as u32,
        ..Default::default()
    };
    execute(&mut state, &read_msg("MsgCreateOffer", &offer.encode_to_vec())?)?;
    for deal in 1..=DEALS {
        let public_key = key(deal).verification_key().to_bytes().to_vec().into();
        let open = v1::MsgOpenDeal {
            consumer: address(1).to_string(),
            offer_id: 1,
            escrow: "20000000".into(),
            session_keys: vec![v1::SessionKey {
                public_key,
                spending_cap: "0".into(),
            }],
            expires_at: Some(Time::from_seconds(100_000).into()),
            ..Default::default()
        };
        execute(&mut state, &read_msg("MsgOpenDeal", &open.encode_to_vec())?)?;
    }
    Ok(state)
}

fn block() -> BlockInfo {
    BlockInfo {
        chain_id: Arc::from(CHAIN),
        height: 1,
        time: Time::from_seconds(1_000),
    }
}

fn address(number: u8) -> Address {
    Address::module(&format!("bench {number}"))
}

fn key(deal: u64) -> SigningKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&deal.to_be_bytes());
    SigningKey::from(seed)
}

fn voucher(deal: u64) -> v1::SignedVoucher {
    let key = key(deal);
    let voucher = v1::Voucher {
        chain_id: CHAIN.into(),
        deal_id: deal,
        session_key: key.verification_key().to_bytes().to_vec().into(),
        sequence: 1_000,
        counters: vec![100_000, 50_000_000, 77_000],
        rating: 5,
    }
    .encode_to_vec();
    let signature = key.sign(&voucher_sign_bytes(&voucher)).to_bytes().to_vec().into();
    v1::SignedVoucher {
        voucher: voucher.into(),
        signature,
    }
}

fn read_msg(name: &str, bytes: &[u8]) -> Outcome<Msg> {
    Ok(Msg::from_any(&format!("/slsbft.metering.v1.{name}"), bytes).ok_or("unknown message")??)
}

fn execute(state: &mut Overlay, msg: &Msg) -> Outcome<Any> {
    let (block, mut events) = (block(), Vec::new());
    Ok(METERING.execute(
        &mut Context {
            state,
            block: &block,
            events: &mut events,
            machine: &mut machine(),
        },
        msg,
    )?)
}

fn verify_one(key: &[u8; 32], signed: &v1::SignedVoucher) -> Outcome<()> {
    let signature = Signature::try_from(signed.signature.as_ref())?;
    Ok(VerificationKey::try_from(*key)?.verify(&signature, &voucher_sign_bytes(&signed.voucher))?)
}

fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1_000.0)
}

fn report(name: &str, mut run: impl FnMut() -> Outcome<f64>) -> Outcome<()> {
    let runs = (0..RUNS).map(|_| run()).collect::<Outcome<Vec<f64>>>()?;
    println!("{name} {:.2} ms", runs.into_iter().fold(f64::INFINITY, f64::min));
    Ok(())
}

/// Nothing here runs contracts.
fn machine() -> Machine {
    static VM: LazyLock<Arc<Vm>> = LazyLock::new(|| Arc::new(Vm::new(Config::default()).expect("a VM")));
    Machine::new(Runner::of_blocks(VM.clone()), 0, None)
}
