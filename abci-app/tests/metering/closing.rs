//! How deals end, whoever is silent.

use slsbft_app::{errors::TxError, modules::metering::MeteringError};
use slsbft_proto::metering::v1::{self, ClaimVerdict, DealStatus};
use slsbft_store::Overlay;

use crate::world::*;

fn code<T>(result: Result<T, TxError>) -> u32 {
    result.err().map_or(0, |error| error.code)
}

#[test]
fn the_providers_close_claims_its_last_vouchers_and_ends_the_deal_at_once() {
    let mut world = World::with_deal();
    let last = vec![signed(1, 1, 1, &[100, 0]), signed(1, 9, 1, &[100, 0])];
    let answer = world.close(1, 1, last).unwrap();
    assert_eq!(answer.status(), DealStatus::Ended);
    let verdicts: Vec<_> = answer.results.iter().map(v1::ClaimResult::verdict).collect();
    assert_eq!(verdicts, [ClaimVerdict::Accepted, ClaimVerdict::UnknownDeal]);
    // Of 100: 5 platform (1 provider), 95 net.
    assert_eq!(world.balance(&account(1)), FUNDS - 7 + 96);
    assert_eq!(world.balance(&account(2)), FUNDS - 100);
    assert_eq!(world.balance(&treasury()), 4);
    let ended = world.events_of("deal_ended")[0];
    let figures = ["reason", "escrow", "due", "paid", "idle_fee", "refund"].map(|key| attribute(ended, key));
    assert_eq!(figures, ["provider", "1000", "100", "100", "0", "910"]);
    assert_eq!(
        code(world.close(1, 1, Vec::new())),
        MeteringError::Ended(1).code()
    );
    assert_eq!(
        world.claim(1, vec![signed(1, 1, 2, &[200, 0])]).unwrap().0,
        [ClaimVerdict::UnknownDeal]
    );
}

#[test]
fn a_deal_that_ends_with_nothing_settled_leaves_the_idle_fee_to_the_provider() {
    let mut world = World::with_deal();
    world.close(1, 1, Vec::new()).unwrap();
    assert_eq!(world.balance(&account(1)), FUNDS - 7 + 3);
    assert_eq!(world.balance(&account(2)), FUNDS - 3);
}

#[test]
fn the_consumers_close_leaves_a_window_in_which_claims_are_taken() {
    let mut world = World::with_deal();
    let answer = world.close(2, 1, Vec::new()).unwrap();
    assert_eq!(answer.status(), DealStatus::Closing);
    let until = answer.claim_until.unwrap();
    assert_eq!((until.height, until.time.unwrap().seconds), (6, START + 50));
    let closing = MeteringError::Closing(1).code();
    assert_eq!(code(world.top_up(2, 1, 5)), closing);
    assert_eq!(code(world.add_key(2, 1, session_key(2, 0))), closing);
    let open = MeteringError::WindowOpen {
        id: 1,
        height: 6,
        time: 0,
    }
    .code();
    assert_eq!(code(world.close(2, 1, Vec::new())), open);
    assert_eq!(code(world.refund(3, 1)), open);
    world.blocks(5);
    assert_eq!(world.claim(1, vec![signed(1, 1, 1, &[100, 0])]).unwrap().1, 100);
}

#[test]
fn a_window_is_over_only_when_both_its_height_and_its_time_have_passed() {
    let ends_after = |blocks: u64, seconds: i64| {
        let mut world = World::with_deal();
        world.close(2, 1, Vec::new()).unwrap();
        world.block.height += blocks;
        world.block.time.seconds += seconds;
        world.refund(9, 1).is_ok()
    };
    assert!(!ends_after(5, 51));
    assert!(!ends_after(6, 50));
    assert!(!ends_after(600, 50));
    assert!(!ends_after(5, 1_000_000));
    assert!(ends_after(6, 51));
}

#[test]
fn a_halted_chain_costs_nobody_a_claim() {
    let mut world = World::with_deal();
    world.close(2, 1, Vec::new()).unwrap();
    world.next_block(31_536_000);
    assert_eq!(world.claim(1, vec![signed(1, 1, 1, &[100, 0])]).unwrap().1, 100);
}

#[test]
fn the_providers_close_after_the_window_claims_nothing_more() {
    let mut world = World::with_deal();
    world.close(2, 1, Vec::new()).unwrap();
    world.block.height += 6;
    world.block.time.seconds += 51;
    let answer = world.close(1, 1, vec![signed(1, 1, 1, &[100, 0])]).unwrap();
    assert_eq!(answer.results[0].verdict(), ClaimVerdict::WindowOver);
    assert_eq!(world.balance(&account(2)), FUNDS - 3, "all but the idle fee");
}

