//! Validators that take other keys while they produce blocks.

use std::{collections::BTreeSet, fs};

use slsbft_mechanism::proposer::ConsensusAddress;
use slsbft_proto::beacon::v1::Contribution;
use slsbft_tests::fleet::{Fleet, Node, Plan, wait_for};

use crate::support::{View, address_from, alone, decided, members_at, text};

/// Of an epoch: long enough that everybody proposes in each.
const BLOCKS: u64 = 12;
const ROTATING: usize = 1;

fn start() -> Fleet {
    let plan = Plan {
        change: &|genesis| genesis.app_state.epochs.params.blocks_per_epoch = BLOCKS,
        ..Plan::default()
    };
    plan.start()
}

/// The first height that a key decides which was registered at `height`: the boundary sees it,
/// the next one draws with it, and updates act two blocks later.
fn acts_from(height: u64) -> u64 {
    let boundary = height.div_ceil(BLOCKS) * BLOCKS;
    boundary + BLOCKS + 2
}

/// What a validator's blocks gave to the beacon from a height on.
fn given_by(view: &View, proposer: &ConsensusAddress, from: u64) -> Vec<Contribution> {
    let history = view.ask(view.client.beacon_history()).into_iter();
    let own = |given: &Contribution| given.proposer == proposer.as_slice() && given.height >= from;
    history.filter(own).collect()
}

fn keys_of(given: &[Contribution]) -> BTreeSet<Vec<u8>> {
    given.iter().map(|given| given.vrf_key.to_vec()).collect()
}

fn restart(node: &mut Node) {
    node.stop();
    node.start();
    wait_for("the node to catch up", || {
        (node.rpc("status")?["sync_info"]["catching_up"] == false).then_some(())
    });
}

#[test]
fn a_new_vrf_key_moves_the_beacon_from_the_seat_that_the_next_boundary_leads_to() {
    let _alone = alone();
    let mut fleet = start();
    let view = View::of(&fleet.nodes[0]);
    let node = &mut fleet.nodes[ROTATING];
    let (name, operator) = (address_from(&node.consensus_address()), node.operator().address());
    let old = view.ask(view.client.vrf_key(&operator)).seated_vrf_key.to_vec();
    let new = hex::decode(node.slsbftd(&["vrf", "new"]).trim()).unwrap();
    restart(node);
    let acts = acts_from(node.tx(&["beacon", "register-vrf-key"]));
    fleet.nodes[0].wait_for(acts + BLOCKS);

    let (before, after): (Vec<_>, Vec<_>) = given_by(&view, &name, 1)
        .into_iter()
        .partition(|given| given.height < acts);
    assert_eq!(keys_of(&before), BTreeSet::from([old.clone()]));
    assert_eq!(keys_of(&after), BTreeSet::from([new.clone()]));
    let keys = view.ask(view.client.vrf_key(&operator));
    assert_eq!(
        (keys.vrf_key.to_vec(), keys.seated_vrf_key.to_vec()),
        (new.clone(), new.clone())
    );

    // The old one is not needed any more.
    let node = &mut fleet.nodes[ROTATING];
    node.slsbftd(&["vrf", "forget", &hex::encode(old)]);
    restart(node);
    let from = fleet.height() + 1;
    let given = wait_for("blocks with the new key alone", || {
        Some(given_by(&view, &name, from)).filter(|given| given.len() >= 2)
    });
    assert_eq!(keys_of(&given), BTreeSet::from([new]));
}

#[test]
fn who_has_lost_the_vrf_key_of_its_seat_misses_its_turns_and_is_not_jailed_for_it() {
    let _alone = alone();
    let mut fleet = start();
    let view = View::of(&fleet.nodes[0]);
    let node = &mut fleet.nodes[ROTATING];
    let (name, operator) = (address_from(&node.consensus_address()), node.operator().address());
    let seated = view.ask(view.client.vrf_key(&operator)).seated_vrf_key;
    node.slsbftd(&["vrf", "new"]);
    node.slsbftd(&["vrf", "forget", &hex::encode(seated)]);
    restart(node);
    let from = fleet.height() + 1;
    // Turns of everybody, and an epoch's end.
    let until = from + BLOCKS;
    fleet.nodes[0].wait_for(until + 1);
    let late = (from..=until).filter(|height| decided(&fleet.nodes[0], *height).round > 0);
    assert!(late.count() > 0, "its turns are taken over by others");
    assert_eq!(given_by(&view, &name, from), []);
    assert!(!view.ask(view.client.validator(&operator)).jailed);
}

#[test]
fn a_validator_goes_on_with_another_consensus_key_in_another_home() {
    let _alone = alone();
    let mut fleet = start();
    let view = View::of(&fleet.nodes[0]);
    let old = address_from(&fleet.nodes[ROTATING].consensus_address());
    let operator = fleet.nodes[ROTATING].operator().address();
    let vrf_key = fleet.nodes[ROTATING].home.join("config/vrf_key.json");

    let second = fleet.add();
    fs::copy(vrf_key, second.home.join("config/vrf_key.json")).unwrap();
    second.start();
    let (key, new) = (second.consensus_key(), address_from(&second.consensus_address()));
    let height = fleet.height();
    fleet.nodes[4].wait_for(height);
    let rotate = [
        "staking",
        "rotate-consensus-key",
        "--consensus-key",
        text(&key["pub_key"]["value"]),
    ];
    let acts = acts_from(fleet.nodes[ROTATING].tx(&rotate));

    let witness = &fleet.nodes[0];
    witness.wait_for(acts);
    let [before, after] = [acts - 1, acts].map(|height| members_at(witness, height));
    assert!(before.contains(&old) && !before.contains(&new));
    assert!(after.contains(&new) && !after.contains(&old));
    let others = |set: &BTreeSet<ConsensusAddress>| set.iter().filter(|a| ![old, new].contains(a)).count();
    assert_eq!((others(&before), others(&after)), (3, 3));

    fleet.nodes[ROTATING].stop();
    let from = fleet.height() + 1;
    wait_for("blocks of the new key", || {
        Some(given_by(&view, &new, from)).filter(|given| given.len() >= 2)
    });
    assert_eq!(
        given_by(&view, &old, acts),
        [],
        "the old one proposes nothing any more"
    );
    let validator = view.ask(view.client.validator(&operator));
    assert!(!validator.jailed, "it has missed nothing");
}
