//! A chain that stops and goes on as a new one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use slsbft_app::{
    app::export,
    modules::{bank, consensus},
};
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_genesis::Genesis;
use slsbft_tests::{
    Chain, Wallet,
    chain::CHAIN_ID,
    history::{Players, play, play_all, well_formed},
    market::{self, VoucherSession, session_key},
    wallet::{self, transfer},
};
use slsbft_types::{Amount, Coin, Coins, Time, UANKR_PER_ANKR};

/// A genesis that goes on from the latest state, through its JSON.
fn exported(chain: &Chain, old: &Genesis) -> Genesis {
    let genesis = Genesis {
        genesis_time: Time::from_seconds(chain.time),
        initial_height: chain.height + 1,
        consensus_params: consensus::genesis::export(&chain.snapshot()).expect("readable"),
        app_state: export(&chain.snapshot(), chain.height as u64).expect("readable"),
        ..old.clone()
    };
    let json = genesis.to_json().expect("JSON");
    let genesis = Genesis::from_json(json.as_bytes()).expect("what was written");
    genesis.validate().expect("a good genesis");
    assert_eq!(genesis.consensus_params, old.consensus_params);
    genesis
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: Some(Box::new(
        proptest::test_runner::FileFailurePersistence::Direct("regressions/export.txt"))), ..ProptestConfig::default() })]

    #[test]
    fn an_exported_chain_goes_on_with_the_same_balances_deals_and_supply(
        before in well_formed(14), after in well_formed(14)
    ) {
        let mut players = Players::default();
        let genesis = players.genesis();
        let mut old = Chain::from_genesis(&genesis);
        play_all(&mut players, &mut old, &before);
        let mut new = Chain::from_genesis(&exported(&old, &genesis));
        prop_assert_eq!(new.height, old.height);
        for round in &after {
            let txs = players.txs(&old, round);
            let txs = old.with_system_tx(txs);
            let block = play(&mut old, txs.clone(), round);
            let same = play(&mut new, txs, round);
            prop_assert_eq!(block.results(), same.results());
            prop_assert_eq!(block.response.events, same.response.events);
            let height = old.height as u64;
            prop_assert_eq!(export(&old.snapshot(), height).unwrap(), export(&new.snapshot(), height).unwrap());
        }
        prop_assert_eq!(old.supply(), new.supply());
    }
}

#[test]
fn an_account_with_more_denominations_than_a_message_may_name_is_exported_too() {
    let mut alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let (from, to) = (alice.address(), Wallet::new(KeyKind::Ed25519, 2, 1).address());
    let coins = |names: std::ops::Range<u32>, more: Option<Coin>| {
        let points = names.map(|name| Coin {
            denom: format!("points{name:02}").parse().unwrap(),
            amount: Amount::new(5),
        });
        Coins::new(points.chain(more).collect()).unwrap()
    };
    let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(1_700_000_000));
    let rich = Coin::base(Amount::new(1_000_000_000));
    genesis
        .add_account(from, coins(0..12, Some(rich)), None)
        .expect("a new account");
    genesis
        .add_account(to, coins(12..24, None), None)
        .expect("a new account");
    let mut chain = Chain::from_genesis(&genesis);
    let mut message = transfer(&from, &to, 1);
    message.amount = coins(0..12, None).to_proto();
    assert_eq!(chain.submit(alice.sign(&TxBuilder::of(&message)).bytes()).code, 0);
    assert_eq!(chain.block().results()[0].code, 0);
    let mut again = Chain::from_genesis(&exported(&chain, &genesis));
    let held = |chain: &Chain| bank::balance(&chain.snapshot(), &to, "points03").unwrap().value();
    assert_eq!(held(&chain), 5);
    again.block();
    assert_eq!(held(&again), 5);
    assert_eq!(again.supply(), chain.supply());
}

#[test]
fn a_chain_that_goes_on_under_another_id_honours_the_vouchers_of_its_old_deals() {
    let mut provider = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let mut consumer = Wallet::new(KeyKind::Ed25519, 2, 1);
    let rich = 1_000 * UANKR_PER_ANKR;
    let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(1_700_000_000));
    for owner in [&provider, &consumer] {
        genesis
            .add_account(owner.address(), Coins::base(Amount::new(rich)), None)
            .expect("a new account");
    }
    let mut chain = Chain::from_genesis(&genesis);
    let offer = TxBuilder::new().any(market::create_offer(&provider.address()));
    chain.submit(provider.sign(&offer).bytes());
    chain.block();
    let escrow = 20 * UANKR_PER_ANKR;
    let open = market::open_deal(
        &consumer.address(),
        1,
        escrow,
        &session_key(9),
        chain.time + 1_000,
    );
    chain.submit(consumer.sign(&TxBuilder::new().any(open)).bytes());
    assert_eq!(chain.block().results()[0].code, 0);
    let session = VoucherSession {
        seed: 9,
        deal_id: 1,
        sequence: 0,
    };
    let signed_before = market::voucher(&session, 1_000);

    let renamed = Genesis {
        chain_id: "slsbft-test-2".into(),
        ..exported(&chain, &genesis)
    };
    let before = chain.balance(&provider.address());
    let mut chain = Chain::from_genesis(&renamed);
    let claim = TxBuilder::new().any(market::claim(&provider.address(), vec![signed_before]));
    let claim = claim
        .sign(
            &renamed.chain_id,
            &provider.key,
            provider.number,
            provider.sequence,
        )
        .expect("a claim");
    assert_eq!(chain.submit(claim.bytes()).code, 0);
    assert_eq!(chain.block().results()[0].code, 0);
    let earned = 7_000 * 96 / 100;
    assert_eq!(
        chain.balance(&provider.address()),
        before + earned - wallet::FLAT_FEE
    );
}
