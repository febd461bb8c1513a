//! When vouchers are claimed, and what happens when that goes wrong.

use std::time::Duration;

use slsbft_node::provider::{Provider, ProviderError, book::BookError, chain::Chain};
use slsbft_proto::{Timestamp, metering::v1::DealStatus};

use crate::{
    chain::{Failure, MemoryChain, PROVIDER, meter, session_key},
    setup::{Consumer, Setup, eventually, meters},
};

/// Pays `requests` requests in each of the deal's two sessions.
async fn pay(setup: &Setup, deal: u64, requests: u64) {
    for number in 0..2 {
        Consumer::new(setup, deal, number)
            .submit(setup, &[requests, 0])
            .await
            .unwrap();
    }
}

async fn claiming(interval: Duration) -> Setup {
    Setup::with(&meters(), |config| {
        config.claims.interval = interval;
        config.claims.least = 1;
    })
    .await
}

#[tokio::test]
async fn every_interval_all_vouchers_are_claimed_in_one_transaction() {
    let setup = claiming(Duration::from_millis(300)).await;
    setup.chain.open_deal(2, 2, 1_000_000);
    eventually("the new deal is known", async || {
        Consumer::new(&setup, 2, 0).submit(&setup, &[4, 0]).await.is_ok()
    })
    .await;
    pay(&setup, 1, 3).await;
    eventually("both deals are paid", async || {
        setup.chain.paid(1) == 6_000 && setup.chain.paid(2) == 4_000
    })
    .await;
    let (vouchers, transactions) = setup.chain.load();
    assert!(vouchers == 3 && transactions <= 3, "{vouchers} in {transactions}");
}

#[tokio::test]
async fn a_closing_deal_is_claimed_at_once_whatever_the_interval() {
    let setup = claiming(Duration::from_secs(3_600)).await;
    pay(&setup, 1, 3).await;
    setup.chain.change(1, |deal| deal.set_status(DealStatus::Closing));
    eventually("the claim", async || setup.chain.paid(1) == 6_000).await;
}

#[tokio::test]
async fn a_deal_about_to_expire_is_claimed_and_no_longer_served() {
    let setup = claiming(Duration::from_secs(3_600)).await;
    pay(&setup, 1, 3).await;
    let soon = std::time::SystemTime::now() + Duration::from_secs(30);
    let seconds = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    setup
        .chain
        .change(1, |deal| deal.expires_at = Some(Timestamp { seconds, nanos: 0 }));
    eventually("the claim", async || setup.chain.paid(1) == 6_000).await;
    let mut late = Consumer::new(&setup, 1, 0);
    late.sequence = 10;
    assert_eq!(late.get("/hello", &[3, 0]).await.status(), 403);
}

#[tokio::test]
async fn a_lost_or_unanswered_claim_is_repeated_and_pays_once() {
    let setup = claiming(Duration::from_secs(3_600)).await;
    setup.chain.fail_next(Failure::Lost);
    setup.chain.fail_next(Failure::Unanswered);
    pay(&setup, 1, 3).await;
    setup.chain.change(1, |deal| deal.set_status(DealStatus::Closing));
    eventually("the claim", async || setup.chain.paid(1) == 6_000).await;
    assert_eq!(setup.chain.claimed(1, 0), [3, 0]);
    assert_eq!(setup.chain.claimed(1, 1), [3, 0]);
}

#[tokio::test]
async fn one_refused_voucher_does_not_hold_up_the_others_and_is_not_tried_forever() {
    let setup = claiming(Duration::from_millis(200)).await;
    setup.chain.refuse(&session_key(1, 0));
    pay(&setup, 1, 3).await;
    eventually("the other's claim", async || setup.chain.paid(1) == 3_000).await;
    let (before, _) = setup.chain.load();
    Consumer {
        sequence: 5,
        ..Consumer::new(&setup, 1, 1)
    }
    .submit(&setup, &[4, 0])
    .await
    .unwrap();
    eventually("a later claim", async || setup.chain.paid(1) == 4_000).await;
    assert_eq!(
        setup.chain.load().0,
        before + 1,
        "only the new voucher is claimed"
    );
}

#[tokio::test]
async fn after_a_restart_nothing_is_claimed_twice_and_nothing_is_forgotten() {
    let mut setup = claiming(Duration::from_secs(3_600)).await;
    pay(&setup, 1, 3).await;
    setup.restart().await;
    assert_eq!(setup.chain.paid(1), 6_000, "claimed before it stopped");
    assert_eq!(setup.session(1, 0).await.voucher.unwrap().counters, [3, 0]);
    let before = setup.chain.load();
    setup.restart().await;
    assert_eq!(setup.chain.load(), before);
}

#[tokio::test]
async fn a_deal_that_the_chain_no_longer_has_costs_no_more_transactions() {
    let setup = claiming(Duration::from_secs(3_600)).await;
    pay(&setup, 1, 3).await;
    setup.chain.end(1);
    setup.chain.open_deal(2, 2, 1_000_000);
    eventually("the new deal is known", async || {
        Consumer::new(&setup, 2, 0).submit(&setup, &[4, 0]).await.is_ok()
    })
    .await;
    setup.chain.change(2, |deal| deal.set_status(DealStatus::Closing));
    eventually("the other's claim", async || setup.chain.paid(2) == 4_000).await;
    assert_eq!(setup.chain.load().0, 1);
}

