//! Stake moves from one candidate to another.

use crate::world::*;

#[test]
fn a_redelegation_is_told_as_cosmos_tells_it() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    world.redelegate(3, 1, 2, 300).unwrap();
    let (from, to, delegator) = (valoper(1), valoper(2), account(3).to_string());
    assert_eq!(
        world.event("redelegate"),
        [
            ("source_validator", from.as_str()),
            ("destination_validator", to.as_str()),
            ("delegator", delegator.as_str()),
            ("amount", "300uankr"),
            ("completion_time", "1970-01-12T13:48:20Z"),
        ]
    );
    assert_eq!((world.stake(1), world.stake(2)), (10_400, 10_300));
    assert_eq!((world.bonded(), world.not_bonded()), (20_700, 0));
    world.blocks(EVIDENCE_BLOCKS + 1);
    world.next_block(UNBONDING);
    world.next_block(0);
    assert_eq!(world.event("complete_redelegation")[0], ("amount", "300uankr"));
}

#[test]
fn what_came_from_elsewhere_stays_until_it_has_answered() {
    let mut world = World::with_candidates();
    world.create(4, 10_000, "0").unwrap();
    world.delegate(3, 1, 700).unwrap();
    world.redelegate(3, 1, 2, 300).unwrap();
    assert_eq!(code(world.redelegate(3, 2, 4, 1)), ("staking", 32));
    assert_eq!(code(world.redelegate(3, 2, 1, 1)), ("staking", 32));
    world.redelegate(3, 1, 4, 100).unwrap();
    world.undelegate(3, 2, 50).unwrap();
    world.wait_out();
    world.redelegate(3, 2, 4, 250).unwrap();
}

#[test]
fn a_candidate_that_ends_with_the_redelegation_that_kept_it_takes_none_back() {
    let mut world = World::with_candidates();
    world.redelegate(1, 1, 2, 10_000).unwrap();
    assert_eq!(world.self_stake(1), 0);
    world.blocks(EVIDENCE_BLOCKS + 1);
    let term = world.block.time.seconds + UNBONDING;
    // In the first block after the term, before that block's end has swept it away.
    while world.block.time.seconds < term {
        assert_eq!(code(world.redelegate(1, 2, 1, 1_000)), ("staking", 32));
        world.next_block(UNBONDING / 2 + 1);
    }
    assert_eq!(code(world.redelegate(1, 2, 1, 1_000)), ("staking", 31));
    world.next_block(0);
    assert_eq!(code(world.redelegate(1, 2, 1, 1_000)), ("staking", 31));
    world.check();
}

#[test]
fn a_redelegation_needs_two_candidates_and_a_delegation() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    assert_eq!(code(world.redelegate(3, 1, 1, 1)), ("staking", 29));
    assert_eq!(code(world.redelegate(3, 1, 4, 1)), ("staking", 31));
    assert_eq!(code(world.redelegate(3, 4, 1, 1)), ("staking", 3));
    assert_eq!(code(world.redelegate(3, 2, 1, 1)), ("staking", 19));
    assert_eq!(code(world.redelegate(3, 1, 2, 702)), ("sdk", 18));
}

#[test]
fn a_pair_of_candidates_has_so_many_entries_of_a_delegator_and_no_more() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    for _ in 0..3 {
        world.redelegate(3, 1, 2, 10).unwrap();
        world.redelegate(3, 1, 2, 10).unwrap();
        world.next_block(1);
    }
    assert_eq!(code(world.redelegate(3, 1, 2, 10)), ("staking", 33));
}

#[test]
fn a_delegator_has_so_many_entries_towards_one_candidate_and_no_more() {
    let mut genesis = genesis();
    genesis.app_state.staking.params.max_share_from = 100;
    let mut world = World::from_genesis(&genesis);
    for operator in 1..8 {
        world.create(operator, 10_000, "0").unwrap();
        if operator > 1 {
            world.delegate(9, operator, 700).unwrap();
        }
    }
    let mut made = 0;
    for source in 2..8 {
        for _ in 0..3 {
            match world.redelegate(9, source, 1, 10) {
                Ok(()) => made += 1,
                refused => assert_eq!(code(refused), ("staking", 103)),
            }
            world.next_block(1);
        }
    }
    assert_eq!(made, 12, "four times those of one source");
}
