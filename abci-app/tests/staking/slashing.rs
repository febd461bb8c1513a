//! What a slash takes, and from whom.

use slsbft_app::modules::staking::Slashed;
use slsbft_types::Amount;

use crate::world::*;

fn slashed(burned: u128, owed: u128) -> Slashed {
    Slashed {
        burned: Amount::new(burned),
        owed: Amount::new(owed),
    }
}

#[test]
fn a_slash_is_a_part_of_the_recorded_stake_and_costs_all_who_stayed_alike() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 30_000).unwrap();
    world.next_block(1);
    // 20,000 came after the stake was recorded.
    world.delegate(4, 1, 20_000).unwrap();
    let supply = world.supply();
    assert_eq!(world.slash(1, 1, 40_000, percent(5)), slashed(2_000, 0));
    let event = world.event("slash");
    assert_eq!(event[2], ("reason", "double_sign"));
    assert_eq!(event[3], ("burned_coins", "2000uankr"));
    assert_eq!(supply - world.supply(), 2_000);
    assert_eq!((world.stake(1), world.stake(2)), (58_000, 10_000));
    // 58,000 for 60,000 shares.
    assert_eq!(world.self_stake(1), 9_666);
    assert_eq!(world.undelegate(3, 1, 29_000), Ok(29_000));
    assert_eq!(code(world.undelegate(3, 1, 1)), ("staking", 19));
}

#[test]
fn what_left_since_pays_its_part_when_it_comes_back_and_the_pool_only_the_rest() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 30_000).unwrap();
    world.undelegate(3, 1, 10_000).unwrap();
    world.next_block(1);
    world.undelegate(3, 1, 10_000).unwrap();
    world.next_block(1);
    // The deed was at height 2: what left at height 1 had no part in it.
    assert_eq!(world.slash(1, 2, 30_000, percent(10)), slashed(2_000, 1_000));
    assert_eq!(world.stake(1), 18_000);
    let supply = world.supply();
    world.wait_out();
    assert_eq!(world.purse(3), FUNDS - 30_000 + 10_000 + 9_000);
    assert_eq!(supply - world.supply(), 1_000);
}

#[test]
fn what_left_before_the_slash_of_an_older_deed_pays_for_each_slash_once() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 30_000).unwrap();
    world.next_block(1);
    world.undelegate(3, 1, 10_000).unwrap();
    world.next_block(1);
    assert_eq!(world.slash(1, 2, 40_000, percent(10)), slashed(3_000, 1_000));
    // Looking at it pays; looking again does not pay again.
    world.delegate(3, 1, 1_000).unwrap();
    assert_eq!(world.not_bonded(), 9_000);
    world.undelegate(3, 1, 500).unwrap();
    assert_eq!(world.not_bonded(), 9_500);
    // A fraction is of what left first, not of what is left: 20 % of 10,000, nothing of 500.
    assert_eq!(world.slash(1, 2, 40_000, percent(20)), slashed(5_900, 2_100));
    world.cancel(3, 1, 1, 2).unwrap();
    assert_eq!(world.not_bonded(), 9_500 - 2_000 - 100 - 1);
    // And never more than there is.
    world.slash(1, 2, 40_000, percent(90));
    world.wait_out();
    assert_eq!(world.not_bonded(), 0);
    assert_eq!(world.candidate(1).unwrap().pool.tokens().value(), world.stake(1));
}

#[test]
fn coming_back_into_the_pool_is_no_escape() {
    let mut world = World::with_candidates();
    world.next_block(1);
    // The deed, at height 2; the operator runs and comes back before it is known.
    world.undelegate(1, 1, 9_000).unwrap();
    world.next_block(1);
    world.cancel(1, 1, 9_000, 2).unwrap();
    assert_eq!(world.slash(1, 2, 10_000, percent(5)), slashed(500, 0));
}

