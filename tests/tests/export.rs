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
use slsbft_app::app::export;
use slsbft_genesis::Genesis;
use slsbft_tests::{
    Chain,
    history::{Players, play, well_formed},
};
use slsbft_types::Time;

/// A genesis that goes on from the latest state, through its JSON.
fn exported(chain: &Chain, old: &Genesis) -> Genesis {
    let genesis = Genesis {
        genesis_time: Time::from_seconds(chain.time),
        initial_height: chain.height + 1,
        app_state: export(&chain.snapshot(), chain.height as u64).expect("readable"),
        ..old.clone()
    };
    let json = genesis.to_json().expect("JSON");
    let genesis = Genesis::from_json(json.as_bytes()).expect("what was written");
    genesis.validate().expect("a good genesis");
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
        for round in &before {
            let txs = players.txs(&old, round);
            let txs = old.with_system_tx(txs);
            play(&mut old, txs, round);
        }
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
