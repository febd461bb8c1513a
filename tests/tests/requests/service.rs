//! What silence and lies cost a node.

use prost::Message;
use slsbft_genesis::service::{Clock, Participant};
use slsbft_proto::service::v1::{QueryLevelRequest, QueryLevelResponse};

use crate::support::{ALICE, EPOCH, FEE, NODES, QUORUM, World, found};

/// Microseconds of a good epoch of twenty blocks, one a second.
const STEP: u64 = 20_000_000;

/// Parts in a billion.
fn endpoint(world: &World, who: usize) -> u64 {
    let request = QueryLevelRequest {
        address: world.text(who),
    };
    let path = "/slsbft.service.v1.Query/Level";
    let bytes = world.chain.route(path, &request.encode_to_vec()).unwrap();
    let answer = QueryLevelResponse::decode(bytes.as_slice()).unwrap();
    answer.level.unwrap().endpoint
}

/// All nodes have served well for ten epochs.
fn world() -> World {
    let wallets = (2..9).map(|n| slsbft_tests::Wallet::new(slsbft_client::KeyKind::Secp256k1, n + 1, 0));
    let addresses: Vec<_> = wallets.map(|wallet| wallet.address()).collect();
    World::start_with(addresses.len(), |genesis| {
        let updated = genesis.genesis_time;
        let participants = addresses.into_iter().map(|address| Participant {
            address,
            evidence: [[0, 0], [10 * STEP, 0], [0, 0], [0, 0]],
            updated,
            endpoint_clock: Clock::default(),
            resource_clock: Clock::default(),
            fallen: false,
        });
        genesis.app_state.service.participants = participants.collect();
    })
}

#[test]
fn a_silent_node_and_a_liar_lose_an_epoch_of_service_and_the_others_nothing() {
    let mut world = world();
    let id = world.post(ALICE, FEE);
    let mut answers = vec![found("a"); QUORUM];
    world.commit(id, &answers);
    let closed = world.request(id).commit_until as i64;
    world.until(closed);
    world.reveal(id, &answers);
    let silent = world.drawn(id)[NODES - 1];
    let end = world.request(id).reveal_until as i64;
    world.until(end);
    let id = world.post(ALICE, FEE);
    answers.push(found("lie"));
    let liar = world.drawn(id)[NODES - 1];
    world.commit(id, &answers);
    world.reveal(id, &answers);
    assert!((world.chain.height as u64) < 2 * EPOCH, "the epoch still runs");
    let bad_of = |who: usize| usize::from(who == silent) + usize::from(who == liar);
    let asked_of = |world: &World, who: usize| {
        [1, 2]
            .iter()
            .filter(|id| world.drawn(**id).contains(&who))
            .count()
    };
    let failed: Vec<usize> = (2..9)
        .filter(|who| bad_of(*who) * 3 > asked_of(&world, *who))
        .collect();
    assert!(
        failed.contains(&silent) && failed.contains(&liar),
        "half of all is too much"
    );
    world.until(2 * EPOCH as i64);
    let levels: Vec<u64> = (2..9).map(|who| endpoint(&world, who)).collect();
    let best = *levels.iter().max().unwrap();
    for who in 2..9 {
        let level = levels[who - 2];
        if failed.contains(&who) {
            assert!(level < best, "{who}: {level} of {best}");
            // Bounded: one epoch of ten, no more.
            assert!(level > best / 2, "{who}: {level} of {best}");
        } else {
            assert_eq!(level, best, "{who}");
        }
    }
}

#[test]
fn nobody_is_blamed_for_a_disagreement() {
    let mut world = world();
    let id = world.post(ALICE, FEE);
    let answers: Vec<_> = (0..NODES).map(|n| found(&n.to_string())).collect();
    world.commit(id, &answers);
    world.reveal(id, &answers);
    world.until(2 * EPOCH as i64);
    let levels: Vec<u64> = (2..9).map(|who| endpoint(&world, who)).collect();
    assert!(levels.iter().all(|level| *level == levels[0]), "{levels:?}");
}
