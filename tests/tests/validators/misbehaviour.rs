use std::collections::BTreeSet;

use cosmos_sdk_proto::cosmos::slashing::v1beta1::MsgUnjail;
use slsbft_proto::election::v1::Place;
use slsbft_tests::chain::Block;
use slsbft_types::{Ratio, UANKR_PER_ANKR};
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{Misbehavior, MisbehaviorType, Validator},
};

use crate::support::{Network, address_of};

const STAKE: u128 = 400_000;

/// Evidence that a validator voted twice at a height.
pub fn double_sign(network: &Network, number: u8, height: i64) -> Misbehavior {
    Misbehavior {
        r#type: MisbehaviorType::DuplicateVote.into(),
        validator: Some(Validator {
            address: address_of(number).to_vec().into(),
            power: 1,
        }),
        height,
        time: Some(Timestamp {
            seconds: network.chain.time - (network.chain.height - height),
            nanos: 0,
        }),
        total_voting_power: 1,
    }
}

fn unjail(network: &Network, operator: usize) -> MsgUnjail {
    MsgUnjail {
        validator_addr: network.operators[operator].address().to_validator_bech32(),
    }
}

/// Why validators were slashed in a block.
fn slash_reasons(block: &Block) -> BTreeSet<String> {
    let slashes = block
        .response
        .events
        .iter()
        .filter(|event| event.r#type == "slash");
    slashes
        .flat_map(|event| event.attributes.iter())
        .filter(|attribute| attribute.key == "reason")
        .map(|attribute| attribute.value.clone())
        .collect()
}

#[test]
fn who_signs_twice_loses_five_percent_and_its_seat_for_ever() {
    loses_five_percent_and_its_seat(MisbehaviorType::DuplicateVote, "double_sign");
}

#[test]
fn who_attacks_light_clients_loses_as_much() {
    loses_five_percent_and_its_seat(MisbehaviorType::LightClientAttack, "light_client_attack");
}

#[test]
fn evidence_of_an_unknown_kind_counts_for_nothing() {
    let mut network = Network::start(&[STAKE; 5]);
    network.end_epoch();
    for kind in [0, 99, -1] {
        let height = network.chain.height;
        let mut evidence = double_sign(&network, 2, height);
        evidence.r#type = kind;
        network.chain.misbehavior = vec![evidence];
        network.chain.block();
    }
    assert_eq!(network.stake(2), STAKE * UANKR_PER_ANKR);
}

fn loses_five_percent_and_its_seat(kind: MisbehaviorType, reason: &str) {
    let mut network = Network::start(&[STAKE; 5]);
    network.end_epoch();
    let (supply, height) = (network.chain.supply(), network.chain.height);
    let mut evidence = double_sign(&network, 2, height);
    evidence.r#type = kind.into();
    network.chain.misbehavior = vec![evidence.clone()];
    let block = network.chain.block();
    assert_eq!(slash_reasons(&block), BTreeSet::from([reason.to_owned()]));
    assert_eq!(network.stake(2), STAKE * UANKR_PER_ANKR * 95 / 100);
    assert_eq!(supply - network.chain.supply(), STAKE * UANKR_PER_ANKR / 20);
    network.chain.block();
    assert!(!network.set().contains(&2), "it leaves at once");
    // The same again costs nothing more.
    network.chain.misbehavior = vec![evidence];
    network.chain.block();
    assert_eq!(network.stake(2), STAKE * UANKR_PER_ANKR * 95 / 100);
    network.end_epochs(3);
    assert_eq!(network.standing(2).place(), Place::NotEligible);
    let request = unjail(&network, 2);
    let (space, code, words) = network.refused(2, &request);
    assert_eq!((space.as_str(), code), ("slashing", 4), "{words}");
    assert!(words.contains("tombstoned"), "{words}");
}

#[test]
fn stake_that_left_before_the_deed_but_stood_behind_the_seat_answers_for_it() {
    let mut network = Network::start(&[STAKE; 5]);
    network.end_epoch();
    // After the boundary that its next seat is drawn from, all but the least goes.
    network.undelegate(2, 2, STAKE - 100_000);
    network.end_epochs(1);
    network.chain.block();
    network.chain.block();
    assert!(network.set().contains(&2), "its seat is drawn on what it had");
    let supply = network.chain.supply();
    network.chain.misbehavior = vec![double_sign(&network, 2, network.chain.height)];
    network.chain.block();
    let lost = STAKE * UANKR_PER_ANKR / 20;
    let at_once = supply - network.chain.supply();
    assert_eq!(at_once, lost * 100_000 / STAKE, "the part of what is still there");
    // The rest is taken from what unbonds, at the latest when it completes.
    network.end_epochs(20);
    assert_eq!(supply - network.chain.supply(), lost);
}

#[test]
fn evidence_that_is_too_old_counts_for_nothing() {
    let mut network = Network::start(&[STAKE; 5]);
    network.end_epochs(5);
    network.chain.misbehavior = vec![double_sign(&network, 2, 3)];
    network.chain.block();
    assert_eq!(network.stake(2), STAKE * UANKR_PER_ANKR);
    network.chain.misbehavior = vec![double_sign(&network, 2, network.chain.height - 25)];
    network.chain.block();
    assert_eq!(network.stake(2), STAKE * UANKR_PER_ANKR * 95 / 100);
}

#[test]
fn who_misses_most_of_an_epoch_is_jailed_and_may_come_back() {
    let mut network = Network::start_with(&[STAKE; 6], |genesis| {
        genesis.app_state.slashing.params.downtime_jail_seconds = 15;
    });
    network.end_epoch();
    network.chain.validators.absent.insert(address_of(4));
    network.end_epoch();
    let left = STAKE * UANKR_PER_ANKR * 9_999 / 10_000;
    assert_eq!(network.stake(4), left);
    assert_eq!(network.standing(4).place(), Place::SeatEmpty);
    network.chain.block();
    network.chain.block();
    assert!(!network.set().contains(&4));
    let request = unjail(&network, 4);
    let (space, code, words) = network.refused(4, &request);
    assert_eq!((space.as_str(), code), ("slashing", 4), "{words}");
    network.chain.validators.absent.clear();
    network.end_epochs(2);
    network.send(4, &unjail(&network, 4));
    let (space, code, _) = network.refused(4, &request);
    assert_eq!((space.as_str(), code), ("slashing", 5));
    network.end_epochs(3);
    assert!(network.set().contains(&4));
}

#[test]
fn jailing_never_leaves_fewer_than_four() {
    let mut network = Network::start_with(&[STAKE; 5], |genesis| {
        genesis.app_state.slashing.params.max_absent = Ratio::ONE;
    });
    network.end_epoch();
    for n in 1..5 {
        network.chain.validators.absent.insert(address_of(n));
    }
    network.end_epoch();
    network.chain.block();
    network.chain.block();
    assert_eq!(network.set().len(), 4);
    // And not one epoch later either, when all four could not stand.
    network.end_epochs(2);
    assert!(!network.set().is_empty());
}

#[test]
fn a_forged_proposer_is_jailed_unless_too_many_are_forged() {
    for (forged, jailed) in [(1, true), (3, false)] {
        let mut network = Network::start_with(&[STAKE; 6], |genesis| {
            genesis.app_state.epochs.params.blocks_per_epoch = 40;
        });
        let mut forger = None;
        for height in 1..=40 {
            if (10..10 + forged).contains(&height) {
                let proposer = network.chain.validators.proposer();
                forger = forger.or((0..6).find(|n| address_of(*n) == proposer));
                let other = address_of((0..6).find(|n| address_of(*n) != proposer).unwrap());
                // Its block names another and so gives nothing to the beacon.
                let system = slsbft_app::modules::beacon::system_tx(height as u64, Default::default());
                network.chain.finalize_with(vec![system], |request| {
                    request.proposer_address = other.to_vec().into();
                });
            } else {
                network.chain.block();
            }
        }
        let forger = usize::from(forger.unwrap());
        network.chain.block();
        network.chain.block();
        assert_eq!(!network.set().contains(&forger), jailed, "{forged} forged");
        let seeds: slsbft_proto::beacon::v1::QuerySeedsResponse = network.ask(
            "/slsbft.beacon.v1.Query/Seeds",
            &slsbft_proto::beacon::v1::QuerySeedsRequest::default(),
        );
        assert_eq!(
            (seeds.seeds[0].forged, seeds.seeds[0].alarm),
            (forged as u64, !jailed)
        );
    }
}

#[test]
fn who_holds_a_block_up_gets_nothing_of_its_fees() {
    let credit = |held_up: bool| {
        let mut network = Network::start(&[STAKE; 4]);
        for _ in 0..4 {
            network.chain.block();
        }
        let proposer = network.chain.validators.proposer();
        network.chain.block();
        network.chain.round = i32::from(held_up);
        network.chain.block();
        let uptimes = slsbft_app::modules::consensus::running_uptimes(&network.chain.snapshot()).unwrap();
        uptimes[&proposer]
    };
    let (on_time, late) = (credit(false), credit(true));
    assert_eq!(on_time.signed, late.signed);
    assert_eq!(
        on_time.credit - late.credit,
        on_time.credit / u128::from(on_time.signed)
    );
}
