//! Stake comes and goes.

use crate::world::*;

#[test]
fn a_delegation_is_told_as_cosmos_tells_it() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    let (validator, delegator) = (valoper(1), account(3).to_string());
    assert_eq!(
        world.event("delegate"),
        [
            ("validator", validator.as_str()),
            ("delegator", delegator.as_str()),
            ("amount", "700uankr"),
            ("new_shares", "700.000000000000000000"),
        ]
    );
    assert!(
        world.events_of("transfer").is_empty(),
        "a delegation is no transfer"
    );
    assert_eq!((world.purse(3), world.stake(1)), (FUNDS - 700, 10_700));
    assert_eq!(code(world.delegate(3, 4, 700)), ("staking", 3));
    assert_eq!(code(world.delegate(3, 1, FUNDS)), ("sdk", 5));
}

#[test]
fn stake_on_its_way_is_told_as_cosmos_tells_it_and_waits_in_the_other_pool() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    assert_eq!(world.undelegate(3, 1, 300), Ok(300));
    let (validator, delegator) = (valoper(1), account(3).to_string());
    assert_eq!(
        world.event("unbond"),
        [
            ("validator", validator.as_str()),
            ("delegator", delegator.as_str()),
            ("amount", "300uankr"),
            ("completion_time", "1970-01-12T13:48:20Z"),
        ]
    );
    assert_eq!((world.bonded(), world.not_bonded()), (20_400, 300));
    assert_eq!(world.purse(3), FUNDS - 700);
    assert_eq!(code(world.undelegate(3, 1, 402)), ("sdk", 18));
    assert_eq!(code(world.undelegate(4, 1, 1)), ("staking", 19));
    assert_eq!(code(world.undelegate(4, 4, 1)), ("staking", 3));
}

#[test]
fn a_pair_has_so_many_entries_and_no_more_but_those_of_a_block_are_one() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    for _ in 0..3 {
        world.undelegate(3, 1, 10).unwrap();
        world.undelegate(3, 1, 10).unwrap();
        world.next_block(1);
    }
    assert_eq!(code(world.undelegate(3, 1, 10)), ("staking", 27));
    world.delegate(4, 1, 100).unwrap();
    world.undelegate(4, 1, 10).unwrap();
    world.next_block(UNBONDING);
    world.blocks(EVIDENCE_BLOCKS);
    world.undelegate(3, 1, 10).unwrap();
}

#[test]
fn cancelled_stake_is_back_at_once_and_the_rest_stays_on_its_way() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    world.undelegate(3, 1, 300).unwrap();
    world.next_block(10);
    world.cancel(3, 1, 100, 1).unwrap();
    let (validator, delegator) = (valoper(1), account(3).to_string());
    assert_eq!(
        world.event("cancel_unbonding_delegation"),
        [
            ("amount", "100uankr"),
            ("validator", validator.as_str()),
            ("delegator", delegator.as_str()),
            ("creation_height", "1"),
        ]
    );
    assert_eq!((world.stake(1), world.not_bonded()), (10_500, 200));
    assert_eq!(code(world.cancel(3, 1, 201, 1)), ("sdk", 18));
    assert_eq!(code(world.cancel(3, 1, 1, 2)), ("sdk", 38));
    assert_eq!(code(world.cancel(4, 1, 1, 1)), ("staking", 26));
    world.cancel(3, 1, 200, 1).unwrap();
    assert_eq!(code(world.cancel(3, 1, 1, 1)), ("staking", 26));
    world.wait_out();
    assert_eq!(world.purse(3), FUNDS - 700, "nothing is left to complete");
}

#[test]
fn what_waits_for_its_height_alone_cannot_be_cancelled_any_more() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    world.undelegate(3, 1, 300).unwrap();
    world.next_block(UNBONDING);
    assert_eq!(code(world.cancel(3, 1, 100, 1)), ("sdk", 18));
    slsbft_app::modules::staking::jail(&mut world.state, &account(1), world.block.time).unwrap();
    assert_eq!(code(world.cancel(3, 1, 100, 1)), ("staking", 7));
}

#[test]
fn no_delegation_lifts_a_candidate_above_its_part_once_there_are_so_many() {
    let mut world = World::with_candidates();
    // 3 candidates: one may have nearly all.
    world.create(3, 10_000, "0").unwrap();
    world.delegate(9, 1, 500_000).unwrap();
    // The fourth would begin above 40 %.
    assert_eq!(code(world.create(4, 400_000, "0")), ("staking", 101));
    world.create(4, 10_000, "0").unwrap();
    assert_eq!(code(world.delegate(9, 1, 1)), ("staking", 101));
    assert_eq!(code(world.redelegate(2, 2, 1, 1)), ("staking", 101));
    world.undelegate(9, 1, 500_000).unwrap();
    assert_eq!(code(world.cancel(9, 1, 500_000, 1)), ("staking", 101));
    // 16,000 of 40,000 are exactly 40 %.
    world.undelegate(3, 3, 2_000).unwrap();
    world.undelegate(4, 4, 2_000).unwrap();
    world.undelegate(2, 2, 2_000).unwrap();
    assert_eq!(code(world.delegate(8, 1, 6_001)), ("staking", 101));
    world.delegate(8, 1, 6_000).unwrap();
    assert_eq!(world.stake(1), 16_000);
}
