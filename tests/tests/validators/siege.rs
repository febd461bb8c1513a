//! What a flood against everybody else gains: at one boundary only a part of the stake can be
//! barred, and only a part of the power jailed, for what others can cause.

use slsbft_genesis::{
    Genesis,
    service::{Clock, Participant},
};
use slsbft_proto::election::v1::Place;
use slsbft_types::{Address, Ratio};

use crate::support::{Network, address_of};

const STAKE: u128 = 400_000;

/// Lets operators begin as paused ones.
fn pause(genesis: &mut Genesis, operators: impl Iterator<Item = Address>) {
    let paused = Clock {
        failed_in_a_row: 2,
        good_in_a_row: 0,
        paused: true,
    };
    genesis.app_state.service.participants = operators
        .map(|address| Participant {
            address,
            evidence: [[0; 2]; 4],
            updated: genesis.genesis_time,
            endpoint_clock: paused.clone(),
            resource_clock: Clock::default(),
            fallen: false,
        })
        .collect();
}

/// A network of equal stakes, the first `paused` of them paused, at its second election.
fn besieged(stakes: &[u128], paused: usize, percent: u8) -> Network {
    let operators = Network::start(stakes).operators;
    let mut network = Network::start_with(stakes, |genesis| {
        genesis.app_state.election.params.max_paused = Ratio::from_percent(percent);
        let paused = operators.iter().take(paused);
        pause(genesis, paused.map(|operator| operator.address()));
    });
    network.end_epochs(2);
    network
}

fn barred(network: &Network) -> Vec<usize> {
    (0..network.operators.len())
        .filter(|n| network.standing(*n).place() == Place::NotEligible)
        .collect()
}

#[test]
fn who_keeps_the_services_of_all_others_dark_is_not_left_alone() {
    let network = besieged(&[STAKE; 8], 7, 25);
    assert_eq!(barred(&network).len(), 2, "a quarter of the stake");
    assert_eq!(
        network
            .election()
            .standings
            .iter()
            .filter(|s| s.power > 0)
            .count(),
        6
    );
    let spared = (0..7).find(|n| !barred(&network).contains(n)).unwrap();
    let reason = network.standing(spared).reason;
    assert!(reason.contains("paused, but with it more stake"), "{reason}");
    assert_eq!(network.standing(7).reason, "");
}

#[test]
fn as_many_as_may_be_barred_at_once_are_all_barred() {
    let network = besieged(&[STAKE; 8], 2, 25);
    assert_eq!(barred(&network), [0, 1]);
}

#[test]
fn one_alone_is_barred_however_heavy_it_is() {
    let network = besieged(&[4 * STAKE, STAKE, STAKE, STAKE, STAKE], 2, 10);
    assert_eq!(barred(&network), [0]);
}

#[test]
fn of_many_who_are_kept_from_signing_few_are_jailed_and_the_others_are_not_slashed() {
    let mut network = Network::start_with(&[STAKE; 8], |genesis| {
        genesis.app_state.slashing.params.max_absent = Ratio::from_percent(26);
    });
    network.end_epoch();
    let before: Vec<u128> = (0..8).map(|n| network.stake(n)).collect();
    for n in 0..3 {
        network.chain.validators.absent.insert(address_of(n));
    }
    network.end_epoch();
    let lost = (0..8).filter(|n| network.stake(*n) < before[*n]).count();
    let emptied = (0..8)
        .filter(|n| network.standing(*n).place() == Place::SeatEmpty)
        .count();
    assert_eq!((lost, emptied), (2, 2));
}
