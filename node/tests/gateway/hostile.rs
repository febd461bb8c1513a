//! What an attacker or a cheating consumer can not do.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use slsbft_node::metering::wire::{self, Reason};
use slsbft_proto::metering::v1::{SignedVoucher, SubmitRequest};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;

use crate::{
    chain::{CHAIN_ID, session_key},
    setup::{Consumer, SOON, Setup, eventually, header_text, meters, refusal, whole},
};

#[tokio::test]
async fn nobody_without_the_sessions_key_can_use_its_meter() {
    let setup = Setup::start().await;
    let mut victim = Consumer::new(&setup, 1, 0);
    let signed = victim.sign(&[0, 0]);
    assert_eq!(
        whole(victim.get_with("/hello", &signed).await).await.0,
        StatusCode::OK
    );
    let before = setup.session(1, 0).await.metered;

    // Sent again, as somebody would who saw it on its way or in a claim.
    let (status, body) = refusal(victim.get_with("/hello", &signed).await).await;
    assert_eq!((status, body.error), (StatusCode::UNAUTHORIZED, Reason::Replayed));
    // A later one for the victim's session, signed by another key.
    let mut thief = Consumer::new(&setup, 1, 0);
    let mut forged = thief.sign_as(CHAIN_ID, 9, &[1, 5]);
    forged.signature = Consumer::new(&setup, 1, 1)
        .sign_as(CHAIN_ID, 9, &[1, 5])
        .signature;
    let (status, body) = refusal(thief.get_with("/hello", &forged).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::UNAUTHORIZED, Reason::BadSignature)
    );
    // A key that the deal does not name.
    thief.key = session_key(1, 77);
    let signed = thief.sign(&[0, 0]);
    let (status, body) = refusal(thief.get_with("/hello", &signed).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::FORBIDDEN, Reason::UnknownSession)
    );
    // No voucher at all.
    let bare = http::Request::get(format!("http://{}/hello", setup.http()))
        .body(Full::default())
        .unwrap();
    assert_eq!(refusal(thief.send(bare).await).await.1.error, Reason::BadVoucher);

    assert_eq!(setup.session(1, 0).await.metered, before);
    assert_eq!(setup.upstream.hits(), 1);
}

#[tokio::test]
async fn a_voucher_that_paid_without_a_request_cannot_be_used_for_one() {
    let setup = Setup::start().await;
    let consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign_as(CHAIN_ID, 4, &[0, 0]);
    let mut vouchers = setup.vouchers().await;
    vouchers
        .submit(SubmitRequest {
            voucher: Some(signed.clone()),
        })
        .await
        .unwrap();
    assert_eq!(
        refusal(consumer.get_with("/hello", &signed).await).await.1.error,
        Reason::Replayed
    );
}

#[tokio::test]
async fn used_vouchers_stay_used_after_a_restart() {
    let mut setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0, 0]);
    whole(consumer.get_with("/hello", &signed).await).await;
    setup.restart().await;
    consumer.http = setup.http();
    assert_eq!(
        refusal(consumer.get_with("/hello", &signed).await).await.1.error,
        Reason::Replayed
    );
}

#[tokio::test]
async fn vouchers_of_another_chain_deal_or_shape_are_told_apart() {
    let setup = Setup::start().await;
    setup.chain.open_deal(2, 1, 1_000_000);
    let consumer = Consumer::new(&setup, 1, 0);
    let foreign = consumer.sign_as("slsbft-1", 1, &[0, 0]);
    assert_eq!(
        refusal(consumer.get_with("/hello", &foreign).await).await.1.error,
        Reason::BadVoucher
    );
    let short = consumer.sign_as(CHAIN_ID, 1, &[0]);
    assert_eq!(
        refusal(consumer.get_with("/hello", &short).await).await.1.error,
        Reason::BadVoucher
    );
    // Session 0 of deal 1 states something about deal 2.
    let mut crossed = Consumer::new(&setup, 1, 0);
    crossed.deal = 2;
    let signed = crossed.sign(&[0, 0]);
    assert_eq!(
        refusal(crossed.get_with("/hello", &signed).await).await.1.error,
        Reason::UnknownSession
    );
    crossed.deal = 404;
    let signed = crossed.sign(&[0, 0]);
    let (status, body) = refusal(crossed.get_with("/hello", &signed).await).await;
    assert_eq!((status, body.error), (StatusCode::FORBIDDEN, Reason::UnknownDeal));
    assert_eq!(setup.upstream.hits(), 0);
}

#[tokio::test]
async fn a_consumer_cannot_take_back_what_it_stated() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    whole(consumer.get("/hello", &[0, 0]).await).await;
    consumer.submit(&setup, &[1, 5]).await.unwrap();
    let refused = consumer.submit(&setup, &[0, 9]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refusal(consumer.get("/hello", &[1, 4]).await).await.1.error,
        Reason::CounterFell
    );
    // An older one is no error and changes nothing.
    consumer.sequence = 0;
    let answer = consumer.submit(&setup, &[0, 0]).await.unwrap();
    assert_eq!(answer.sequence, 2);
    assert_eq!(setup.session(1, 0).await.voucher.unwrap().counters, [1, 5]);
}

