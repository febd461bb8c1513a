//! When stake that left comes back.

use crate::world::*;

#[test]
fn stake_comes_back_when_both_its_time_and_its_height_have_passed() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    world.undelegate(3, 1, 300).unwrap();
    // The height first …
    world.blocks(50);
    world.next_block(UNBONDING - 1);
    world.next_block(1);
    assert_eq!(world.purse(3), FUNDS - 700, "a second too early");
    world.next_block(0);
    assert_eq!(world.purse(3), FUNDS - 400);
    assert_eq!(world.event("complete_unbonding")[0], ("amount", "300uankr"));

    // … and the time first.
    let height = world.block.height;
    world.undelegate(3, 1, 300).unwrap();
    world.next_block(UNBONDING * 10);
    while world.block.height <= height + EVIDENCE_BLOCKS {
        world.next_block(0);
        assert_eq!(world.purse(3), FUNDS - 400, "height {}", world.block.height);
    }
    world.next_block(0);
    assert_eq!(world.purse(3), FUNDS - 100);
    assert_eq!(world.not_bonded(), 0);
}

#[test]
fn a_block_completes_so_many_pairs_and_the_next_ones_go_on() {
    let mut world = World::with_candidates();
    for delegator in 3..8 {
        world.delegate(delegator, 1, 700).unwrap();
        world.undelegate(delegator, 1, 300).unwrap();
    }
    world.blocks(EVIDENCE_BLOCKS + 1);
    world.next_block(UNBONDING);
    let mut back = Vec::new();
    for _ in 0..4 {
        world.next_block(0);
        back.push(1_500 - world.not_bonded());
    }
    assert_eq!(back, [600, 1_200, 1_500, 1_500]);
}

#[test]
fn what_is_over_completes_when_its_owner_comes_before_the_sweep() {
    let mut world = World::with_candidates();
    for delegator in 3..8 {
        world.delegate(delegator, 1, 700).unwrap();
        world.undelegate(delegator, 1, 300).unwrap();
    }
    world.blocks(EVIDENCE_BLOCKS + 1);
    world.next_block(UNBONDING);
    world.delegate(7, 1, 10).unwrap();
    assert_eq!(world.purse(7), FUNDS - 410);
    world.blocks(4);
    assert_eq!(world.not_bonded(), 0, "and is not paid twice");
}

#[test]
fn entries_of_a_pair_come_back_one_by_one() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    for amount in [1, 10, 100] {
        world.undelegate(3, 1, amount).unwrap();
        world.next_block(10);
    }
    world.blocks(EVIDENCE_BLOCKS + 1);
    let mut back = Vec::new();
    world.next_block(UNBONDING - 30);
    for _ in 0..4 {
        world.next_block(10);
        back.push(111 - world.not_bonded());
    }
    assert_eq!(back, [1, 11, 111, 111]);
}

#[test]
fn whether_a_candidate_has_a_seat_or_is_jailed_changes_nothing() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 700).unwrap();
    slsbft_app::modules::staking::jail(&mut world.state, &account(1), world.block.time).unwrap();
    world.undelegate(3, 1, 700).unwrap();
    assert_eq!(world.purse(3), FUNDS - 700);
    world.wait_out();
    assert_eq!(world.purse(3), FUNDS);
}