/// Waits until the chain was looked at often enough for a claim to have gone out.
async fn some_ticks(setup: &Setup) {
    let looks = setup.chain.looks() + 10;
    eventually("ten looks at the chain", async || setup.chain.looks() >= looks).await;
}

#[tokio::test]
async fn a_claim_that_costs_more_than_it_brings_waits_for_company() {
    let setup = Setup::with(&meters(), |config| config.claims.least = 10_000).await;
    setup.chain.open_deal(2, 2, 1_000_000);
    pay(&setup, 1, 3).await;
    setup.chain.change(1, |deal| deal.set_status(DealStatus::Closing));
    some_ticks(&setup).await;
    // A consumer that goes on for one uankr at a time gets no transaction for it.
    let mut miser = Consumer::new(&setup, 1, 0);
    miser.sequence = 5;
    for n in 1..=3 {
        miser.submit(&setup, &[3, 1_000 * n]).await.unwrap();
        some_ticks(&setup).await;
    }
    assert_eq!(setup.chain.load(), (0, 0));
    pay(&setup, 2, 3).await;
    eventually("both claims", async || {
        setup.chain.paid(1) == 6_003 && setup.chain.paid(2) == 6_000
    })
    .await;
    assert_eq!(setup.chain.load(), (4, 1), "in one transaction");
}

#[tokio::test]
async fn many_vouchers_for_next_to_nothing_are_not_worth_their_gas() {
    let setup = Setup::with(&meters(), |config| {
        config.claims.interval = Duration::from_millis(200);
        config.claims.least = 1;
        config.claims.least_each = 2_000;
    })
    .await;
    pay(&setup, 1, 1).await;
    some_ticks(&setup).await;
    assert_eq!(setup.chain.load(), (0, 0));
    pay_more(&setup, 1, 3).await;
    eventually("the claim", async || setup.chain.paid(1) == 6_000).await;
}

async fn pay_more(setup: &Setup, deal: u64, requests: u64) {
    for number in 0..2 {
        let mut consumer = Consumer::new(setup, deal, number);
        consumer.sequence = 10;
        consumer.submit(setup, &[requests, 0]).await.unwrap();
    }
}

#[tokio::test]
async fn while_the_fate_of_a_claim_is_unknown_no_other_is_sent() {
    let setup = claiming(Duration::from_secs(3_600)).await;
    setup.chain.fail_next(Failure::Pending);
    pay(&setup, 1, 3).await;
    setup.chain.change(1, |deal| deal.set_status(DealStatus::Closing));
    eventually("the claim", async || setup.chain.load().1 == 1).await;
    for _ in 0..3 {
        some_ticks(&setup).await;
    }
    assert_eq!(setup.chain.load().1, 1);
    setup.chain.include();
    assert_eq!(setup.chain.paid(1), 6_000);
    pay_more(&setup, 1, 4).await;
    eventually("the next claim", async || setup.chain.paid(1) == 8_000).await;
    assert_eq!(setup.chain.load().0, 4, "nothing was claimed twice");
}

#[tokio::test]
async fn what_exceeds_the_escrow_is_claimed_after_a_top_up() {
    let setup = claiming(Duration::from_millis(200)).await;
    setup.chain.change(1, |deal| deal.escrow = "4000".into());
    pay(&setup, 1, 3).await;
    eventually("the escrow is paid out", async || setup.chain.paid(1) == 4_000).await;
    setup.chain.change(1, |deal| deal.escrow = "9000".into());
    Consumer {
        sequence: 5,
        ..Consumer::new(&setup, 1, 0)
    }
    .submit(&setup, &[4, 0])
    .await
    .unwrap();
    eventually("the rest is paid", async || setup.chain.paid(1) == 7_000).await;
}

#[tokio::test]
async fn a_gateway_says_what_is_wrong_with_its_offer_before_it_serves() {
    let setup = Setup::start().await;
    let start = async |chain: MemoryChain, offer: u64| {
        let mut config = setup.config.clone();
        (config.offer_id, config.home) = (offer, setup.home.path().join("other"));
        Provider::start(config, std::sync::Arc::new(chain))
            .await
            .err()
            .unwrap()
    };
    let no_offer = start(MemoryChain::new(&meters()), 9).await;
    assert!(matches!(no_offer, ProviderError::Book(BookError::NoOffer(9))));
    std::fs::remove_dir_all(setup.home.path().join("other")).unwrap();
    let chain = MemoryChain::new(&[meter("gpu-hours", 1, 0)]);
    assert_eq!(chain.provider(), PROVIDER);
    let unsupported = start(chain, 1).await;
    assert!(
        unsupported.to_string().contains("cannot measure 'gpu-hours'"),
        "{unsupported}"
    );
}
