//! What happens while the gateway's chain node is away, behind or replaying.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use slsbft_node::{
    metering::{store::StoreError, wire::Reason},
    provider::{Provider, ProviderError},
};

use crate::{
    chain::meter,
    setup::{Consumer, SOON, Setup, eventually, meters, refusal, whole},
};

const HOURS: i64 = 3 * 3_600;

#[tokio::test]
async fn a_gateway_that_loses_sight_of_the_chain_serves_only_when_it_sees_it_again() {
    let setup = Setup::with(&[meter("bytes", 1, 3)], |_| {}).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    assert_eq!(whole(consumer.get("/hello", &[0]).await).await.0, StatusCode::OK);
    setup.chain.set_lag(HOURS);
    setup.chain.set_down(true);
    let mut paid = 0;
    // What was seen last still stands: a node may restart.
    for _ in 0..3 {
        paid += 5;
        assert_eq!(
            whole(consumer.get("/hello", &[paid]).await).await.0,
            StatusCode::OK
        );
    }
    setup.chain.set_down(false);
    // Blocks come again, but old ones: meanwhile the deal may have been closed.
    eventually("the gateway notices", async || {
        let (status, reason) = (
            consumer.get("/hello", &[paid]).await.status(),
            Reason::ChainUnavailable,
        );
        status == StatusCode::SERVICE_UNAVAILABLE
            && refusal(consumer.get("/hello", &[paid]).await).await.1.error == reason
    })
    .await;
    setup.chain.set_lag(0);
    eventually("the chain is in sight again", async || {
        consumer.get("/hello", &[paid + 1_000]).await.status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn an_answer_under_way_stops_when_its_deal_has_ended() {
    let setup = Setup::with(&[meter("requests", 1_000, 0)], |_| {}).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let mut body = consumer.get("/endless", &[0]).await.into_body();
    setup.chain.end(1);
    // Vouchers for it are worth nothing any more.
    let cut_off = async { while body.frame().await.is_some_and(|frame| frame.is_ok()) {} };
    tokio::time::timeout(SOON, cut_off).await.unwrap();
}

async fn held(setup: &Setup) -> u64 {
    setup.session(1, 0).await.voucher.unwrap().sequence
}

#[tokio::test]
async fn vouchers_of_deals_that_a_replaying_node_does_not_know_yet_are_kept() {
    let mut setup = Setup::with(&meters(), |config| config.keep_ended = Duration::ZERO).await;
    Consumer::new(&setup, 1, 0).submit(&setup, &[1, 0]).await.unwrap();
    setup.chain.set_lag(HOURS);
    setup.restart().await;
    setup.chain.end(1);
    let looks = setup.chain.looks() + 5;
    eventually("the deal is missed", async || setup.chain.looks() >= looks).await;
    setup.chain.open_deal(1, 2, 1_000_000);
    setup.chain.set_lag(0);
    setup.restart().await;
    assert_eq!(held(&setup).await, 1);
    // In sight of the chain it has really ended, and room is made.
    setup.chain.end(1);
    let looks = setup.chain.looks() + 5;
    eventually("the deal is swept", async || setup.chain.looks() >= looks).await;
    setup.chain.open_deal(1, 2, 1_000_000);
    setup.restart().await;
    assert_eq!(held(&setup).await, 0);
}

#[tokio::test]
async fn vouchers_are_kept_and_taken_on_a_chain_that_goes_on_under_another_name() {
    const NEXT: &str = "slsbft-test-2";
    let mut setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    assert_eq!(
        whole(consumer.get("/hello", &[0, 0]).await).await.0,
        StatusCode::OK
    );
    assert_eq!(
        whole(consumer.get("/hello", &[1, 5]).await).await.0,
        StatusCode::OK
    );
    setup.chain.rename(NEXT);
    setup.restart().await;
    assert_eq!(setup.session(1, 0).await.voucher.unwrap().sequence, 2);
    // The deal was opened under the old name, which its vouchers may go on to have.
    let mut consumer = Consumer {
        sequence: consumer.sequence,
        ..Consumer::new(&setup, 1, 0)
    };
    assert_eq!(
        whole(consumer.get("/hello", &[2, 10]).await).await.0,
        StatusCode::OK
    );
    let present = consumer.sign_as(NEXT, 4, &[2, 10]);
    let answer = consumer.get_with("/hello", &present).await;
    assert_eq!(whole(answer).await.0, StatusCode::OK);
    let other = consumer.sign_as("slsbft-test-3", 5, &[3, 15]);
    let answer = consumer.get_with("/hello", &other).await;
    assert_eq!(refusal(answer).await.1.error, Reason::BadVoucher);
}

#[tokio::test]
async fn vouchers_are_not_mixed_with_those_of_a_chain_that_has_other_deals() {
    let mut setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    assert_eq!(
        whole(consumer.get("/hello", &[0, 0]).await).await.0,
        StatusCode::OK
    );
    setup.provider.take().unwrap().stop().await;
    setup.chain.end(1);
    setup.chain.open_deal(2, 1, 1_000_000);
    setup.chain.rename("slsbft-test-2");
    let refused = Provider::start(setup.config.clone(), setup.chain.clone()).await;
    assert!(matches!(
        refused.err(),
        Some(ProviderError::Store(error)) if matches!(*error, StoreError::Identity { .. })
    ));
}
