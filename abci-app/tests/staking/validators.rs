//! Candidates come, change, are jailed, and go.

use cosmos_sdk_proto::cosmos::staking::v1beta1::{Description, MsgEditValidator, MsgEditValidatorResponse};
use slsbft_app::{
    errors::TxError,
    modules::staking::{jail, operator_of, self_stake, tombstone, total_bonded, unjail},
};
use slsbft_types::Time;

use crate::world::*;

fn edit_msg(operator: u8) -> MsgEditValidator {
    let keep = || "[do-not-modify]".to_owned();
    MsgEditValidator {
        description: Some(Description {
            moniker: keep(),
            identity: keep(),
            website: keep(),
            security_contact: keep(),
            details: keep(),
        }),
        validator_address: valoper(operator),
        commission_rate: String::new(),
        min_self_delegation: String::new(),
    }
}

fn edit(world: &mut World, msg: &MsgEditValidator) -> Result<(), TxError> {
    world.send::<MsgEditValidatorResponse>(msg).map(|_| ())
}

#[test]
fn a_candidate_has_its_stake_in_the_pool_and_its_key_to_itself() {
    let mut world = World::new();
    world.create(1, 5_000, "0.05").unwrap();
    assert_eq!(
        world.event("create_validator"),
        [("validator", valoper(1).as_str()), ("amount", "5000uankr")]
    );
    let candidate = world.candidate(1).unwrap();
    assert_eq!(candidate.pool.shares().to_string(), "5000.000000000000000000");
    assert_eq!(candidate.created_height, 1);
    assert_eq!(candidate.commission.updated_at, Time::from_seconds(START));
    assert_eq!((world.purse(1), world.bonded()), (FUNDS - 5_000, 5_000));
    assert_eq!(total_bonded(&world.state).unwrap().value(), 5_000);
    let owner = operator_of(&world.state, &consensus_address(1)).unwrap();
    assert_eq!(owner, Some(account(1)));

    assert_eq!(code(world.create(1, 5_000, "0")), ("staking", 4));
    let mut same_key = create_msg(2, 5_000, "0");
    same_key.pubkey = create_msg(1, 1, "0").pubkey;
    assert_eq!(code(world.send_any(&packed(&same_key))), ("staking", 5));
}

#[test]
fn too_little_stake_makes_no_candidate() {
    let mut world = World::new();
    assert_eq!(code(world.create(1, MIN_STAKE - 1, "0")), ("staking", 100));
    let mut unsure = create_msg(1, MIN_STAKE, "0");
    unsure.min_self_delegation = (MIN_STAKE + 1).to_string();
    assert_eq!(code(world.send_any(&packed(&unsure))), ("staking", 16));
    assert_eq!(code(world.create(1, FUNDS + 1, "0")), ("sdk", 5));
    world.create(1, MIN_STAKE, "0").unwrap();
}

#[test]
fn what_is_not_to_be_modified_stays() {
    let mut world = World::with_candidates();
    let mut msg = edit_msg(1);
    msg.description.as_mut().unwrap().website = "https://one.example".into();
    msg.min_self_delegation = "2000".into();
    edit(&mut world, &msg).unwrap();
    let event = world.event("edit_validator");
    assert_eq!(event[1], ("commission_rate", "0.000000000000000000"));
    assert_eq!(event[2], ("min_self_delegation", "2000"));
    let candidate = world.candidate(1).unwrap();
    assert_eq!(candidate.description.moniker, "validator 1");
    assert_eq!(candidate.description.website, "https://one.example");
    assert_eq!(candidate.min_self_delegation.value(), 2_000);

    for (least, refusal) in [("2000", 17), ("1", 17), ("10001", 16)] {
        msg.min_self_delegation = least.into();
        assert_eq!(code(edit(&mut world, &msg)), ("staking", refusal), "{least}");
    }
    assert_eq!(code(edit(&mut world, &edit_msg(3))), ("staking", 3));
}

#[test]
fn a_commission_moves_once_a_day_by_its_step_and_up_to_its_most() {
    let mut world = World::with_candidates();
    let set = |world: &mut World, rate: &str| {
        let mut msg = edit_msg(1);
        msg.commission_rate = wire(rate);
        edit(world, &msg)
    };
    assert_eq!(code(set(&mut world, "0.05")), ("staking", 12));
    world.next_block(86_399);
    assert_eq!(code(set(&mut world, "0.05")), ("staking", 12));
    world.next_block(1);
    assert_eq!(code(set(&mut world, "0.51")), ("staking", 11));
    assert_eq!(code(set(&mut world, "0.100000000000000001")), ("staking", 15));
    assert_eq!(code(set(&mut world, "1.1")), ("sdk", 18));
    set(&mut world, "0.1").unwrap();
    assert_eq!(code(set(&mut world, "0")), ("staking", 12), "down as well as up");
    world.next_block(86_400);
    set(&mut world, "0").unwrap();
}

