//! What a block promises, shown on the real application under a mock of consensus.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use slsbft_app::modules::fees;
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_tests::{
    Chain, Wallet,
    chain::CHAIN_ID,
    wallet::{FLAT_FEE, transfer},
};
use slsbft_types::Address;
use tendermint_proto::v0_38::abci::response_process_proposal::ProposalStatus;

const RICH: u128 = 1_000_000_000_000;

fn two_wallets() -> (Wallet, Wallet, Chain) {
    let alice = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let bob = Wallet::new(KeyKind::Ed25519, 2, 1);
    let chain = Chain::start(&[(alice.address(), RICH), (bob.address(), RICH)]);
    (alice, bob, chain)
}

#[test]
fn a_transfer_moves_money_and_pays_the_flat_fee() {
    let (mut alice, mut bob, mut chain) = two_wallets();
    assert_eq!(chain.submit(alice.send(&bob.address(), 1_000).bytes()).code, 0);
    assert_eq!(chain.submit(bob.send(&alice.address(), 300).bytes()).code, 0);
    let block = chain.block();
    assert!(
        block
            .results()
            .iter()
            .all(|result| result.code == 0 && result.gas_used == 200_000)
    );
    assert_eq!(chain.balance(&alice.address()), RICH - 1_000 + 300 - FLAT_FEE);
    assert_eq!(chain.balance(&bob.address()), RICH + 1_000 - 300 - FLAT_FEE);
    assert_eq!(chain.balance(&Address::module(fees::COLLECTOR)), 2 * FLAT_FEE);
}

#[test]
fn several_transactions_of_one_account_wait_together_in_order() {
    let (mut alice, bob, mut chain) = two_wallets();
    for amount in 1..=20 {
        assert_eq!(chain.submit(alice.send(&bob.address(), amount).bytes()).code, 0);
    }
    let replayed = {
        alice.sequence = 3;
        alice.sign_only(&TxBuilder::of(&transfer(&alice.address(), &bob.address(), 1)))
    };
    assert_eq!(chain.submit(replayed.bytes()).code, 32);
    let block = chain.block();
    assert_eq!(block.results().len(), 20);
    assert_eq!(chain.balance(&bob.address()), RICH + 210);
}

#[test]
fn a_failed_message_keeps_fee_and_sequence_and_undoes_the_rest() {
    let (mut alice, mut bob, mut chain) = two_wallets();
    let to = bob.address();
    let tx = TxBuilder::of(&transfer(&alice.address(), &to, 1_000)).message(&transfer(
        &alice.address(),
        &to,
        RICH,
    ));
    assert_eq!(chain.submit(alice.sign(&tx).bytes()).code, 0);
    let block = chain.block();
    assert_eq!(
        (block.results()[0].code, block.results()[0].codespace.as_str()),
        (5, "sdk")
    );
    assert_eq!(chain.balance(&alice.address()), RICH - FLAT_FEE);
    assert_eq!(chain.balance(&to), RICH);
    assert_eq!(
        chain.submit(alice.send(&to, 1).bytes()).code,
        0,
        "the sequence has moved on"
    );
    assert_eq!(chain.submit(bob.send(&to, 1).bytes()).code, 0);
    chain.block();
}

#[test]
fn messages_cannot_drain_the_payer_of_a_later_fee() {
    let (mut alice, bob, mut chain) = two_wallets();
    let drain = RICH - 3 * FLAT_FEE + 1;
    let first = alice.send(&bob.address(), drain);
    let second = alice.send(&bob.address(), 1);
    let third = alice.send(&bob.address(), 1);
    let txs = chain.with_system_tx([first, second, third].map(|tx| tx.bytes().to_vec()));
    let block = chain.decide(txs);
    let codes: Vec<u32> = block.results().iter().map(|result| result.code).collect();
    assert_eq!(
        codes,
        [5, 0, 0],
        "all three fees are taken before the first message runs"
    );
}

#[test]
fn a_kept_result_is_used_only_for_exactly_the_block_it_was_made_of() {
    let (mut alice, bob, mut chain) = two_wallets();
    let txs = chain.with_system_tx([alice.send(&bob.address(), 5).bytes().to_vec()]);
    assert_eq!(chain.judge(txs.clone()), ProposalStatus::Accept);
    // Same hash, other commit: validator did not sign. The signing count must follow the decided one.
    let mut absent = chain.validators.last_commit(1);
    absent.votes[0].block_id_flag = 1;
    let block = chain.finalize_with(txs.clone(), |request| {
        request.decided_last_commit = Some(absent.clone())
    });

    let (mut alice2, bob2, mut other) = two_wallets();
    let same = other.with_system_tx([alice2.send(&bob2.address(), 5).bytes().to_vec()]);
    let replayed = other.finalize_with(same, |request| request.decided_last_commit = Some(absent));
    assert_eq!(
        block.response, replayed.response,
        "with and without a proposal before it"
    );
}