#[test]
fn an_expired_deal_takes_claims_but_no_money_until_somebody_notices() {
    let mut world = World::with_deal();
    world.block.time.seconds += 501;
    let expired = MeteringError::Expired(1).code();
    assert_eq!(code(world.top_up(2, 1, 5)), expired);
    assert_eq!(code(world.add_key(2, 1, session_key(2, 0))), expired);
    assert_eq!(world.claim(1, vec![signed(1, 1, 1, &[100, 0])]).unwrap().1, 100);
    world.next_block(0);
    let closing = world.events_of("deal_closing")[0];
    assert_eq!(attribute(closing, "reason"), "expired");
    assert_eq!(attribute(closing, "claim_until_time"), (START + 551).to_string());
    assert_eq!(world.claim(1, vec![signed(1, 1, 2, &[200, 0])]).unwrap().1, 100);
}

#[test]
fn anybody_may_have_an_expired_deal_refunded_without_waiting_for_the_sweep() {
    let mut world = World::with_deal();
    let open = MeteringError::StillOpen { id: 1, until: 0 }.code();
    world.block.time.seconds += 500;
    assert_eq!(code(world.refund(9, 1)), open, "the last second is within");
    world.block.time.seconds += 1;
    assert_eq!(world.refund(9, 1).unwrap().status(), DealStatus::Closing);
    world.block.height += 6;
    world.block.time.seconds += 51;
    assert_eq!(world.refund(9, 1).unwrap().status(), DealStatus::Ended);
    assert_eq!(world.balance(&account(2)), FUNDS - 3);
    assert_eq!(code(world.refund(9, 1)), MeteringError::Ended(1).code());
    assert_eq!(code(world.refund(9, 2)), MeteringError::NoDeal(2).code());
}

#[test]
fn a_deal_that_both_sides_forgot_ends_by_itself() {
    let mut world = World::with_deal();
    world.claim(1, vec![signed(1, 1, 1, &[100, 0])]).unwrap();
    world.next_block(501);
    world.next_block(51);
    assert_eq!(world.section().deals.len(), 1, "its height has not passed");
    world.blocks(7);
    assert!(world.section().deals.is_empty());
    assert_eq!(world.balance(&account(2)), FUNDS - 100);
    assert_eq!(world.escrow(), 7, "the offer's deposit");
}

#[test]
fn a_block_sweeps_at_most_the_limit_and_one_that_waits_for_its_height_stands_in_nobodys_way() {
    let mut params = small_params();
    params.max_deals_per_consumer = 3;
    let mut world = World::new(params);
    world.offer(&offer_msg()).unwrap();
    for _ in 0..3 {
        world.open(&deal_msg(&world)).unwrap();
    }
    // Deals 1 and 2 wait for their height while time is long past.
    world.close(2, 1, Vec::new()).unwrap();
    world.close(2, 2, Vec::new()).unwrap();
    world.next_block(600);
    world.next_block(0);
    assert!(
        world.events_of("deal_closing").is_empty(),
        "the limit is 2: both windows were parked"
    );
    world.next_block(0);
    assert_eq!(attribute(world.events_of("deal_closing")[0], "deal_id"), "3");
    world.blocks(4);
    assert_eq!(world.events_of("deal_ended").len(), 2);
}

#[test]
fn a_block_in_which_nothing_is_due_writes_nothing() {
    let mut world = World::with_deal();
    world.close(2, 1, Vec::new()).unwrap();
    let before = world.state.clone().into_changes();
    world.next_block(0);
    world.next_block(50);
    world.next_block(0);
    assert_eq!(Overlay::into_changes(world.state.clone()), before);
    world.next_block(1);
    world.next_block(0);
    assert_ne!(world.state.into_changes(), before, "the window was parked");
}

#[test]
fn vouchers_with_the_consumers_close_are_refused() {
    let mut world = World::with_deal();
    let refused = world.close(2, 1, vec![signed(1, 1, 1, &[1, 0])]);
    assert_eq!(code(refused), MeteringError::VouchersOfConsumer.code());
    let stranger = MeteringError::NotParty { id: 1, role: "" }.code();
    assert_eq!(code(world.close(3, 1, Vec::new())), stranger);
}
