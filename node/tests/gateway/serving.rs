//! What an honest consumer gets.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use slsbft_node::metering::{units::Credit, wire::Reason};
use slsbft_proto::metering::v1::DealStatus;

use crate::{
    chain::meter,
    setup::{Consumer, Setup, eventually, meters, refusal, whole},
};

#[tokio::test]
async fn requests_are_served_metered_and_paid_for_over_http1_and_http2() {
    let setup = Setup::start().await;
    for (number, h2) in [(0, false), (1, true)] {
        let mut consumer = Consumer::new(&setup, 1, number);
        if h2 {
            consumer = consumer.h2();
        }
        let mut counters = vec![0, 0];
        for n in 1..=5 {
            let (status, body, metered) = whole(consumer.get("/hello", &counters).await).await;
            assert_eq!((status, body.as_ref()), (StatusCode::OK, b"hello".as_slice()));
            counters = metered.unwrap();
            assert_eq!(counters, [n, 5 * n]);
        }
        let session = setup.session(1, number).await;
        assert_eq!(session.metered, [5, 25]);
        assert_eq!(session.voucher.unwrap().counters, [4, 20]);
    }
    assert_eq!(setup.upstream.hits(), 10);
}

#[tokio::test]
async fn a_second_request_without_payment_is_refused_with_what_is_missing() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    whole(consumer.get("/hello", &[0, 0]).await).await;
    let (status, body) = refusal(consumer.get("/hello", &[0, 0]).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::PAYMENT_REQUIRED, Reason::Unpaid)
    );
    let account = body.account.unwrap();
    assert_eq!(
        (account.metered, account.held, account.missing),
        (vec![1, 5], vec![0, 0], vec![1, 5])
    );
    assert_eq!(account.units, ["requests", "bytes"]);
    assert_eq!((account.sequence, account.credit), (2, vec![1, 1 << 20]));
    let (status, ..) = whole(consumer.get("/hello", &[1, 5]).await).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(setup.upstream.hits(), 2);
}

#[tokio::test]
async fn bodies_both_ways_count_and_a_streamed_answer_ends_with_the_counters() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0).h2();
    let signed = consumer.sign(&[0, 0]);
    let request = consumer.request("/echo", &signed).method(Method::POST);
    let response = consumer
        .send(request.body(Full::from(Bytes::from(vec![5; 3_000]))).unwrap())
        .await;
    let (status, body, metered) = whole(response).await;
    assert_eq!(
        (status, body.len(), metered),
        (StatusCode::OK, 3_000, Some(vec![1, 6_000]))
    );
    let response = consumer.get("/stream/10/1000", &[1, 6_000]).await;
    assert_eq!(response.headers()["x-slsbft-metered"], "2,6000");
    let (_, body, metered) = whole(response).await;
    assert_eq!((body.len(), metered), (10_000, Some(vec![2, 16_000])));
}

#[tokio::test]
async fn a_body_larger_than_the_credit_flows_as_it_is_paid_for() {
    let setup = Setup::with(&meters(), |config| {
        config.credit = Credit {
            bytes: 10_000,
            ..Credit::default()
        };
        config.limits.pay_timeout = Duration::from_secs(20);
    })
    .await;
    let mut consumer = Consumer::new(&setup, 1, 0).h2();
    let mut body = consumer.get("/stream/40/1000", &[0, 0]).await.into_body();
    let mut received = 0u64;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.unwrap().into_data() {
            received += data.len() as u64;
            let held = setup.session(1, 0).await.voucher.unwrap().counters;
            let unpaid = setup.session(1, 0).await.metered[1] - held[1];
            assert!(unpaid <= 10_000, "{unpaid} unpaid");
            if received.is_multiple_of(10_000) {
                consumer.submit(&setup, &[1, received]).await.unwrap();
            }
        }
    }
    assert_eq!(received, 40_000);
}

#[tokio::test]
async fn a_body_that_nobody_pays_for_breaks_off_at_the_credit() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let response = consumer.get("/endless", &[0, 0]).await;
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(setup.session(1, 0).await.metered, [1, 1 << 20]);
    let (_, body) = refusal(consumer.get("/hello", &[1, 0]).await).await;
    assert_eq!(body.error, Reason::Unpaid);
    let (status, ..) = whole(consumer.get("/hello", &[1, 1 << 20]).await).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn an_upload_larger_than_the_credit_needs_payment_while_it_flows() {
    let setup = Setup::with(&meters(), |config| config.credit.bytes = 1_000).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0, 0]);
    let request = consumer.request("/echo", &signed).method(Method::POST);
    let response = consumer
        .send(request.body(Full::from(vec![5; 5_000])).unwrap())
        .await;
    let (_, body) = refusal(response).await;
    assert_eq!(body.error, Reason::Unpaid);
    assert_eq!(
        setup.session(1, 0).await.metered,
        [0, 1_000],
        "what was passed on for somebody who does not pay is owed"
    );
}

