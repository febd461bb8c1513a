//! Who is paid what, and when.

use slsbft_app::modules::distribution::account as rewards_account;

use crate::world::*;

#[test]
fn a_reward_is_shared_by_stake_after_commission() {
    let mut world = World::new();
    world.create(1, 10_000, "0.1").unwrap();
    world.delegate(3, 1, 30_000).unwrap();
    world.allocate(1, 1_001);
    let validator = valoper(1);
    assert_eq!(
        world.event("commission"),
        [
            ("amount", "100.000000000000000000uankr"),
            ("validator", validator.as_str())
        ]
    );
    assert_eq!(world.event("rewards")[0].1, "1001.000000000000000000uankr");
    // 901 by 1 : 3 are 225.25 and 675.75.
    assert_eq!(world.withdraw(3, 1), Ok(675));
    let delegator = account(3).to_string();
    assert_eq!(
        world.event("withdraw_rewards"),
        [
            ("amount", "675uankr"),
            ("validator", validator.as_str()),
            ("delegator", delegator.as_str()),
        ]
    );
    assert_eq!(world.withdraw(3, 1), Ok(0), "not twice");
    assert_eq!(world.withdraw_commission(1), Ok(100));
    assert_eq!(
        world.event("withdraw_commission"),
        [("amount", "100uankr"), ("validator", validator.as_str())]
    );
    assert_eq!(code(world.withdraw_commission(1)), ("distribution", 7));
    assert_eq!(world.withdraw(1, 1), Ok(225));
    assert_eq!(world.balance(&rewards_account()), 1, "two fractions");
    world.allocate(1, 1_000);
    assert_eq!(
        world.withdraw(3, 1),
        Ok(675),
        "0.75 + 675.00, and the fraction stays"
    );
    world.allocate(1, 1_000);
    assert_eq!(world.withdraw(3, 1), Ok(675));
    assert_eq!(world.withdraw(1, 1), Ok(450));
}

#[test]
fn what_was_earned_is_paid_before_shares_change() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.allocate(1, 1_001);
    world.delegate(3, 1, 20_000).unwrap();
    assert_eq!(world.event("withdraw_rewards")[0], ("amount", "500uankr"));
    assert_eq!(world.purse(3), FUNDS - 30_000 + 500);
    world.allocate(1, 1_001);
    world.undelegate(3, 1, 30_000).unwrap();
    // 0.5 and 750.75.
    assert_eq!(world.event("withdraw_rewards")[0], ("amount", "751uankr"));
    world.allocate(1, 1_001);
    assert_eq!(
        code(world.withdraw(3, 1)),
        ("distribution", 5),
        "nothing after that"
    );
    assert_eq!(world.withdraw(1, 1), Ok(1_751), "all but what the index carries");
    assert_eq!(code(world.withdraw(3, 4)), ("distribution", 6));
    assert_eq!(code(world.withdraw_commission(4)), ("distribution", 12));
}

#[test]
fn moving_and_coming_back_pay_what_was_earned_too() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.delegate(3, 2, 10_000).unwrap();
    world.undelegate(3, 1, 5_000).unwrap();
    world.allocate(1, 301);
    world.allocate(2, 101);
    world.redelegate(3, 1, 2, 5_000).unwrap();
    assert_eq!(world.purse(3), FUNDS - 20_000 + 100 + 50);
    // The last of a delegation has gone, and begins anew.
    world.allocate(1, 77);
    world.cancel(3, 1, 5_000, 1).unwrap();
    world.allocate(1, 31);
    assert_eq!(world.withdraw(3, 1), Ok(10));
}

#[test]
fn a_slash_takes_stake_and_no_rewards() {
    let mut world = World::with_candidates();
    world.delegate(3, 1, 10_000).unwrap();
    world.allocate(1, 1_001);
    world.slash(1, 1, 20_000, percent(50));
    world.allocate(1, 1_002);
    assert_eq!(world.withdraw(3, 1), Ok(1_001));
    // Who comes after it has twice the shares for the same tokens.
    world.delegate(4, 1, 10_000).unwrap();
    world.allocate(1, 1_001);
    assert_eq!(world.withdraw(4, 1), Ok(500));
}

#[test]
fn rewards_go_where_their_owner_says_but_never_to_a_module() {
    let mut world = World::new();
    world.create(1, 10_000, "0.5").unwrap();
    assert_eq!(
        code(world.set_withdraw_address(1, &rewards_account())),
        ("sdk", 4)
    );
    world.set_withdraw_address(1, &account(5)).unwrap();
    let (delegator, to) = (account(1).to_string(), account(5).to_string());
    assert_eq!(
        world.event("set_withdraw_address"),
        [
            ("withdraw_address", to.as_str()),
            ("delegator", delegator.as_str())
        ]
    );
    world.allocate(1, 1_000);
    world.withdraw(1, 1).unwrap();
    world.withdraw_commission(1).unwrap();
    assert_eq!(world.purse(5), FUNDS + 999, "a fraction stays for the next time");
    world.set_withdraw_address(1, &account(1)).unwrap();
    world.allocate(1, 1_000);
    world.withdraw(1, 1).unwrap();
    assert_eq!(world.purse(1), FUNDS - 10_000 + 500);
}

#[test]
fn a_reward_for_nobody_goes_to_the_community_pool_and_so_does_what_rounding_leaves() {
    let mut world = World::new();
    world.allocate(1, 1_000);
    assert_eq!(world.balance(&treasury()), 1_000, "there is no such candidate");
    world.create(1, 10_000, "0.1").unwrap();
    world.delegate(3, 1, 20_000).unwrap();
    world.allocate(1, 1_001);
    world.undelegate(3, 1, 20_000).unwrap();
    world.undelegate(1, 1, 10_000).unwrap();
    // 901 by 2 : 1, and nobody is left.
    assert_eq!(world.balance(&rewards_account()), 101);
    world.wait_out();
    assert!(world.candidate(1).is_none());
    assert_eq!(world.balance(&rewards_account()), 0);
    assert_eq!(world.balance(&treasury()), 1_001);
    assert_eq!(world.purse(1), FUNDS + 300 + 100, "its commission was paid");
    assert_eq!(world.purse(3), FUNDS + 600);
}

#[test]
fn the_community_pool_takes_gifts() {
    use cosmos_sdk_proto::cosmos::distribution::v1beta1::{
        MsgFundCommunityPool, MsgFundCommunityPoolResponse,
    };
    let mut world = World::new();
    let msg = MsgFundCommunityPool {
        amount: coin(77).into_iter().collect(),
        depositor: account(1).to_string(),
    };
    world.send::<MsgFundCommunityPoolResponse>(&msg).unwrap();
    assert_eq!((world.purse(1), world.balance(&treasury())), (FUNDS - 77, 77));
}