#[test]
fn moving_to_another_candidate_is_no_escape_and_costs_nobody_there() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.next_block(1);
    world.redelegate(3, 1, 2, 10_000).unwrap();
    world.next_block(1);
    assert_eq!(world.slash(1, 2, 20_000, percent(10)), slashed(1_000, 1_000));
    let supply = world.supply();
    // Whoever looks, and whatever it is for.
    world.delegate(3, 2, 1).unwrap();
    assert_eq!(supply - world.supply(), 1_000);
    assert_eq!((world.stake(2), world.self_stake(2)), (19_001, 10_000));
    assert_eq!(world.undelegate(3, 2, 9_001), Ok(9_001));
}

#[test]
fn moving_and_leaving_from_there_is_no_escape_either() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.next_block(1);
    world.redelegate(3, 1, 2, 10_000).unwrap();
    world.undelegate(3, 2, 10_000).unwrap();
    world.next_block(1);
    assert_eq!(world.slash(1, 2, 20_000, percent(10)), slashed(1_000, 1_000));
    world.wait_out();
    assert_eq!(world.purse(3), FUNDS - 1_000);
    assert_eq!(world.self_stake(2), 10_000);
}

#[test]
fn the_own_stake_alone_can_be_slashed() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 30_000).unwrap();
    let supply = world.supply();
    assert_eq!(world.slash_self(1, percent(1)), 100);
    assert_eq!(world.event("slash")[3], ("burned_coins", "100uankr"));
    assert_eq!(supply - world.supply(), 100);
    assert_eq!((world.stake(1), world.self_stake(1)), (39_900, 9_900));
    assert_eq!(world.undelegate(3, 1, 30_000), Ok(30_000));
    // All of it: the candidate stays only for what has left it.
    assert_eq!(world.slash_self(1, percent(100)), 9_900);
    assert_eq!(world.stake(1), 0);
    world.wait_out();
    assert!(world.candidate(1).is_none());
    assert_eq!(world.slash_self(1, percent(1)), 0);
    assert_eq!(world.slash(1, 1, 40_000, percent(5)), slashed(0, 0));
}

#[test]
fn a_pool_that_is_slashed_to_nothing_takes_no_more_stake() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 30_000).unwrap();
    assert_eq!(world.slash(1, 1, 50_000, percent(100)), slashed(40_000, 0));
    assert_eq!(code(world.delegate(3, 1, 10)), ("staking", 34));
    assert_eq!(code(world.undelegate(3, 1, 10)), ("sdk", 18));
    assert_eq!(world.self_stake(1), 0);
}

#[test]
fn slashes_that_come_to_more_than_all_take_what_there_is_also_of_who_left_after_the_first() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.slash(1, 1, 20_000, percent(60));
    // 4,000 leave in the block of the slash, and pay for what comes after it alone.
    world.undelegate(3, 1, 4_000).unwrap();
    assert_eq!(world.slash(1, 1, 20_000, percent(50)), slashed(4_000, 2_000));
    world.delegate(3, 2, 1).unwrap();
    assert_eq!(world.undelegate(3, 2, 1), Ok(1));
    world.slash(1, 1, 20_000, percent(90));
    world.wait_out();
    assert_eq!(world.purse(3), FUNDS - 10_000);
    assert_eq!(world.not_bonded(), 0);
}

#[test]
fn a_slash_of_many_leavers_reads_none_of_them() {
    let mut world = World::with_candidates();
    for delegator in 3..9 {
        world.delegate(delegator, 1, 10_000).unwrap();
    }
    for delegator in 3..9 {
        world.undelegate(delegator, 1, 10_000).unwrap();
        world.next_block(1);
    }
    assert_eq!(world.slash(1, 3, 70_000, percent(10)), slashed(3_000, 4_000));
    let before = world.not_bonded();
    assert_eq!(before, 60_000, "each pays when it is looked at");
    world.wait_out();
    let paid: u128 = (3..9).map(|number| FUNDS - world.purse(number)).sum();
    assert_eq!(paid, 4_000);
}
