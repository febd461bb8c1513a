//! Random and mutated bytes at every way in, and two nodes that went different
//! ways to the same state.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use bytes::Bytes;
use proptest::{prelude::*, sample::Index, test_runner::FileFailurePersistence};
use serde_json::Value;
use slsbft_app::{AppConfig, app::export};
use slsbft_genesis::Genesis;
use slsbft_store::StoreConfig;
use slsbft_tests::{
    Chain,
    chain::Setup,
    history::{Players, Round, hostile, play, play_all, well_formed},
};
use tendermint_proto::v0_38::abci::{ExecTxResult, response_process_proposal::ProposalStatus};

fn config(cases: u32) -> ProptestConfig {
    // Beside the tests, because there is no lib.rs above them to be found.
    let seeds = FileFailurePersistence::Direct("regressions/fuzz.txt");
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(seeds)),
        ..ProptestConfig::default()
    }
}

/// Puts an extreme in the place of a number in a document, told by its position
/// among them; texts of digits are numbers too.
fn exaggerate(document: &mut Value, which: &Index, extreme: u64) {
    fn numbers<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
        let is_number = match value {
            Value::Number(_) => true,
            Value::String(text) => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        if is_number {
            return found.push(value);
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| numbers(item, found)),
            Value::Object(fields) => fields.values_mut().for_each(|field| numbers(field, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    numbers(document, &mut found);
    let index = which.index(found.len());
    let number = &mut found[index];
    **number = if number.is_string() {
        extreme.to_string().into()
    } else {
        extreme.into()
    };
}

/// Admitted by pass 1: its fee was taken, which its events say.
fn admitted(result: &ExecTxResult) -> bool {
    result.events.iter().any(|event| event.r#type == "tx")
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn nodes_that_went_different_ways_agree_on_every_result(
        rounds in hostile(10), restarts in prop::collection::vec(any::<bool>(), 10)
    ) {
        let mut players = Players::default();
        let genesis = players.genesis();
        let small = StoreConfig { keep_heights: 3, proof_heights: 2, cache_bytes: 1 << 20 };
        let small = Setup { store: small, app: AppConfig { signature_cache: 0, ..AppConfig::default() }, ..Setup::default() };
        let mut live = Chain::from_genesis(&genesis);
        let mut synced = Chain::with_setup(&genesis, small);
        for (round, restart) in rounds.iter().zip(restarts) {
            let txs = players.txs(&live, round);
            let txs = live.with_system_tx(txs);
            let verdict = judge(&mut live, txs.clone(), round);
            let block = play(&mut live, txs.clone(), round);
            prop_assert_eq!(verdict == ProposalStatus::Accept, block.results().iter().all(admitted));
            let same = play(&mut synced, txs, round);
            prop_assert_eq!(block.response, same.response);
            if restart {
                synced = synced.restart();
            }
            prop_assert_eq!(&synced.app_hash, &live.app_hash);
        }
    }

    #[test]
    fn what_a_proposer_makes_of_hostile_transactions_is_accepted_by_all(rounds in hostile(8)) {
        let mut players = Players::default();
        let genesis = players.genesis();
        let (mut proposer, mut validator) = (Chain::from_genesis(&genesis), Chain::from_genesis(&genesis));
        for round in &rounds {
            for tx in players.txs(&proposer, round) {
                proposer.offer(tx.into());
            }
            let block = proposer.block();
            prop_assert!(block.results().iter().all(admitted));
            let same = validator.decide(block.txs);
            prop_assert_eq!(block.response, same.response);
        }
    }

    #[test]
    fn a_genesis_that_is_found_good_starts_a_chain_that_runs(
        before in well_formed(6), after in well_formed(6),
        extremes in prop::collection::vec((any::<Index>(), prop_oneof![
            Just(0), Just(1), Just(u64::MAX), Just(i64::MAX as u64), Just(i64::MAX as u64 / 2), any::<u32>().prop_map(u64::from)
        ]), 1..3)
    ) {
        let mut players = Players::default();
        let genesis = players.genesis();
        let mut old = Chain::from_genesis(&genesis);
        play_all(&mut players, &mut old, &before);
        let genesis = Genesis {
            initial_height: old.height + 1,
            app_state: export(&old.snapshot(), old.height as u64).unwrap(),
            ..genesis
        };
        let mut document = serde_json::to_value(&genesis).unwrap();
        for (which, extreme) in &extremes {
            exaggerate(&mut document, which, *extreme);
        }
        let read = Genesis::from_json(document.to_string().as_bytes());
        if let Some(genesis) = read.ok().filter(|genesis| genesis.validate().is_ok()) {
            let mut chain = Chain::from_genesis(&genesis);
            play_all(&mut players, &mut chain, &after);
        }
    }

    #[test]
    fn random_bytes_are_refused_everywhere_and_stop_nothing(
        txs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20)
    ) {
        thread_local! {
            static CHAIN: std::cell::RefCell<Chain> = Chain::from_genesis(&Players::default().genesis()).into();
        }
        CHAIN.with_borrow_mut(|chain| {
            let txs: Vec<Bytes> = txs.into_iter().map(Bytes::from).collect();
            prop_assert!(txs.iter().all(|tx| chain.check(tx).code != 0));
            prop_assert_eq!(chain.judge(txs.clone()), ProposalStatus::Reject);
            let block = chain.finalize(txs);
            prop_assert!(block.response.tx_results.iter().all(|result| result.code != 0));
            Ok(())
        })?;
    }
}

/// The verdict on the block that [`play`] decides next.
fn judge(chain: &mut Chain, txs: Vec<Bytes>, round: &Round) -> ProposalStatus {
    chain.time += i64::from(round.pause);
    let verdict = chain.judge_with(txs, |request| {
        request.proposed_last_commit = Some(round.last_commit())
    });
    chain.time -= i64::from(round.pause);
    verdict
}
