//! Sets that change, and whose turn it is in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use slsbft_mechanism::proposer::{Change, ConsensusAddress, Rotation};
use slsbft_tests::fleet::{Fleet, Node, Plan, wait_for};
use slsbft_types::{PublicKey, Ratio};

use crate::support::{View, alone, decided, integer, members_at, number, rpc, set_at};

const CANDIDATES: usize = 6;
const SEATS: u32 = 4;
/// Of an epoch: an update acts two blocks later, and each set should decide some.
const BLOCKS: u64 = 5;
/// One node is killed in the middle of so many epochs, another one each time, until a block
/// was held up by that.
const BETWEEN_KILLS: u64 = 12;

/// Six candidates of equal stake draw four seats every five blocks. Nobody is jailed for
/// votes that came late on a busy machine.
fn start() -> Fleet {
    let plan = Plan {
        validators: CANDIDATES,
        pace: "50ms",
        change: &|genesis| {
            let state = &mut genesis.app_state;
            state.epochs.params.blocks_per_epoch = BLOCKS;
            state.election.params.max_validators = SEATS;
            state.slashing.params.min_signed = Ratio::ZERO;
        },
        ..Plan::default()
    };
    plan.start()
}

/// What CometBFT was told at a height.
fn updates_at(node: &Node, height: u64) -> Vec<Change> {
    let answer = rpc(node, &format!("block_results?height={height}"));
    let updates = answer["validator_updates"].as_array();
    let change = |update: &Value| {
        let key = &update["pub_key"]["Sum"]["value"]["ed25519"];
        let key = BASE64_STANDARD.decode(key.as_str().expect("an ed25519 key"));
        let key = PublicKey::Ed25519(key.unwrap().try_into().unwrap());
        Change {
            address: key.address().as_bytes().try_into().unwrap(),
            power: integer(&update["power"]),
        }
    };
    updates.into_iter().flatten().map(change).collect()
}

/// What comparing every height with CometBFT came to.
#[derive(Debug, Default)]
struct Compared {
    headers: u64,
    /// Decided after round 0, where a header names somebody else.
    late: u64,
}

/// Follows the rotation from the first set by the updates alone, and compares it at every
/// height with CometBFT's own set, with the header, and with what the chain's mirror
/// took the block for: it takes a proof from the proposer that it expects and from nobody else.
fn compare(node: &Node, contributions: &BTreeMap<u64, ConsensusAddress>, until: u64) -> Compared {
    let founders = set_at(node, 1).into_iter().map(|validator| Change {
        address: validator.address,
        power: validator.power,
    });
    let mut rotation = Rotation::genesis(&founders.collect::<Vec<_>>()).unwrap();
    let mut compared = Compared::default();
    for height in 1..=until {
        assert_eq!(
            rotation.current.validators(),
            set_at(node, height),
            "the set of height {height}"
        );
        let block = decided(node, height);
        let expected = *rotation.proposer();
        if block.round == 0 {
            assert_eq!(block.proposer, expected, "the proposer of height {height}");
            compared.headers += 1;
        } else {
            compared.late += 1;
        }
        let contributed = (block.proposer == expected).then_some(expected);
        assert_eq!(
            contributions.get(&height).copied(),
            contributed,
            "who moved the beacon at height {height}"
        );
        rotation = rotation.advance(&updates_at(node, height)).unwrap();
    }
    compared
}

/// Kills a node, and starts it again once the chain had to do without its proposal.
fn hold_a_block_up(fleet: &mut Fleet, victim: usize) {
    fleet.nodes[victim].kill();
    let (node, mut height) = (&fleet.nodes[0], fleet.height());
    wait_for("a block that is decided later than in round 0", || {
        while height < node.height()? {
            if decided(node, height).round > 0 {
                return Some(());
            }
            height += 1;
        }
        None
    });
    fleet.nodes[victim].start();
}

fn contributions(view: &View) -> BTreeMap<u64, ConsensusAddress> {
    let history = view.ask(view.client.beacon_history());
    let of = |proposer: &[u8]| proposer.try_into().unwrap();
    history
        .iter()
        .map(|given| (given.height, of(&given.proposer)))
        .collect()
}

#[test]
fn a_set_changes_each_epoch_and_each_header_names_the_proposer_that_the_application_expects() {
    let _alone = alone();
    let epochs = number("SLSBFT_EPOCHS", 12);
    let mut fleet = start();
    let begun = Instant::now();
    let mut sets: Vec<BTreeSet<ConsensusAddress>> = Vec::new();
    let mut hashes: Vec<String> = Vec::new();
    for epoch in 1..=epochs {
        // The first block that the set elected at this epoch's end decides.
        let (node, height) = (&fleet.nodes[0], epoch * BLOCKS + 2);
        node.wait_for(height + 1);
        sets.push(members_at(node, height));
        hashes.push(decided(node, height).validators_hash);
        if epoch % BETWEEN_KILLS == BETWEEN_KILLS / 2 {
            let victim = 1 + (epoch / BETWEEN_KILLS) as usize % (CANDIDATES - 1);
            hold_a_block_up(&mut fleet, victim);
        }
    }
    let (took, until) = (begun.elapsed().as_secs(), epochs * BLOCKS + 2);

    let node = &fleet.nodes[0];
    let view = View::of(node);
    let compared = compare(node, &contributions(&view), until);
    for seed in view.ask(view.client.epoch_seeds()) {
        assert_eq!((seed.forged, seed.alarm), (0, false), "epoch {}", seed.epoch);
    }
    let last = fleet.nodes.iter().map(|node| {
        node.wait_for(until);
        node.app_hash(until)
    });
    assert_eq!(last.collect::<BTreeSet<_>>().len(), 1, "all nodes agree");

    assert!(
        hashes.windows(2).all(|two| two[0] != two[1]),
        "a set stayed as it was: {hashes:?}"
    );
    assert!(sets.iter().all(|set| set.len() == SEATS as usize));
    let changes = sets.windows(2).filter(|two| two[0] != two[1]).count();
    let distinct = sets.iter().collect::<BTreeSet<_>>().len();
    println!(
        "{epochs} epochs, {until} heights in {took} s; the set changed each time, its members {changes} times, \
         {distinct} different; {} headers of round 0 compared, {} decided later",
        compared.headers, compared.late
    );
    // Of 15 equally likely sets the next is another one in 14.
    assert!(changes * 2 > sets.len(), "{changes} of {} changed", sets.len());
    assert!(compared.late > 0, "{compared:?}: a block was held up");
}