#[tokio::test]
async fn paying_ahead_is_taken_and_used_up() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    consumer.submit(&setup, &[3, 1_000]).await.unwrap();
    for _ in 0..4 {
        assert_eq!(
            whole(consumer.get("/hello", &[3, 1_000]).await).await.0,
            StatusCode::OK
        );
    }
    assert_eq!(
        refusal(consumer.get("/hello", &[3, 1_000]).await).await.1.error,
        Reason::Unpaid
    );
}

#[tokio::test]
async fn a_stream_of_vouchers_is_answered_in_order_and_ends_at_the_first_bad_one() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let mut requests: Vec<SubmitRequest> = (0..200)
        .map(|n| SubmitRequest {
            voucher: Some(consumer.sign(&[n, n])),
        })
        .collect();
    if let Some(voucher) = &mut requests[150].voucher {
        voucher.signature = vec![7; 64].into();
    }
    let stream = setup
        .vouchers()
        .await
        .submit_stream(futures::stream::iter(requests))
        .await
        .unwrap();
    let mut answers = stream.into_inner();
    let mut last = 0;
    for n in 1..=150 {
        let answer = answers.message().await.unwrap().unwrap();
        assert!(answer.sequence >= n && answer.sequence >= last);
        last = answer.sequence;
    }
    assert_eq!(answers.message().await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_stream_of_vouchers_does_not_hold_up_the_gateways_end() {
    let mut setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let (send, requests) = tokio::sync::mpsc::channel(1);
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    let mut answers = setup
        .vouchers()
        .await
        .submit_stream(requests)
        .await
        .unwrap()
        .into_inner();
    let voucher = Some(consumer.sign(&[1, 0]));
    send.send(SubmitRequest { voucher }).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().sequence, 1);
    // Far less than requests in flight are given.
    let stopped = setup.provider.take().unwrap().stop();
    tokio::time::timeout(Duration::from_secs(5), stopped)
        .await
        .unwrap();
    drop(send);
}

#[tokio::test]
async fn mutated_voucher_headers_get_an_answer_and_never_a_place_at_the_upstream() {
    let setup = Setup::start().await;
    let consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign_as(CHAIN_ID, 1, &[0, 0]);
    let valid = header_text(&signed);
    let mutation = (0..valid.len(), any::<u8>(), 0..4u8);
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let (at, byte, kind) = mutation.new_tree(&mut runner).unwrap().current();
        let mut bytes = valid.clone().into_bytes();
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at),
            2 => bytes.insert(at, byte),
            _ => bytes.extend(std::iter::repeat_n(byte, at * 8)),
        }
        let Ok(value) = HeaderValue::from_bytes(&bytes) else {
            continue;
        };
        // Blanks around it, or fields nobody knows beside it, leave it what it is.
        let same = std::str::from_utf8(&bytes).is_ok_and(|text| {
            let mut headers = http::HeaderMap::new();
            headers.insert(wire::VOUCHER, text.trim().parse().unwrap());
            wire::read_voucher(&headers).is_ok_and(|read| read == signed)
        });
        if same {
            continue;
        }
        let request = http::Request::get(format!("http://{}/hello", setup.http()));
        let request = request
            .header(wire::VOUCHER, value)
            .body(Full::default())
            .unwrap();
        let (status, body) = refusal(consumer.send(request).await).await;
        assert!(
            matches!(status.as_u16(), 400 | 401 | 403 | 503),
            "{status} {body:?}"
        );
    }
    assert_eq!(setup.upstream.hits(), 0);
    assert_eq!(setup.session(1, 0).await.voucher.unwrap().sequence, 0);
}

