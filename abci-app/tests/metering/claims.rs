//! Vouchers and payments.

use slsbft_proto::metering::v1::{ClaimVerdict, SignedVoucher};

use crate::world::*;

#[test]
fn every_item_of_a_claim_has_its_own_verdict_and_a_bad_one_spoils_no_other() {
    let mut world = World::with_deal();
    world
        .offer(&{
            let mut other = offer_msg();
            other.provider = account(3).to_string();
            other
        })
        .unwrap();
    world
        .open(&{
            let mut other = deal_msg(&world);
            other.offer_id = 2;
            other
        })
        .unwrap();
    let changed = |change: &dyn Fn(&mut slsbft_proto::metering::v1::Voucher)| {
        let mut voucher = voucher(1, 1, 9, &[99, 0]);
        change(&mut voucher);
        sign(1, &voucher)
    };
    let mut forged = signed(1, 1, 9, &[99, 0]);
    forged.signature = signed(1, 1, 8, &[98, 0]).signature;
    let items = [
        (signed(1, 1, 2, &[10, 0]), ClaimVerdict::Accepted),
        (SignedVoucher::default(), ClaimVerdict::Malformed),
        (changed(&|v| v.counters = vec![99]), ClaimVerdict::Malformed),
        (changed(&|v| v.rating = 6), ClaimVerdict::Malformed),
        (
            changed(&|v| v.counters = vec![u64::MAX, u64::MAX]),
            ClaimVerdict::Accepted,
        ),
        (forged, ClaimVerdict::BadSignature),
        (sign(2, &voucher(1, 1, 10, &[99, 0])), ClaimVerdict::BadSignature),
        (
            changed(&|v| v.chain_id = "other-1".into()),
            ClaimVerdict::WrongChain,
        ),
        (signed(1, 77, 9, &[99, 0]), ClaimVerdict::UnknownDeal),
        (signed(1, 2, 9, &[99, 0]), ClaimVerdict::NotProvider),
        (signed(2, 1, 9, &[99, 0]), ClaimVerdict::UnknownSession),
        (signed(1, 1, 2, &[10, 0]), ClaimVerdict::Stale),
        (signed(1, 1, 1, &[10, 0]), ClaimVerdict::Stale),
        (signed(1, 1, 10, &[9, 0]), ClaimVerdict::CounterFell),
    ];
    let (vouchers, expected): (Vec<_>, Vec<_>) = items.into_iter().unzip();
    let (verdicts, paid) = world.claim(1, vouchers).unwrap();
    assert_eq!(verdicts, expected);
    assert_eq!(paid, 1_000, "the whole escrow, and no more");

    world.close(2, 1, Vec::new()).unwrap();
    world.blocks(5);
    world.next_block(51);
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 11, &[u64::MAX; 2])]).unwrap().0,
        [ClaimVerdict::WindowOver]
    );
}

#[test]
fn a_due_beyond_128_bits_is_malformed_and_takes_nothing_from_other_sessions() {
    let mut world = World::new(small_params());
    let mut offer = offer_msg();
    offer.meters = vec![meter("requests", u64::MAX, 0)];
    world.offer(&offer).unwrap();
    let mut deal = deal_msg(&world);
    deal.session_keys.push(session_key(2, 0));
    world.open(&deal).unwrap();
    let (verdicts, paid) = world
        .claim(
            1,
            vec![signed(1, 1, 1, &[u64::MAX]), signed(2, 1, 1, &[u64::MAX])],
        )
        .unwrap();
    assert_eq!(verdicts, [ClaimVerdict::Accepted, ClaimVerdict::Malformed]);
    assert_eq!(paid, 1_000);
}

#[test]
fn a_duplicate_a_replay_and_a_lower_voucher_pay_nothing() {
    let mut world = World::with_deal();
    let last = signed(1, 1, 5, &[100, 0]);
    let (verdicts, paid) = world.claim(1, vec![last.clone(), last.clone()]).unwrap();
    assert_eq!(
        (verdicts, paid),
        (vec![ClaimVerdict::Accepted, ClaimVerdict::Stale], 100)
    );
    let before = world.balance(&account(1));
    assert_eq!(
        world.claim(1, vec![last]).unwrap(),
        (vec![ClaimVerdict::Stale], 0)
    );
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 4, &[99, 0])]).unwrap(),
        (vec![ClaimVerdict::Stale], 0)
    );
    assert_eq!(world.balance(&account(1)), before);
}

