//! What is paid, to the unit.

use std::collections::BTreeSet;

use slsbft_proto::requests::v1::{MsgPost, Status};

use crate::{
    listener::any,
    support::{ALICE, BOB, FEE, NODES, QUORUM, World, found},
};

#[test]
fn each_that_gave_the_answer_gets_its_share_and_the_rest_goes_back() {
    let mut world = World::start();
    let fee = FEE + 3;
    let id = world.post(ALICE, fee);
    assert_eq!(world.escrow(), fee);
    let answers = vec![found("a"); NODES];
    world.commit(id, &answers);
    // The last one is silent.
    world.reveal(id, &answers[..QUORUM]);
    let drawn = world.drawn(id);
    let balances = |world: &World| {
        let mut all: Vec<u128> = Vec::new();
        all.extend(
            drawn
                .iter()
                .map(|edge| world.chain.balance(&world.address(*edge))),
        );
        all.push(world.chain.balance(&world.address(ALICE)));
        all
    };
    let before = balances(&world);
    let deadline = world.request(id).reveal_until as i64;
    world.until(deadline);
    assert_eq!(world.request(id).status(), Status::Answered);
    let share = fee / NODES as u128;
    let rest = fee - QUORUM as u128 * share;
    let gained: Vec<_> = balances(&world)
        .iter()
        .zip(&before)
        .map(|(now, then)| now - then)
        .collect();
    assert_eq!(gained, [share, share, share, share, 0, rest]);
    assert_eq!(world.escrow(), 0);
}

#[test]
fn without_an_answer_the_whole_fee_goes_back() {
    let mut world = World::start();
    let id = world.post(ALICE, FEE);
    let before = world.chain.balance(&world.address(ALICE));
    let answers: Vec<_> = (0..NODES).map(|n| found(&n.to_string())).collect();
    world.commit(id, &answers);
    world.reveal(id, &answers);
    assert_eq!(world.request(id).status(), Status::Disagreement);
    assert_eq!(world.chain.balance(&world.address(ALICE)), before + FEE);
    assert_eq!(world.escrow(), 0);
}

#[test]
fn with_too_few_nodes_the_fee_goes_back_in_the_next_block() {
    let mut world = World::start_with(NODES - 1, |_| ());
    let before = world.chain.balance(&world.address(ALICE));
    let message = any(&world.post_message(ALICE));
    world.send(ALICE, message);
    let paid = before - world.chain.balance(&world.address(ALICE));
    assert_eq!(world.escrow(), FEE);
    world.chain.block();
    let id = world.last_id();
    assert_eq!(world.request(id).status(), Status::TooFewNodes);
    assert_eq!(world.chain.balance(&world.address(ALICE)), before - paid + FEE);
    assert_eq!(world.escrow(), 0);
}

#[test]
fn who_cannot_pay_the_fee_posts_nothing() {
    let mut world = World::start();
    let message = MsgPost {
        fee: u128::MAX.to_string(),
        ..world.post_message(BOB)
    };
    let results = world.deliver(vec![(BOB, any(&message))]);
    assert_eq!((results[0].codespace.as_str(), results[0].code), ("sdk", 5));
    assert_eq!((world.last_id(), world.escrow()), (0, 0));
}

/// Many at once, each ending in another way; the chain checks after each block that the account holds
/// exactly the fees of those that are not finished.
#[test]
fn many_requests_with_all_endings_leave_nothing_behind() {
    let mut world = World::start_with(9, |genesis| {
        let params = &mut genesis.app_state.requests.params;
        (params.commit_blocks, params.reveal_blocks, params.max_open) = (40, 40, 40);
    });
    let ids: Vec<u64> = (0..10u128)
        .map(|round| world.post([ALICE, BOB][round as usize % 2], FEE + round))
        .collect();
    let answers = |n: usize| -> Vec<_> {
        (0..NODES)
            .map(|node| found(&(node % (n + 1)).to_string()))
            .collect()
    };
    for (n, id) in ids.iter().enumerate() {
        world.commit(*id, &answers(n));
    }
    for (n, id) in ids.iter().enumerate() {
        world.reveal(*id, &answers(n)[..NODES - n % 3]);
    }
    let last = world.request(ids[9]).reveal_until as i64;
    world.until(last);
    let statuses: BTreeSet<_> = ids.iter().map(|id| world.request(*id).status()).collect();
    let all = [Status::Answered, Status::Silence, Status::Disagreement];
    assert_eq!(statuses, BTreeSet::from(all));
    assert_eq!(world.escrow(), 0);
}
