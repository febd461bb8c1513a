//! A chain that goes on from an exported state.

use slsbft_genesis::{AppState, bank::Balance};
use slsbft_types::{Amount, Coins};

use crate::world::*;

fn exported(world: &World) -> AppState {
    let mut app_state = AppState {
        metering: world.section(),
        ..AppState::default()
    };
    let owners = accounts().chain([treasury(), slsbft_app::modules::metering::escrow_account()]);
    app_state.bank.balances = owners
        .map(|address| Balance {
            address,
            coins: Coins::base(Amount::new(world.balance(&address))),
        })
        .filter(|balance| !balance.coins.is_empty())
        .collect();
    app_state
}

#[test]
fn an_exported_state_starts_a_chain_with_the_same_deals_which_end_as_they_would_have() {
    let mut world = World::with_deal();
    world.open(&deal_msg(&world)).unwrap();
    world
        .claim(1, vec![signed(1, 1, 3, &[100, 0]), signed(1, 2, 1, &[2_000, 0])])
        .unwrap();
    world.close(2, 2, Vec::new()).unwrap();

    let app_state = exported(&world);
    app_state.validate().expect("a good document");
    let mut other = World::fresh(&app_state).expect("the same state");
    assert_eq!(other.section(), world.section());
    for world in [&mut world, &mut other] {
        assert_eq!(world.claim(1, vec![signed(1, 1, 4, &[150, 0])]).unwrap().1, 50);
        world.next_block(600);
        world.next_block(100);
        world.blocks(10);
    }
    assert!(world.section().deals.is_empty());
    assert_eq!(other.section(), world.section());
    assert!(accounts().all(|owner| other.balance(&owner) == world.balance(&owner)));
    other.offer(&offer_msg()).unwrap();
    assert_eq!(
        other.open(&{
            let mut deal = deal_msg(&other);
            deal.offer_id = 2;
            deal
        }),
        Ok(3),
        "ids go on"
    );
}

#[test]
fn a_document_whose_escrow_account_does_not_match_its_deals_is_refused() {
    let mut app_state = exported(&World::with_deal());
    app_state.metering.deals[0].escrow = Amount::new(1_001);
    assert!(app_state.validate().is_err());
    let error = World::fresh(&app_state).err().expect("refused").to_string();
    assert!(error.contains("escrow account holds 1017"), "{error}");
}