#[test]
fn replay_and_block_sync_reach_the_same_app_hash_as_consensus() {
    let (mut alice, bob, mut live) = two_wallets();
    let (_, _, mut synced) = two_wallets();
    for round in 0..45 {
        for amount in 0..round % 4 {
            assert_eq!(
                live.submit(alice.send(&bob.address(), amount + 1).bytes()).code,
                0
            );
        }
        let block = live.block();
        let other = synced.finalize(block.txs.clone());
        assert_eq!(block.response, other.response, "height {}", live.height);
        if round % 10 == 9 {
            synced = synced.restart();
            assert_eq!(synced.app_hash, live.app_hash);
        }
    }
}

#[test]
fn empty_blocks_leave_the_app_hash_alone_within_an_epoch() {
    let (_, _, mut chain) = two_wallets();
    let mut changes = Vec::new();
    let mut running = Vec::new();
    for _ in 0..40 {
        let before = chain.app_hash.clone();
        let block = chain.block();
        if chain.app_hash != before {
            changes.push(chain.height);
        }
        running.push(block.response.tx_results[0].data.clone());
    }
    assert_eq!(changes, [20, 40], "only at epoch boundaries");
    running.dedup();
    assert_eq!(
        running.len(),
        40,
        "the running hash follows what each block counts"
    );
}

#[test]
fn fees_of_an_epoch_are_split_and_burned_to_the_last_uankr() {
    let (mut alice, bob, mut chain) = two_wallets();
    let supply = 2 * RICH;
    for _ in 0..3 {
        chain.submit(alice.send(&bob.address(), 1).bytes());
        chain.block();
    }
    while chain.height < 20 {
        chain.block();
    }
    let fees = 3 * FLAT_FEE;
    assert_eq!(chain.balance(&Address::module(fees::COLLECTOR)), 0);
    assert_eq!(chain.balance(&Address::module(fees::TREASURY)), fees / 5);
    assert_eq!(chain.balance(&Address::module(fees::DISTRIBUTION)), fees * 7 / 10);
    assert_eq!(chain.supply(), supply - fees / 10);
}

#[test]
fn a_proposal_is_refused_for_exactly_three_reasons() {
    let (mut alice, bob, mut chain) = two_wallets();
    let good = alice.send(&bob.address(), 1).bytes().to_vec();
    let gap = {
        alice.sequence += 1;
        alice.send(&bob.address(), 1).bytes().to_vec()
    };
    let with = |chain: &Chain, txs: Vec<Vec<u8>>| chain.with_system_tx(txs);

    let no_system = vec![good.clone().into()];
    assert_eq!(chain.judge(no_system), ProposalStatus::Reject);
    assert_eq!(chain.judge(vec![]), ProposalStatus::Reject);
    let mut twice = with(&chain, vec![]);
    twice.push(twice[0].clone());
    assert_eq!(chain.judge(twice), ProposalStatus::Reject);
    let old = slsbft_app::modules::beacon::system_tx(chain.height as u64, Default::default());
    assert_eq!(chain.judge(vec![old]), ProposalStatus::Reject);
    let txs = with(&chain, vec![gap]);
    assert_eq!(chain.judge(txs), ProposalStatus::Reject);
    let txs = with(&chain, vec![b"garbage".to_vec()]);
    assert_eq!(chain.judge(txs), ProposalStatus::Reject);

    alice.sequence = 0;
    let greedy = TxBuilder::of(&transfer(&alice.address(), &bob.address(), 1)).gas(2_000_000_001);
    let txs = with(&chain, vec![alice.sign_only(&greedy).bytes().to_vec()]);
    assert_eq!(chain.judge(txs), ProposalStatus::Reject);

    // A message that fails is no reason.
    let too_much = TxBuilder::of(&transfer(&alice.address(), &bob.address(), 10 * RICH));
    let txs = with(&chain, vec![alice.sign_only(&too_much).bytes().to_vec()]);
    assert_eq!(chain.judge(txs), ProposalStatus::Accept);
    let txs = with(&chain, vec![good]);
    chain.decide(txs);
}

