use std::collections::BTreeSet;

use cosmos_sdk_proto::cosmos::distribution::v1beta1::{
    QueryValidatorOutstandingRewardsRequest, QueryValidatorOutstandingRewardsResponse,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use slsbft_proto::election::v1::Place;
use slsbft_types::UANKR_PER_ANKR;

use crate::support::{EPOCH, Network, address_of};

const LARGE: u128 = 500_000;

#[test]
fn a_chain_begins_with_the_heaviest_of_its_candidates() {
    let network = Network::start_with(&[LARGE, 2 * LARGE, 150_000, 3 * LARGE, 200_000], |genesis| {
        genesis.app_state.election.params.max_validators = 4;
    });
    assert_eq!(network.set(), BTreeSet::from([0, 1, 3, 4]));
}

#[test]
fn power_follows_stake_and_service() {
    let mut network = Network::start(&[LARGE, 2 * LARGE, LARGE, LARGE]);
    network.end_epochs(3);
    let powers: Vec<i64> = (0..4).map(|n| network.standing(n).power).collect();
    assert!(
        powers[1] > 2 * powers[0] * 99 / 100 && powers[1] < 2 * powers[0] * 101 / 100,
        "{powers:?}"
    );
    let standing = network.standing(0);
    let stake: u128 = standing.stake.parse().unwrap();
    let level = u128::from(standing.service.unwrap().level);
    let weight = stake * (1_000_000_000 + 3 * level) / 2_000_000_000;
    assert_eq!(standing.weight.parse::<u128>().unwrap(), weight);
    assert!(level > 500_000_000, "it signed everything: {level}");
}

#[test]
fn stake_acts_at_the_second_boundary_and_not_before() {
    let mut network = Network::start_with(&[LARGE, LARGE, LARGE, LARGE, 100_000], |genesis| {
        genesis.app_state.election.params.max_validators = 4;
        genesis.app_state.election.params.draw_min_seats = 64;
    });
    network.delegate(4, 4, 900_000);
    network.end_epoch();
    // Drawn from genesis, where it was the lightest.
    assert_eq!(network.standing(4).place(), Place::Below);
    assert!(!network.set().contains(&4));
    network.end_epoch();
    assert_eq!(network.standing(4).place(), Place::ByWeight);
    assert!(!network.set().contains(&4), "updates act at H+2");
    network.chain.block();
    assert!(network.set().contains(&4));
}

#[test]
fn nothing_a_block_at_the_boundary_holds_changes_the_set_drawn_there() {
    let run = |act: &dyn Fn(&mut Network)| {
        let mut network = Network::start(&[LARGE, LARGE, LARGE, LARGE, 300_000]);
        while network.chain.height < EPOCH - 1 {
            network.chain.block();
        }
        act(&mut network);
        assert_eq!(network.chain.height, EPOCH);
        network.chain.block();
        network.chain.block();
        network.chain.validators.current()
    };
    let quiet = run(&|network| {
        network.chain.block();
    });
    let delegating = run(&|network| network.delegate(0, 0, 1));
    let leaving = run(&|network| network.undelegate(1, 1, 300_000));
    // The set is the same; what differs is the seed's jitter only if the beacon does, and it does not.
    assert_eq!(quiet, delegating);
    assert_eq!(quiet, leaving);
}

#[test]
fn every_candidate_is_explained() {
    let mut network = Network::start_with(&[LARGE, LARGE, LARGE, LARGE, LARGE, 120_000], |genesis| {
        genesis.app_state.election.params.max_validators = 4;
        genesis.app_state.beacon.vrf_keys.pop();
    });
    network.end_epoch();
    let election = network.election();
    assert_eq!(election.standings.len(), 6);
    assert_eq!(election.epoch, 0);
    assert_eq!(election.seed.len(), 32);
    let seats = election.standings.iter().filter(|s| s.power > 0).count();
    assert_eq!(seats, 4);
    let without_key = network.standing(5);
    assert_eq!(without_key.place(), Place::NotEligible);
    assert!(without_key.reason.contains("VRF key"), "{}", without_key.reason);
    let next = network.candidate(0).next.unwrap();
    assert_eq!(next.stake.parse::<u128>().unwrap(), LARGE * UANKR_PER_ANKR);
    assert!(next.weight.parse::<u128>().unwrap() > 0);
}

#[test]
fn fees_of_an_epoch_go_to_those_who_signed() {
    let mut network = Network::start(&[LARGE, LARGE, LARGE, LARGE]);
    network.end_epoch();
    network.chain.validators.absent.insert(address_of(3));
    let before = network.chain.supply();
    let to = network.operators[1].address();
    let tx = network.operators[0].send(&to, 1);
    assert_eq!(network.chain.submit(tx.bytes()).code, 0);
    network.end_epoch();
    let burned = before - network.chain.supply();
    // A tenth of the fee, and 0.01 % of the stake of the one that did not sign.
    assert_eq!(burned, 500_000 + LARGE * UANKR_PER_ANKR / 10_000);
    let owed = |n: usize| -> u128 {
        let request = QueryValidatorOutstandingRewardsRequest {
            validator_address: network.operators[n].address().to_validator_bech32(),
        };
        let answer: QueryValidatorOutstandingRewardsResponse = network.ask(
            "/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards",
            &request,
        );
        let coins = answer.rewards.unwrap().rewards;
        coins.first().map_or(0, |coin| coin.amount.parse().unwrap())
    };
    // 70 % of 5 ANKR, among three of equal power (but for the jitter), the fourth hardly signed.
    let each: Vec<u128> = (0..4).map(|n| owed(n) / 1_000_000_000_000_000_000).collect();
    let third = 3_500_000 / 3;
    for amount in &each[..3] {
        assert!(amount.abs_diff(third) < third / 5, "{each:?}");
    }
    assert!(each[3] < each[0] / 4, "{each:?}");
}

#[test]
fn a_set_that_changes_every_epoch_is_always_one_that_cometbft_takes() {
    // The mock stops at any update that CometBFT would stop at, and compares the mirror of its
    // rotation after every block.
    let mut runner = TestRunner::deterministic();
    let moves = prop::collection::vec((0usize..12, 0usize..12, 1u128..60_000, any::<bool>()), 60);
    let moves = moves.new_tree(&mut runner).unwrap().current();
    let mut network = Network::start_with(&[200_000; 12], |genesis| {
        genesis.app_state.election.params.max_validators = 6;
        genesis.app_state.election.params.draw_min_seats = 0;
        genesis.app_state.staking.params.max_share_from = 1_000;
    });
    let mut sets = BTreeSet::new();
    for (from, to, amount, back) in moves {
        if back && network.stake(from) > (150_000 + amount) * UANKR_PER_ANKR {
            network.undelegate(from, from, amount.min(40_000));
        } else {
            network.delegate(from, to, amount.min(10_000));
        }
        network.end_epoch();
        assert_eq!(network.set().len(), 6);
        sets.insert(network.set());
    }
    assert!(sets.len() > 20, "{}", sets.len());
}
