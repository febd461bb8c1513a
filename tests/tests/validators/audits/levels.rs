//! What an endpoint that is reached or not does to its level, and a level that falls to the stake.

use slsbft_app::app::export;
use slsbft_client::{KeyKind, SigningKey};
use slsbft_proto::service::v1::MsgDeregisterProvider;
use slsbft_tests::market;
use slsbft_types::{Ratio, UANKR_PER_ANKR};

use super::{PROVIDER, STAKES, assignment, audit, audit_while, audited, audited_from, level, verdict};
use crate::support::Network;

#[test]
fn an_endpoint_that_goes_dark_lowers_the_level_pauses_and_comes_back() {
    let mut network = audited();
    for n in 1..5 {
        let assigned = assignment(&network, n);
        assert!(assigned.targets.len() <= 1);
    }
    let auditors = (1..5)
        .filter(|n| !assignment(&network, *n).targets.is_empty())
        .count();
    assert_eq!(auditors, 3, "as many as a local network asks for");
    assert!(
        assignment(&network, PROVIDER).targets.is_empty(),
        "nobody audits itself"
    );

    let up = [Some(true); 5];
    audit(&mut network, up);
    audit(&mut network, up);
    let good = level(&network, PROVIDER);
    assert!(
        good.endpoint > 600_000_000 && good.resource > 600_000_000,
        "{good:?}"
    );
    assert_eq!(verdict(&network).reached, Some(true));

    let dark = [Some(false); 5];
    audit(&mut network, dark);
    assert!(!level(&network, PROVIDER).paused);
    audit(&mut network, dark);
    let paused = level(&network, PROVIDER);
    assert!(paused.paused && paused.level < good.level, "{paused:?}");
    assert_eq!(verdict(&network).reached, Some(false));
    // Paused at this boundary, so the next draw leaves it out.
    audit(&mut network, dark);
    assert!(network.standing(PROVIDER).reason.contains("paused"));
    network.chain.block();
    network.chain.block();
    assert!(!network.set().contains(&PROVIDER));
    network.end_epoch();
    network.chain.block();

    audit(&mut network, up);
    assert!(level(&network, PROVIDER).paused);
    audit(&mut network, up);
    assert!(!level(&network, PROVIDER).paused);
    audit(&mut network, up);
    network.chain.block();
    network.chain.block();
    assert!(network.set().contains(&PROVIDER));
}

/// What a provider holds, registered or waiting for its release, in uankr.
fn self_stake(network: &Network) -> u128 {
    let chain = &network.chain;
    let service = export(&chain.snapshot(), chain.height as u64).unwrap().service;
    let address = network.operators[PROVIDER].address();
    let held = service.providers.iter().filter(|found| found.address == address);
    let waiting = service.releases.iter().filter(|found| found.provider == address);
    held.map(|found| found.self_stake)
        .chain(waiting.map(|found| found.amount))
        .map(|amount| amount.value())
        .sum()
}

/// A network in which a good provider falls when it was dark for an epoch or two.
fn easily_falling() -> Network {
    let network = Network::start_with(&STAKES, |genesis| {
        genesis.app_state.service.params.level_floor = Ratio::from_percent(45);
        genesis.app_state.service.params.level_rearm = Ratio::from_percent(55);
    });
    audited_from(network)
}

/// Epochs of darkness after which it has fallen, the last one included.
fn dark_until_it_falls(network: &mut Network) -> usize {
    for epochs in 1..12 {
        audit(network, [Some(false); 5]);
        if level(network, PROVIDER).fallen {
            return epochs;
        }
    }
    panic!("it never fell: {:?}", level(network, PROVIDER));
}

