//! Offers and deals while they live.

use slsbft_app::modules::metering::{MeteringError, escrow_account};
use slsbft_proto::metering::v1;
use slsbft_types::{Amount, Time};

use crate::world::*;

fn code(error: MeteringError) -> Option<u32> {
    Some(error.code())
}

fn fails<T>(result: Result<T, slsbft_app::errors::TxError>) -> Option<u32> {
    result.err().map(|error| error.code)
}

#[test]
fn escrow_and_deposits_leave_the_accounts_when_offers_and_deals_begin() {
    let mut world = World::new(small_params());
    assert_eq!(world.offer(&offer_msg()).unwrap(), 1);
    assert_eq!((world.balance(&account(1)), world.escrow()), (FUNDS - 7, 7));
    assert_eq!(world.open(&deal_msg(&world)).unwrap(), 1);
    assert_eq!(
        (world.balance(&account(2)), world.escrow()),
        (FUNDS - 1_010, 1_017)
    );
    let opened = world.events_of("deal_opened")[0];
    assert_eq!(attribute(opened, "provider"), account(1).to_string());
    assert_eq!(attribute(opened, "consumer"), account(2).to_string());
    assert_eq!(
        (attribute(opened, "deal_id"), attribute(opened, "offer_id")),
        ("1", "1")
    );
}

#[test]
fn an_update_changes_what_future_deals_get_and_no_open_one() {
    let mut world = World::with_deal();
    let before = world.section().deals[0].clone();
    let update = v1::MsgUpdateOffer {
        provider: account(1).to_string(),
        offer_id: 1,
        meters: vec![meter("requests", 1_000, 0)],
        min_escrow: "500".into(),
        max_open_deals: 2,
        endpoint: String::new(),
        tags: Vec::new(),
        application_share: 7,
    };
    let answer: v1::MsgUpdateOfferResponse = world.send("MsgUpdateOffer", &update).unwrap();
    assert_eq!(answer.version, 2);
    assert_eq!(world.section().deals[0], before);
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 1, &[10, 0])]).unwrap().1,
        10,
        "at the pinned price"
    );

    let mut deal = deal_msg(&world);
    deal.offer_version = 1;
    let changed = MeteringError::Changed {
        id: 1,
        found: 2,
        expected: 1,
    };
    assert_eq!(fails(world.open(&deal)), code(changed));
    deal.offer_version = 2;
    world.open(&deal).unwrap();
    assert_eq!(world.section().deals[1].meters[0].price, 1_000);
}

#[test]
fn an_offer_has_limits_for_all_and_for_each_consumer() {
    let mut world = World::with_deal();
    let of = |consumer: u8, world: &World| v1::MsgOpenDeal {
        consumer: account(consumer).to_string(),
        ..deal_msg(world)
    };
    world.open(&of(2, &world)).unwrap();
    assert_eq!(
        fails(world.open(&of(2, &world))),
        code(MeteringError::ConsumerLimit { id: 1, most: 2 })
    );
    world.open(&of(3, &world)).unwrap();
    assert_eq!(
        fails(world.open(&of(4, &world))),
        code(MeteringError::OfferFull { id: 1, most: 3 })
    );
    world.close(1, 1, Vec::new()).unwrap();
    assert_eq!(world.open(&of(2, &world)).unwrap(), 4, "ids are never reused");
}

#[test]
fn a_withdrawn_offer_returns_its_deposit_at_once_and_goes_with_its_last_deal() {
    let mut world = World::with_deal();
    world.withdraw(1, 1).unwrap();
    assert_eq!(world.balance(&account(1)), FUNDS);
    assert!(world.section().offers[0].withdrawn);
    assert_eq!(
        fails(world.open(&deal_msg(&world))),
        code(MeteringError::Withdrawn(1))
    );
    assert_eq!(fails(world.withdraw(1, 1)), code(MeteringError::Withdrawn(1)));
    assert_eq!(world.claim(1, vec![signed(1, 1, 1, &[10, 0])]).unwrap().1, 10);
    world.close(1, 1, Vec::new()).unwrap();
    assert!(world.section().offers.is_empty());
    assert_eq!(world.offer(&offer_msg()).unwrap(), 2, "ids are never reused");
}