#[tokio::test]
async fn garbage_in_place_of_messages_is_refused_by_the_vouchers_service() {
    let setup = Setup::start().await;
    let mut vouchers = setup.vouchers().await;
    let mut runner = TestRunner::deterministic();
    let bytes = || proptest::collection::vec(any::<u8>(), 0..700);
    for _ in 0..200 {
        let (voucher, signature) = (bytes(), bytes()).new_tree(&mut runner).unwrap().current();
        let voucher = SignedVoucher {
            voucher: voucher.into(),
            signature: signature.into(),
        };
        let refused = vouchers
            .submit(SubmitRequest {
                voucher: Some(voucher),
            })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let huge = SignedVoucher {
        voucher: vec![0; 1 << 20].into(),
        signature: vec![0; 64].into(),
    };
    assert!(
        vouchers
            .submit(SubmitRequest { voucher: Some(huge) })
            .await
            .is_err()
    );
    assert_eq!(
        vouchers
            .submit(SubmitRequest { voucher: None })
            .await
            .unwrap_err()
            .code(),
        Code::InvalidArgument
    );
}

/// Sends bytes and reads until the gateway closes.
async fn raw(setup: &Setup, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(setup.http()).await.unwrap();
    // The gateway may have hung up before it has read everything.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(SOON, socket.read_to_end(&mut answer))
        .await
        .expect("closed in time");
    answer
}

#[tokio::test]
async fn header_bombs_and_half_requests_end_their_connection_only() {
    let setup = Setup::with(&meters(), |config| {
        config.limits.header_timeout = Duration::from_millis(300)
    })
    .await;
    let many: String = (0..5_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let answer = raw(
        &setup,
        format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes(),
    )
    .await;
    assert!(
        answer.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let long = "y".repeat(1 << 20);
    let answer = raw(
        &setup,
        format!("GET / HTTP/1.1\r\nhost: a\r\nx: {long}\r\n\r\n").as_bytes(),
    )
    .await;
    assert!(
        answer.starts_with(b"HTTP/1.1 4"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    raw(&setup, b"GET / HTTP/1.1\r\nhost: a\r\n").await;
    raw(
        &setup,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage that is no frame",
    )
    .await;
    raw(&setup, &[0xff; 100]).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    assert_eq!(
        whole(consumer.get("/hello", &[0, 0]).await).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_reader_that_stops_reading_loses_its_place() {
    let setup = Setup::with(&meters()[..1], |config| {
        config.limits.in_flight = 1;
        config.limits.upstream_timeout = Duration::from_millis(300);
    })
    .await;
    for h2 in [false, true] {
        let mut idler = Consumer::new(&setup, 1, u8::from(h2));
        if h2 {
            idler = idler.h2();
        }
        let _never_read = idler.get("/endless", &[0]).await;
        setup.chain.open_deal(2, 2, 1_000_000);
        let mut other = Consumer::new(&setup, 2, u8::from(h2));
        eventually("the place is free again", async || {
            whole(other.get("/hello", &[0]).await).await.0 == StatusCode::OK
        })
        .await;
    }
}

#[tokio::test]
async fn other_protocols_are_refused_and_a_proposal_of_http2_is_passed_over() {
    let setup = Setup::start().await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0, 0]);
    let ask = |upgrade: &str| {
        consumer
            .request("/hello", &signed)
            .header("connection", "upgrade")
            .header("upgrade", upgrade)
            .body(Full::default())
            .unwrap()
    };
    let (status, body) = refusal(consumer.send(ask("websocket")).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::METHOD_NOT_ALLOWED, Reason::Unsupported)
    );
    assert_eq!(setup.upstream.hits(), 0);
    assert_eq!(whole(consumer.send(ask("h2c")).await).await.0, StatusCode::OK);
}

#[tokio::test]
async fn beyond_its_bounds_the_gateway_says_busy_and_recovers() {
    let setup = Setup::with(&meters()[..1], |config| config.limits.in_flight = 1).await;
    let mut slow = Consumer::new(&setup, 1, 0);
    let mut other = Consumer::new(&setup, 1, 1);
    let signed = slow.sign(&[0]);
    let waiting = tokio::spawn(async move { whole(slow.get_with("/slow/800", &signed).await).await.0 });
    eventually("the first is at the upstream", async || {
        setup.upstream.hits() == 1
    })
    .await;
    let response = other.get("/hello", &[0]).await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(refusal(response).await.1.error, Reason::Busy);
    assert_eq!(waiting.await.unwrap(), StatusCode::OK);
    assert_eq!(whole(other.get("/hello", &[0]).await).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_longer_than_the_gateway_takes_is_refused_and_not_metered() {
    let setup = Setup::with(&meters()[..1], |config| config.limits.request_body = 1_000).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0]);
    let request = consumer
        .request("/echo", &signed)
        .method("POST")
        .body(Full::from(vec![1; 2_000]))
        .unwrap();
    let (status, body) = refusal(consumer.send(request).await).await;
    assert_eq!(
        (status, body.error),
        (StatusCode::PAYLOAD_TOO_LARGE, Reason::TooLarge)
    );
    assert_eq!(setup.session(1, 0).await.metered, [0]);
}

#[tokio::test]
async fn a_flood_of_unknown_deals_does_not_reach_the_chain_for_long_nor_block_others() {
    let setup = Setup::start().await;
    setup.chain.set_down(true);
    let mut known = Consumer::new(&setup, 1, 0);
    let mut unknown = Consumer::new(&setup, 1, 1);
    for deal in 1_000..1_020 {
        unknown.deal = deal;
        let signed = unknown.sign(&[0, 0]);
        assert_eq!(
            refusal(unknown.get_with("/hello", &signed).await).await.1.error,
            Reason::ChainUnavailable
        );
    }
    assert_eq!(
        whole(known.get("/hello", &[0, 0]).await).await.0,
        StatusCode::OK,
        "served on what was known"
    );
}