#[test]
fn a_key_is_rotated_to_one_that_nobody_ever_had_and_the_old_one_stays_its_owners() {
    let mut world = World::with_candidates();
    world.rotate(1, key(11)).unwrap();
    let consensus = consensus_address(11).to_consensus_bech32();
    assert_eq!(
        world.event("rotate_consensus_key"),
        [
            ("validator", valoper(1).as_str()),
            ("address", consensus.as_str())
        ]
    );
    assert_eq!(world.candidate(1).unwrap().consensus_key.0, key(11));
    for number in [1, 11] {
        let owner = operator_of(&world.state, &consensus_address(number)).unwrap();
        assert_eq!(owner, Some(account(1)));
    }
    for used in [1, 11, 2] {
        assert_eq!(code(world.rotate(1, key(used))), ("staking", 43));
    }
    assert_eq!(code(world.rotate(3, key(13))), ("staking", 3));
    let mut other = create_msg(3, 5_000, "0");
    other.pubkey = create_msg(1, 1, "0").pubkey;
    assert_eq!(
        code(world.send_any(&packed(&other))),
        ("staking", 5),
        "a key of the past"
    );
}

#[test]
fn who_has_too_little_staked_with_itself_is_a_candidate_that_cannot_be_elected() {
    let mut world = World::with_candidates();
    let enough = |world: &World| {
        let candidate = world.candidate(1).unwrap();
        self_stake(&world.state, &candidate).unwrap().1
    };
    assert!(enough(&world));
    world.delegate(3, 1, 50_000).unwrap();
    world.undelegate(1, 1, 9_000).unwrap();
    assert!(enough(&world), "1,000 are left");
    world.undelegate(1, 1, 1).unwrap();
    assert!(!enough(&world), "the stake of others does not count");
    assert!(!world.candidate(1).unwrap().is_jailed());

    let mut msg = edit_msg(2);
    msg.min_self_delegation = "9000".into();
    edit(&mut world, &msg).unwrap();
    world.undelegate(2, 2, 1_001).unwrap();
    let candidate = world.candidate(2).unwrap();
    assert!(!self_stake(&world.state, &candidate).unwrap().1, "its own word");
}

#[test]
fn a_tombstone_stays_for_ever_and_a_jail_until_it_is_opened() {
    let mut world = World::with_candidates();
    let until = Time::from_seconds(START + 600);
    jail(&mut world.state, &account(1), until).unwrap();
    jail(&mut world.state, &account(1), Time::from_seconds(START + 5)).unwrap();
    assert_eq!(
        world.candidate(1).unwrap().jailed_until,
        Some(until),
        "the longer counts"
    );
    world.delegate(3, 1, 100).unwrap();
    unjail(&mut world.state, &account(1)).unwrap();
    assert!(!world.candidate(1).unwrap().is_jailed());

    tombstone(&mut world.state, &account(1)).unwrap();
    unjail(&mut world.state, &account(1)).unwrap();
    world.check();
    let found = world.candidate(1).unwrap();
    assert!(found.tombstoned && found.is_jailed());
    assert_eq!(code(world.delegate(3, 1, 100)), ("staking", 102));
    assert_eq!(code(world.redelegate(3, 2, 1, 1)), ("staking", 19));
    assert_eq!(code(world.rotate(1, key(11))), ("staking", 102));
    world.undelegate(1, 1, 10_000).unwrap();
    world.undelegate(3, 1, 100).unwrap();
    world.wait_out();
    assert_eq!(world.stake(1), 0);
    assert!(
        world.candidate(1).unwrap().tombstoned,
        "nothing is left but the tombstone"
    );
    let mut again = create_msg(1, 5_000, "0");
    again.pubkey = create_msg(11, 1, "0").pubkey;
    assert_eq!(code(world.send_any(&packed(&again))), ("staking", 102));
}

#[test]
fn a_candidate_goes_when_nothing_answers_for_it_any_more_and_may_come_back_with_another_key() {
    let mut world = World::with_candidates();
    world.undelegate(1, 1, 10_000).unwrap();
    assert_eq!(world.stake(1), 0);
    assert!(world.candidate(1).is_some(), "its stake answers for it still");
    world.wait_out();
    assert!(world.candidate(1).is_none());
    assert_eq!(world.purse(1), FUNDS);
    assert_eq!(code(world.create(1, 5_000, "0")), ("staking", 5));
    let mut again = create_msg(1, 5_000, "0");
    again.pubkey = create_msg(11, 1, "0").pubkey;
    world.send_any(&packed(&again)).unwrap();
    assert_eq!(world.stake(1), 5_000);
}