#[test]
fn an_offer_without_deals_goes_when_it_is_withdrawn() {
    let mut world = World::new(small_params());
    world.offer(&offer_msg()).unwrap();
    world.withdraw(1, 1).unwrap();
    assert!(world.section().offers.is_empty());
    assert_eq!((world.balance(&account(1)), world.escrow()), (FUNDS, 0));
    assert_eq!(fails(world.withdraw(1, 1)), code(MeteringError::NoOffer(1)));
}

#[test]
fn offers_must_fit_the_parameters_and_belong_to_who_changes_them() {
    let mut world = World::with_deal();
    let (found, least) = (Amount::new(99), Amount::new(100));
    let low = v1::MsgCreateOffer {
        min_escrow: "99".into(),
        ..offer_msg()
    };
    assert_eq!(
        fails(world.offer(&low)),
        code(MeteringError::OfferEscrow { found, least })
    );
    let wide = v1::MsgCreateOffer {
        max_open_deals: 4,
        ..offer_msg()
    };
    assert_eq!(
        fails(world.offer(&wide)),
        code(MeteringError::OfferDeals { found: 4, most: 3 })
    );
    assert_eq!(fails(world.withdraw(2, 1)), code(MeteringError::NotOfferOwner(1)));
    assert_eq!(fails(world.withdraw(1, 9)), code(MeteringError::NoOffer(9)));
}

#[test]
fn a_deal_is_refused_with_a_code_for_each_reason() {
    let mut world = World::with_deal();
    let mut fails_with = |change: &dyn Fn(&mut v1::MsgOpenDeal)| {
        let mut deal = deal_msg(&world);
        change(&mut deal);
        fails(world.open(&deal))
    };
    let at = |seconds| Some(Time::from_seconds(seconds).into());
    let expiry = code(MeteringError::Expiry { now: 0, longest: 0 });
    let (found, least) = (Amount::new(99), Amount::new(100));
    assert_eq!(fails_with(&|d| d.offer_id = 9), code(MeteringError::NoOffer(9)));
    assert_eq!(
        fails_with(&|d| d.escrow = "99".into()),
        code(MeteringError::EscrowTooSmall { found, least })
    );
    assert_eq!(
        fails_with(&|d| d.escrow = u128::MAX.to_string()),
        code(MeteringError::Amount)
    );
    assert_eq!(
        fails_with(&|d| d.escrow = FUNDS.to_string()),
        Some(5),
        "sdk: insufficient funds"
    );
    assert_eq!(fails_with(&|d| d.expires_at = at(START)), expiry);
    assert_eq!(fails_with(&|d| d.expires_at = at(START + 1_001)), expiry);
    let three = |d: &mut v1::MsgOpenDeal| d.session_keys = (1..=3).map(|key| session_key(key, 0)).collect();
    assert_eq!(fails_with(&three), code(MeteringError::TooManyKeys(2)));
    let own_account = |d: &mut v1::MsgOpenDeal| d.application = escrow_account().to_string();
    assert_eq!(
        fails_with(&own_account),
        Some(4),
        "sdk: a module account is nobody's application"
    );
    assert_eq!(world.section().deals.len(), 1);
}

#[test]
fn only_the_consumer_tops_up_and_adds_keys_and_no_key_twice() {
    let mut world = World::with_deal();
    let not_consumer = code(MeteringError::NotParty {
        id: 1,
        role: "consumer",
    });
    assert_eq!(fails(world.top_up(3, 1, 5)), not_consumer);
    assert_eq!(fails(world.add_key(1, 1, session_key(2, 0))), not_consumer);
    assert_eq!(
        fails(world.add_key(2, 1, session_key(1, 0))),
        code(MeteringError::DuplicateKey)
    );
    assert_eq!(
        fails(world.add_key(2, 9, session_key(2, 0))),
        code(MeteringError::NoDeal(9))
    );
    world.add_key(2, 1, session_key(2, 60)).unwrap();
    assert_eq!(
        fails(world.add_key(2, 1, session_key(3, 0))),
        code(MeteringError::TooManyKeys(2))
    );
    assert_eq!(world.claim(1, vec![signed(2, 1, 1, &[70, 0])]).unwrap().1, 60);
}

#[test]
fn a_failed_message_leaves_no_trace() {
    let mut world = World::with_deal();
    let before = world.section();
    assert!(world.top_up(2, 1, FUNDS * 2).is_err());
    assert!(world.close(3, 1, Vec::new()).is_err());
    assert!(world.refund(3, 1).is_err());
    assert_eq!(world.section(), before);
    assert_eq!(world.balance(&account(2)), FUNDS - 1_010);
}