#[test]
fn many_small_claims_pay_everybody_the_same_as_one() {
    let shares = |claims: &[u64]| {
        let mut world = World::new(small_params());
        let mut offer = offer_msg();
        offer.application_share = 100_000_000;
        world.offer(&offer).unwrap();
        let mut deal = deal_msg(&world);
        deal.application = account(4).to_string();
        world.open(&deal).unwrap();
        for sequence in claims {
            world
                .claim(1, vec![signed(1, 1, *sequence, &[*sequence, 0])])
                .unwrap();
        }
        [account(1), account(4), treasury()].map(|owner| world.balance(&owner))
    };
    let each: Vec<u64> = (1..=777).collect();
    assert_eq!(shares(&each), shares(&[777]));
    // 777: 38 platform (7 provider, 11 application, 20 treasury), 739 net, 73 of it handed on.
    assert_eq!(shares(&[777]), [FUNDS - 7 + 7 + 739 - 73, FUNDS + 11 + 73, 20]);
}

#[test]
fn prices_below_one_uankr_add_up_over_sessions_and_meters_before_they_are_rounded() {
    let mut world = World::new(small_params());
    world.offer(&offer_msg()).unwrap();
    let mut deal = deal_msg(&world);
    deal.session_keys.push(session_key(2, 0));
    world.open(&deal).unwrap();
    // 7 uankr per 1,000 bytes: 100 bytes are 0.7.
    assert_eq!(world.claim(1, vec![signed(1, 1, 1, &[0, 100])]).unwrap().1, 0);
    assert_eq!(world.claim(1, vec![signed(2, 1, 1, &[0, 100])]).unwrap().1, 1);
    assert_eq!(world.claim(1, vec![signed(2, 1, 2, &[0, 200])]).unwrap().1, 1);
}

#[test]
fn a_spending_cap_bounds_what_a_session_can_take() {
    let mut world = World::new(small_params());
    world.offer(&offer_msg()).unwrap();
    let mut deal = deal_msg(&world);
    deal.session_keys = vec![session_key(1, 40), session_key(2, 0)];
    world.open(&deal).unwrap();
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 1, &[500, 0])]).unwrap(),
        (vec![ClaimVerdict::Accepted], 40)
    );
    assert_eq!(world.claim(1, vec![signed(2, 1, 1, &[500, 0])]).unwrap().1, 500);
}

#[test]
fn what_exceeds_the_escrow_is_paid_at_once_when_it_is_topped_up() {
    let mut world = World::with_deal();
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 1, &[1_300, 0])]).unwrap().1,
        1_000
    );
    let answer = world.top_up(2, 1, 200).unwrap();
    assert_eq!((answer.escrow.as_str(), answer.paid.as_str()), ("1200", "200"));
    let answer = world.top_up(2, 1, 200).unwrap();
    assert_eq!(answer.paid, "100", "due is 1,300");
    assert_eq!(world.section().deals[0].paid.value(), 1_300);
}

#[test]
fn a_claim_over_many_deals_makes_one_event_and_one_transfer_per_account() {
    let mut params = small_params();
    (params.max_open_deals, params.max_deals_per_consumer) = (200, 200);
    let mut world = World::new(params);
    let mut offer = offer_msg();
    offer.max_open_deals = 200;
    world.offer(&offer).unwrap();
    for _ in 0..100 {
        world.open(&deal_msg(&world)).unwrap();
    }
    let vouchers: Vec<_> = (1..=100).map(|deal| signed(1, deal, 1, &[50, 0])).collect();
    let (verdicts, paid) = world.claim(1, vouchers).unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == ClaimVerdict::Accepted));
    assert_eq!(paid, 5_000);
    assert_eq!(world.events_of("transfer").len(), 2, "provider and treasury");
    let [claim] = world.events_of("claim")[..] else {
        panic!("one claim")
    };
    assert_eq!(
        (attribute(claim, "deals"), attribute(claim, "paid")),
        ("100", "5000")
    );
    assert_eq!(attribute(claim, "deal_id"), "", "too many to name");
    // Of each 50: 2 platform, nothing of it but the treasury's; so treasury 200.
    assert_eq!(world.balance(&treasury()), 200);

    world.claim(1, vec![signed(1, 7, 2, &[60, 0])]).unwrap();
    assert_eq!(attribute(world.events_of("claim")[0], "deal_id"), "7");
}

#[test]
fn a_rating_is_kept_with_its_session() {
    let mut world = World::with_deal();
    let mut rated = voucher(1, 1, 1, &[1, 0]);
    rated.rating = 5;
    world.claim(1, vec![sign(1, &rated)]).unwrap();
    assert_eq!(world.section().deals[0].sessions[0].rating, 5);
}