#[test]
fn a_decided_block_is_never_a_fault_however_broken() {
    let (mut alice, bob, mut chain) = two_wallets();
    let good = alice.send(&bob.address(), 1).bytes().to_vec();
    let block = chain.finalize(vec![
        b"x".to_vec().into(),
        good.clone().into(),
        good.into(),
        vec![].into(),
    ]);
    let codes: Vec<u32> = block
        .response
        .tx_results
        .iter()
        .map(|result| result.code)
        .collect();
    assert_eq!(codes, [2, 0, 32, 18]);
    let block = chain.finalize(vec![]);
    assert!(block.response.tx_results.is_empty());
}

#[test]
fn a_block_never_runs_more_gas_than_it_may_hold() {
    let (mut alice, bob, mut chain) = two_wallets();
    let half = TxBuilder::of(&transfer(&alice.address(), &bob.address(), 1)).gas(1_000_000_000);
    let txs = [0, 1, 2].map(|_| alice.sign(&half).bytes().to_vec());
    let over = chain.with_system_tx(txs.clone());
    assert_eq!(chain.judge(over.clone()), ProposalStatus::Reject);
    // A proposer leaves out what does not fit.
    for tx in txs {
        chain.offer(tx.into());
    }
    let reaped = chain.prepare();
    assert_eq!(reaped.len(), 3);
    assert_eq!(reaped, over[..3]);
    // Whoever only hears of the decision, as in block sync, runs no more either.
    let block = chain.finalize(over);
    let codes: Vec<u32> = block.results().iter().map(|result| result.code).collect();
    assert_eq!(codes, [0, 0, 11]);
    assert!(block.results()[2].log.contains("does not fit the block"));
}

#[test]
fn the_first_block_of_a_chain_is_the_same_with_and_without_a_proposal() {
    let (mut alice, bob, mut proposed) = two_wallets();
    let (_, _, mut synced) = two_wallets();
    let tx = alice.send(&bob.address(), 7);
    let txs = proposed.with_system_tx([tx.bytes().to_vec()]);
    let block = proposed.decide(txs.clone());
    assert_eq!(block.response, synced.finalize(txs).response);
    assert_eq!(proposed.app_hash, synced.app_hash);
    assert_eq!(proposed.balance(&bob.address()), RICH + 7);
}

#[test]
fn the_system_transaction_is_no_way_in_for_anybody_else() {
    let (_, _, mut chain) = two_wallets();
    let system = slsbft_app::modules::beacon::system_tx(chain.height as u64 + 1, Default::default());
    assert_eq!(chain.submit(&system).code, 2);
}

#[test]
fn several_signers_sign_one_transaction_and_a_third_may_pay() {
    let (alice, bob, mut chain) = two_wallets();
    let carol = Wallet::new(KeyKind::Secp256k1, 3, 2);
    let tx = TxBuilder::of(&transfer(&alice.address(), &bob.address(), 10)).message(&transfer(
        &bob.address(),
        &alice.address(),
        4,
    ));
    let fee = slsbft_client::Fee {
        payer: Some(bob.address()),
        ..Default::default()
    };
    let signed = tx
        .fee(fee)
        .unsigned(CHAIN_ID, &[alice.data(), bob.data()])
        .and_then(|unsigned| unsigned.sign(&[&alice.key, &bob.key]))
        .expect("two signers");
    assert_eq!(chain.submit(signed.bytes()).code, 0);
    chain.block();
    assert_eq!(chain.balance(&alice.address()), RICH - 6);
    assert_eq!(chain.balance(&bob.address()), RICH + 6 - FLAT_FEE);
    assert_eq!(chain.balance(&carol.address()), 0);
}

#[test]
fn a_small_fixed_history_has_its_golden_app_hash() {
    let (mut alice, mut bob, mut chain) = two_wallets();
    let carol = Wallet::new(KeyKind::Secp256k1, 3, 0).address();
    for round in 0..25u128 {
        if round == 12 {
            chain = chain.restart();
        }
        chain.submit(alice.send(&carol, 100 + round).bytes());
        chain.submit(bob.send(&alice.address(), 7 * round + 1).bytes());
        chain.block();
    }
    // Formats and rules are consensus. Change this only together with `state_version` or a rule
    // of the protocol, and say so in the change log.
    let found: String = chain.app_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        found,
        "121f7a8dea90200ac84a8276ec25e0737d15d5e86d72e9a3e488b0c080d6873f"
    );
}