#[tokio::test]
async fn answers_without_a_body_keep_their_headers_and_cost_no_bytes() {
    let setup = Setup::start().await;
    for (number, h2) in [(0, false), (1, true)] {
        let mut consumer = Consumer::new(&setup, 1, number);
        if h2 {
            consumer = consumer.h2();
        }
        let signed = consumer.sign(&[0, 0]);
        let request = consumer.request("/bytes/1000", &signed).method(Method::HEAD);
        let response = consumer.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(response.headers()["content-length"], "1000");
        assert_eq!(
            whole(response).await,
            (StatusCode::OK, Bytes::new(), Some(vec![1, 0]))
        );
        let (status, _, metered) = whole(consumer.get("/none", &[1, 0]).await).await;
        assert_eq!((status, metered), (StatusCode::NO_CONTENT, Some(vec![2, 0])));
    }
}

#[tokio::test]
async fn the_sessions_of_a_deal_together_stay_within_the_escrow_until_it_is_topped_up() {
    let setup = Setup::with(&[meter("requests", 1_000, 0)], |_| {}).await;
    setup.chain.open_deal(2, 2, 3_000);
    let mut sessions = [Consumer::new(&setup, 2, 0), Consumer::new(&setup, 2, 1)];
    for (n, paid) in [(0, 0), (1, 0), (0, 1)] {
        let (status, ..) = whole(sessions[n].get("/hello", &[paid]).await).await;
        assert_eq!(status, StatusCode::OK);
    }
    let (status, body) = refusal(sessions[1].get("/hello", &[1]).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::PAYMENT_REQUIRED, Reason::EscrowExhausted)
    );
    setup.chain.change(2, |deal| deal.escrow = "4000".into());
    eventually("the top-up is seen", async || {
        whole(sessions[1].get("/hello", &[1]).await).await.0 == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn a_session_is_served_up_to_its_own_cap() {
    let setup = Setup::with(&[meter("requests", 1_000, 0)], |_| {}).await;
    setup.chain.add_session(1, 9, 2_500);
    let mut consumer = Consumer::new(&setup, 1, 9);
    eventually("the new key is seen", async || {
        whole(consumer.get("/hello", &[0]).await).await.0 == StatusCode::OK
    })
    .await;
    assert_eq!(whole(consumer.get("/hello", &[1]).await).await.0, StatusCode::OK);
    let (_, body) = refusal(consumer.get("/hello", &[2]).await).await;
    assert_eq!(body.error, Reason::CapExhausted);
}

#[tokio::test]
async fn a_deal_and_a_session_key_that_appear_later_are_served_and_a_closing_deal_is_not() {
    let setup = Setup::start().await;
    setup.chain.open_deal(5, 1, 1_000_000);
    let mut fresh = Consumer::new(&setup, 5, 0);
    assert_eq!(whole(fresh.get("/hello", &[0, 0]).await).await.0, StatusCode::OK);
    setup.chain.add_session(5, 3, 0);
    let mut added = Consumer::new(&setup, 5, 3);
    eventually("the new key is seen", async || {
        whole(added.get("/hello", &[0, 0]).await).await.0 == StatusCode::OK
    })
    .await;
    setup.chain.change(5, |deal| deal.set_status(DealStatus::Closing));
    eventually("the closing is seen", async || {
        fresh.get("/hello", &[1, 5]).await.status() == StatusCode::FORBIDDEN
    })
    .await;
}

#[tokio::test]
async fn the_upstream_sees_who_pays_and_nothing_that_belongs_to_the_hop() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0, 0]);
    let request = consumer
        .request("/headers", &signed)
        .header("x-slsbft-deal", "77")
        .header("x-forwarded-for", "6.6.6.6")
        .header("connection", "x-secret")
        .header("x-secret", "1")
        .header("accept", "text/plain");
    let response = consumer.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(response.headers()["x-own"], "1");
    assert_eq!(response.headers().get_all("x-slsbft-metered").iter().count(), 1);
    assert_eq!(response.headers()["x-slsbft-credit"], "1,1048576");
    let (_, body, metered) = whole(response).await;
    assert_eq!(metered.unwrap(), [1, body.len() as u64]);
    let seen = String::from_utf8(body.to_vec()).unwrap();
    for expected in [
        "x-slsbft-deal: 1\n",
        "x-forwarded-for: 127.0.0.1\n",
        "accept: text/plain\n",
        "x-slsbft-session: ",
    ] {
        assert!(seen.contains(expected), "{expected} in {seen}");
    }
    for private in ["x-slsbft-voucher", "x-secret", "6.6.6.6", "connection"] {
        assert!(!seen.contains(private), "{private} in {seen}");
    }
}

#[tokio::test]
async fn time_spent_on_the_upstream_is_metered_in_milliseconds() {
    let setup = Setup::with(&[meter("cpu-ms", 1, 0)], |_| {}).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    whole(consumer.get("/slow/120", &[0]).await).await;
    let millis = setup.session(1, 0).await.metered[0];
    assert!((115..10_000).contains(&millis), "{millis} ms");
}

#[tokio::test]
async fn only_what_the_upstream_answered_is_metered() {
    let setup = Setup::with(&meters(), |config| {
        config.limits.upstream_timeout = Duration::from_millis(200);
        config.limits.pay_timeout = Duration::from_millis(100);
    })
    .await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let (status, body) = refusal(consumer.get("/slow/5000", &[0, 0]).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::GATEWAY_TIMEOUT, Reason::UpstreamTimeout)
    );
    assert_eq!(setup.session(1, 0).await.metered, [0, 0]);
    assert_eq!(
        whole(consumer.get("/hello", &[0, 0]).await).await.0,
        StatusCode::OK
    );
}
