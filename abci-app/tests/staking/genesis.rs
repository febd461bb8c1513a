//! A chain that goes on from an exported state, and documents that are refused.

use slsbft_genesis::AppState;
use slsbft_types::{Amount, Time};

use crate::world::*;

/// One of everything: delegations, entries of two heights, one of which has answered, a
/// redelegation, slashes, a rotated key, a jail, a tombstone, rewards.
fn busy() -> World {
    let mut world = World::with_candidates();
    world.create(4, 10_000, "0.1").unwrap();
    world.delegate(3, 1, 30_000).unwrap();
    world.undelegate(3, 1, 5_000).unwrap();
    world.next_block(10);
    world.undelegate(3, 1, 7_000).unwrap();
    world.redelegate(3, 1, 2, 3_000).unwrap();
    world.allocate(1, 1_001);
    world.allocate(4, 1_001);
    world.next_block(10);
    world.slash(1, 2, 40_000, percent(10));
    world.delegate(3, 1, 1_000).unwrap();
    world.slash(1, 1, 40_000, percent(1));
    world.rotate(2, key(12)).unwrap();
    world.set_withdraw_address(3, &account(5)).unwrap();
    slsbft_app::modules::staking::jail(&mut world.state, &account(1), Time::from_seconds(START)).unwrap();
    slsbft_app::modules::staking::tombstone(&mut world.state, &account(4)).unwrap();
    world
}

#[test]
fn an_exported_state_starts_a_chain_that_goes_on_as_the_old_one() {
    for waits in [0, UNBONDING - 20] {
        let mut old = busy();
        old.next_block(waits);
        let document = old.export();
        let mut new = World::from_genesis(&document);
        assert_eq!(new.export(), document);
        for world in [&mut old, &mut new] {
            world.slash(1, 2, 40_000, percent(3));
            world.withdraw(3, 1).unwrap();
            world.undelegate(3, 2, 1_000).unwrap();
            world.wait_out();
        }
        assert_eq!(new.export(), old.export());
        assert_eq!(old.not_bonded(), 0);
    }
}

#[test]
fn each_contradiction_is_found_with_its_path() {
    let document = busy().export();
    let path = |change: &dyn Fn(&mut AppState)| {
        let mut document = document.clone();
        change(&mut document.app_state);
        document.validate().expect_err("refused").path
    };
    let staking = |change: &dyn Fn(&mut slsbft_genesis::staking::Staking)| {
        let found = path(&|state| change(&mut state.staking));
        found.strip_prefix("app_state.").unwrap_or(&found).to_owned()
    };
    let one = Amount::new(1);
    assert_eq!(
        staking(&|s| s.params.max_entries = 0),
        "staking.params.max_entries"
    );
    assert_eq!(
        staking(&|s| s.params.unbonding_seconds = 50),
        "staking.params.unbonding_seconds"
    );
    assert_eq!(staking(&|s| s.candidates.swap(0, 1)), "staking.candidates[1]");
    assert_eq!(
        staking(&|s| s.candidates[0].description.moniker = "m".repeat(71)),
        "staking.candidates[0].description"
    );
    assert_eq!(
        staking(&|s| s.candidates[0].commission.rate = "0.6".parse().unwrap()),
        "staking.candidates[0].commission.rate"
    );
    assert_eq!(
        staking(&|s| s.candidates[2].jailed_until = None),
        "staking.candidates[2].jailed_until"
    );
    assert_eq!(
        staking(&|s| s.candidates[0].consensus_key = s.candidates[1].consensus_key),
        "staking.candidates[0].consensus_key"
    );
    assert_eq!(
        staking(&|s| s.delegations[0].shares = "1".parse().unwrap()),
        "staking.candidates[0].pool.shares"
    );
    assert_eq!(
        staking(&|s| {
            s.delegations.remove(0);
        }),
        "staking.candidates[0].pool.shares"
    );
    assert_eq!(
        staking(&|s| s.unbondings[0].entries[0].balance = Amount::new(5_001)),
        "staking.unbondings[0].entries[0].balance"
    );
    assert_eq!(
        staking(&|s| s.unbondings[0].entries[0].answered = u64::MAX),
        "staking.unbondings[0].entries[0].answered"
    );
    assert_eq!(
        staking(&|s| s.unbondings[0].entries.swap(0, 1)),
        "staking.unbondings[0].entries[1]"
    );
    assert_eq!(
        staking(&|s| s.unbondings[0].operator = account(9)),
        "staking.unbondings[0].entries[0]"
    );
    assert_eq!(
        staking(&|s| s.redelegations[0].entries.clear()),
        "staking.redelegations[0].entries"
    );
    assert_eq!(
        staking(&|s| s.redelegations[0].entries[0].source = account(2)),
        "staking.redelegations[0].entries[0].source"
    );
    assert_eq!(staking(&|s| s.slashes[1].number = 0), "staking.slashes[1]");
    assert_eq!(staking(&|s| s.keys.swap(0, 1)), "staking.keys[1]");
    // Sums that do not fit the accounts.
    assert_eq!(
        staking(&|s| s.unbondings[0].entries[0].balance = one),
        "bank.balances"
    );
    let rewards = |change: &dyn Fn(&mut slsbft_genesis::distribution::Distribution)| {
        path(&|state| change(&mut state.distribution))
    };
    assert_eq!(
        rewards(&|d| d.validators[0].outstanding = one),
        "app_state.distribution.validators[0].outstanding"
    );
    assert_eq!(
        rewards(&|d| d.holdings[0].unpaid[15] = 1),
        "app_state.distribution.validators[0].outstanding"
    );
    assert_eq!(
        rewards(&|d| {
            d.holdings.pop();
        }),
        "app_state.distribution.holdings"
    );
    assert_eq!(
        rewards(&|d| {
            d.validators.pop();
        }),
        "app_state.distribution.validators"
    );
    assert_eq!(
        path(&|state| {
            let account = slsbft_app::modules::distribution::account();
            state.bank.balances.retain(|balance| balance.address != account);
            state.bank.supply = Default::default();
        }),
        "app_state.bank.balances"
    );
}