#[test]
fn a_level_that_falls_costs_one_percent_of_the_own_stakes_once_until_it_is_back() {
    let mut network = easily_falling();
    let (held, stake) = (self_stake(&network), network.stake(PROVIDER));
    assert!(
        !level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    dark_until_it_falls(&mut network);
    assert_eq!(self_stake(&network), held * 99 / 100);
    assert_eq!(network.stake(PROVIDER), stake * 99 / 100);
    audit(&mut network, [Some(false); 5]);
    audit(&mut network, [Some(false); 5]);
    assert_eq!(self_stake(&network), held * 99 / 100, "once per fall");

    for _ in 0..40 {
        if !level(&network, PROVIDER).fallen {
            break;
        }
        audit(&mut network, [Some(true); 5]);
    }
    assert!(
        !level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    dark_until_it_falls(&mut network);
    assert_eq!(self_stake(&network), held * 99 / 100 * 99 / 100, "armed again");
}

#[test]
fn who_deregisters_before_the_boundary_at_which_it_falls_pays_all_the_same() {
    let mut network = easily_falling();
    let held = self_stake(&network);
    let epochs = dark_until_it_falls(&mut easily_falling());
    for _ in 1..epochs {
        audit(&mut network, [Some(false); 5]);
    }
    assert!(!level(&network, PROVIDER).fallen, "{epochs} epochs");
    audit_while(&mut network, [Some(false); 5], |network| {
        let leave = MsgDeregisterProvider {
            provider: network.operators[PROVIDER].address().to_string(),
        };
        network.send(PROVIDER, &leave);
    });
    assert!(
        level(&network, PROVIDER).fallen,
        "{:?}",
        level(&network, PROVIDER)
    );
    assert_eq!(self_stake(&network), held * 99 / 100);
}

#[test]
fn a_paused_provider_gets_no_new_deals() {
    let mut network = audited();
    let provider = network.operators[PROVIDER].address();
    let open = |network: &Network| {
        let consumer = network.operators[4].address();
        let session = SigningKey::from_secret(KeyKind::Ed25519, &[4; 32]).unwrap();
        market::open_deal(
            &consumer,
            1,
            20 * UANKR_PER_ANKR,
            &session,
            network.chain.time + 10_000,
        )
    };
    network
        .send_any(PROVIDER, market::create_offer(&provider))
        .unwrap();
    let message = open(&network);
    network.send_any(4, message).unwrap();
    audit(&mut network, [Some(false); 5]);
    audit(&mut network, [Some(false); 5]);
    let message = open(&network);
    let (space, code, words) = network.send_any(4, message).unwrap_err();
    assert_eq!((space.as_str(), code), ("metering", 24), "{words}");
}

#[test]
fn an_audit_without_a_quorum_is_void() {
    let mut network = audited();
    audit(&mut network, [Some(true); 5]);
    let before = level(&network, PROVIDER);
    // One of three is silent and one lies: no two thirds agree.
    let assigned: Vec<usize> = (1..5)
        .filter(|n| !assignment(&network, *n).targets.is_empty())
        .collect();
    let mut says = [None; 5];
    says[assigned[0]] = Some(true);
    says[assigned[1]] = Some(false);
    audit(&mut network, says);
    let after = level(&network, PROVIDER);
    assert_eq!(verdict(&network).reached, None);
    assert_eq!(
        (after.failed_in_a_row, after.good_in_a_row),
        (before.failed_in_a_row, before.good_in_a_row)
    );
}

#[test]
fn an_auditor_that_is_silent_pays_in_its_own_level_and_never_in_stake() {
    let mut network = audited();
    let silent = (1..5)
        .find(|n| !assignment(&network, *n).targets.is_empty())
        .unwrap();
    let mut says = [Some(true); 5];
    says[silent] = None;
    let stake = network.stake(silent);
    audit(&mut network, says);
    let others: Vec<u64> = (1..5)
        .filter(|n| *n != silent)
        .map(|n| level(&network, n).consensus)
        .collect();
    let own = level(&network, silent).consensus;
    assert!(others.iter().all(|other| *other > own), "{own} {others:?}");
    assert_eq!(network.stake(silent), stake);
}
