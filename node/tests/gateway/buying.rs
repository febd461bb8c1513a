//! The consumer daemon before the provider daemon, and before gateways that cheat.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::HeaderMap, response::IntoResponse};
use bytes::Bytes;
use futures::StreamExt;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use slsbft_node::{
    consumer::{
        Consumer, ConsumerError,
        config::{Config, Tolerance},
        guard::Allowed,
    },
    metering::{units::Credit, wire},
    provider::chain::Chain,
};
use slsbft_proto::metering::v1::{SignedVoucher, Voucher};
use slsbft_types::Amount;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Mutex};

use crate::{
    chain::{MemoryChain, session_key},
    setup::{SOON, Setup, eventually, meters},
};

fn config(gateway: SocketAddr, vouchers: SocketAddr, home: &TempDir) -> Config {
    Config {
        gateway: format!("http://{gateway}").parse().unwrap(),
        vouchers: format!("http://{vouchers}").parse().unwrap(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        allowed: Allowed::default(),
        home: home.path().join("consumer"),
        spending_cap: None,
        rating: 0,
        tolerance: Tolerance::default(),
        parallel: 32,
        flush_after: Duration::from_millis(100),
        queue_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        connections: 64,
    }
}

async fn start(config: Config, chain: &MemoryChain, keys: &[u8]) -> Result<Consumer, ConsumerError> {
    let deal = chain.deal(1).await.unwrap().unwrap();
    let keys = keys.iter().map(|number| session_key(1, *number)).collect();
    let chain_id = chain.chain_id().await.unwrap();
    Consumer::start(config, &chain_id, &deal, keys).await
}

async fn buyer(setup: &Setup, home: &TempDir, keys: &[u8]) -> Consumer {
    let provider = setup.provider.as_ref().unwrap();
    start(config(provider.http, provider.vouchers, home), &setup.chain, keys)
        .await
        .unwrap()
}

type Plain = Client<HttpConnector, Full<Bytes>>;

/// A client that knows nothing of vouchers.
fn plain() -> Plain {
    Client::builder(TokioExecutor::new()).build_http()
}

async fn send(client: &Plain, to: SocketAddr, path: &str, body: Vec<u8>) -> (StatusCode, Bytes) {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{to}{path}"));
    let response = client.request(request.body(Full::from(body)).unwrap());
    let response = tokio::time::timeout(SOON, response).await.unwrap().unwrap();
    let status = response.status();
    assert!(
        !response
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with(wire::PREFIX))
    );
    (
        status,
        tokio::time::timeout(SOON, response.into_body().collect())
            .await
            .unwrap()
            .unwrap()
            .to_bytes(),
    )
}

async fn paid_up(setup: &Setup, number: u8, counters: [u64; 2]) {
    eventually("everything is paid", async || {
        let session = setup.session(1, number).await;
        session.metered == counters && session.voucher.unwrap().counters == counters
    })
    .await;
}

#[tokio::test]
async fn a_client_that_knows_nothing_of_vouchers_is_served_and_all_of_it_is_paid() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let client = plain();
    for _ in 0..50 {
        assert_eq!(
            send(&client, consumer.listen, "/hello", vec![]).await,
            (StatusCode::OK, "hello".into())
        );
    }
    let (_, echoed) = send(&client, consumer.listen, "/echo", vec![3; 200_000]).await;
    assert_eq!(echoed.len(), 200_000);
    let (_, streamed) = send(&client, consumer.listen, "/stream/100/1000", vec![]).await;
    assert_eq!(streamed.len(), 100_000);
    paid_up(&setup, 0, [52, 250 + 400_000 + 100_000]).await;
    consumer.stop().await;
}

#[tokio::test]
async fn an_answer_far_beyond_the_credit_is_paid_while_it_flows() {
    let setup = Setup::with(&meters(), |config| {
        config.credit = Credit {
            bytes: 100_000,
            ..Credit::default()
        };
        config.limits.pay_timeout = Duration::from_secs(10);
    })
    .await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let client = plain();
    for (path, requests) in [("/stream/300/10000", 1), ("/bytes/3000000", 2)] {
        let (status, body) = send(&client, consumer.listen, path, vec![]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 3_000_000));
        paid_up(&setup, 0, [requests, requests * 3_000_000]).await;
    }
    consumer.stop().await;
}

#[tokio::test]
async fn an_upload_far_beyond_the_credit_is_paid_while_it_flows() {
    for (credit, size) in [(100_000, 3_000_000), (10_000, 50_000)] {
        let setup = Setup::with(&meters(), |config| {
            config.credit.bytes = credit;
            config.limits.pay_timeout = Duration::from_secs(10);
        })
        .await;
        let home = TempDir::new().unwrap();
        let consumer = buyer(&setup, &home, &[0]).await;
        let (status, _) = send(&plain(), consumer.listen, "/sink", vec![7; size]).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        paid_up(&setup, 0, [1, size as u64]).await;
        consumer.stop().await;
    }
}

#[tokio::test]
async fn a_local_client_that_hangs_up_before_the_answer_leaves_a_session_that_is_paid_and_serves() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    for n in 1..=3 {
        let client = plain();
        let request = Request::get(format!("http://{}/slow/200", consumer.listen))
            .body(Full::default())
            .unwrap();
        let hasty = tokio::spawn(async move { client.request(request).await });
        eventually("it is at the upstream", async || setup.upstream.hits() == n).await;
        hasty.abort();
    }
    let (status, body) = send(&plain(), consumer.listen, "/hello", vec![]).await;
    assert_eq!(status, StatusCode::OK, "{body:?}");
    eventually("all four are paid", async || {
        setup.session(1, 0).await.voucher.unwrap().counters[0] == 4
    })
    .await;
    consumer.stop().await;
}

#[tokio::test]
async fn other_protocols_are_refused_before_they_cost_anything() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let ask = |upgrade: &str| {
        Request::get(format!("http://{}/hello", consumer.listen))
            .header("connection", "upgrade")
            .header("upgrade", upgrade)
            .body(Full::default())
            .unwrap()
    };
    let client = plain();
    let refused = client.request(ask("websocket")).await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(setup.upstream.hits(), 0);
    assert_eq!(client.request(ask("h2c")).await.unwrap().status(), StatusCode::OK);
    consumer.stop().await;
}

#[tokio::test]
async fn time_is_paid_while_it_goes_by() {
    let setup = Setup::with(&[crate::chain::meter("ms", 1, 0)], |config| {
        config.credit.millis = 300;
        config.limits.pay_timeout = Duration::from_secs(10);
    })
    .await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let (status, body) = send(&plain(), consumer.listen, "/slow/1500", vec![]).await;
    assert_eq!((status, body), (StatusCode::OK, "slow".into()));
    eventually("it is paid", async || {
        let session = setup.session(1, 0).await;
        // Several times the credit. The time of a wait for payment is not counted.
        session.metered[0] >= 600 && session.voucher.unwrap().counters == session.metered
    })
    .await;
    consumer.stop().await;
}

#[tokio::test]
async fn many_clients_share_the_sessions_and_the_credit() {
    let setup = Setup::with(&meters(), |config| config.credit.requests = 8).await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0, 1]).await;
    let (client, to) = (plain(), consumer.listen);
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    assert_eq!(send(&client, to, "/hello", vec![]).await.0, StatusCode::OK);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    eventually("everything is paid", async || {
        let (a, b) = (setup.session(1, 0).await, setup.session(1, 1).await);
        let held = [&a, &b].map(|session| session.voucher.as_ref().unwrap().counters[0]);
        a.metered[0] + b.metered[0] == 200 && held.iter().sum::<u64>() == 200
    })
    .await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_stopped_consumer_has_paid_and_goes_on_where_it_was() {
    let mut setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    for round in 1..=3u64 {
        let consumer = buyer(&setup, &home, &[0]).await;
        let client = plain();
        for _ in 0..10 {
            assert_eq!(
                send(&client, consumer.listen, "/hello", vec![]).await.0,
                StatusCode::OK
            );
        }
        drop(client);
        consumer.stop().await;
        let session = setup.session(1, 0).await;
        assert_eq!(session.voucher.unwrap().counters, [10 * round, 50 * round]);
        setup.restart().await;
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_does_not_block_the_session() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let client = plain();
    let request = Request::get(format!("http://{}/endless", consumer.listen))
        .body(Full::default())
        .unwrap();
    let mut body = client.request(request).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop((body, client));
    let client = plain();
    for _ in 0..5 {
        assert_eq!(
            send(&client, consumer.listen, "/hello", vec![]).await.0,
            StatusCode::OK
        );
    }
    consumer.stop().await;
}

#[tokio::test]
async fn it_stops_at_its_spending_cap() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let provider = setup.provider.as_ref().unwrap();
    let mut config = config(provider.http, provider.vouchers, &home);
    config.spending_cap = Some(Amount::new(3_500));
    let consumer = start(config, &setup.chain, &[0]).await.unwrap();
    let client = plain();
    for _ in 0..3 {
        assert_eq!(
            send(&client, consumer.listen, "/hello", vec![]).await.0,
            StatusCode::OK
        );
    }
    let (status, body) = send(&client, consumer.listen, "/hello", vec![]).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert!(String::from_utf8_lossy(&body).contains("cap_reached"), "{body:?}");
    paid_up(&setup, 0, [3, 15]).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_key_that_the_deal_does_not_name_is_refused_at_the_start() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let provider = setup.provider.as_ref().unwrap();
    let refused = start(
        config(provider.http, provider.vouchers, &home),
        &setup.chain,
        &[66],
    )
    .await;
    assert!(matches!(
        refused.err(),
        Some(ConsumerError::NotASession { deal: 1, .. })
    ));
}

/// A gateway that answers everything and asks for what it likes. Keeps the
/// counters of the last voucher.
async fn cheat(
    answer: impl Fn(u64) -> (StatusCode, String, String) + Send + Sync + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<u64>>>) {
    let signed = Arc::new(Mutex::new(Vec::new()));
    let (answer, seen) = (Arc::new(answer), signed.clone());
    let handle = move |headers: HeaderMap| {
        let (answer, seen) = (answer.clone(), seen.clone());
        async move {
            let voucher: SignedVoucher = wire::read_voucher(&headers).unwrap();
            let voucher = <Voucher as prost::Message>::decode(voucher.voucher).unwrap();
            *seen.lock().await = voucher.counters;
            let (status, metered, body) = answer(voucher.sequence);
            let mut headers = HeaderMap::new();
            if !metered.is_empty() {
                headers.insert(wire::METERED, metered.parse().unwrap());
            }
            (status, headers, body).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().fallback(handle);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, signed)
}

async fn cheated(gateway: SocketAddr, home: &TempDir) -> Consumer {
    let chain = MemoryChain::new(&meters());
    chain.open_deal(1, 1, 1_000_000_000);
    start(config(gateway, gateway, home), &chain, &[0]).await.unwrap()
}

#[tokio::test]
async fn a_gateway_that_claims_more_than_it_served_gets_what_it_served() {
    let (gateway, signed) = cheat(|_| (StatusCode::OK, "1000000,99999999".into(), "ten bytes!".into())).await;
    let home = TempDir::new().unwrap();
    let consumer = cheated(gateway, &home).await;
    let client = plain();
    for served in 0..5 {
        assert_eq!(
            send(&client, consumer.listen, "/", vec![]).await.0,
            StatusCode::OK
        );
        assert_eq!(*signed.lock().await, [served, 10 * served]);
    }
}

#[tokio::test]
async fn a_gateway_that_refuses_until_it_is_overpaid_is_named_and_not_paid() {
    let refusal = serde_json::json!({
        "error": "unpaid", "message": "pay", "account": {
            "deal": 1, "session": "", "units": ["requests", "bytes"], "metered": [7, 7], "held": [0, 0],
            "missing": [7, 7], "credit": [1, 1], "sequence": 1,
        },
    });
    let (gateway, signed) =
        cheat(move |_| (StatusCode::PAYMENT_REQUIRED, String::new(), refusal.to_string())).await;
    let home = TempDir::new().unwrap();
    let consumer = cheated(gateway, &home).await;
    let (status, body) = send(&plain(), consumer.listen, "/", vec![]).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(String::from_utf8_lossy(&body).contains("overclaimed"), "{body:?}");
    assert_eq!(*signed.lock().await, [0, 0]);
}

#[tokio::test]
async fn a_gateway_that_breaks_every_answer_is_not_believed_for_long() {
    let signed = Arc::new(Mutex::new(Vec::new()));
    let seen = signed.clone();
    let handle = move |headers: HeaderMap| {
        let seen = seen.clone();
        async move {
            // It serves no vouchers beside its answers.
            let Ok(voucher) = wire::read_voucher(&headers) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            let voucher: SignedVoucher = voucher;
            *seen.lock().await = <Voucher as prost::Message>::decode(voucher.voucher)
                .unwrap()
                .counters;
            // Late enough that the head with its claim has gone out.
            let broken = async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(std::io::Error::other("broken"))
            };
            let parts = futures::stream::iter([Ok("ten bytes!")]).chain(futures::stream::once(broken));
            let body = axum::body::Body::from_stream(parts);
            ([(wire::METERED, "1000,99999999")], body).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
    let home = TempDir::new().unwrap();
    let consumer = cheated(gateway, &home).await;
    let client = plain();
    for _ in 0..30 {
        let request = Request::get(format!("http://{}/", consumer.listen));
        if let Ok(answer) = client.request(request.body(Full::default()).unwrap()).await {
            drop(answer.into_body().collect().await);
        }
    }
    let tolerance = Tolerance::default().bytes;
    let signed = signed.lock().await.clone();
    assert!(
        signed[0] <= 30 && (tolerance..=4 * tolerance + 300).contains(&signed[1]),
        "{signed:?}"
    );
}

#[tokio::test]
async fn nonsense_from_a_gateway_is_an_answer_to_the_client_and_not_a_payment() {
    for metered in ["", "x", "1", "1,2,3", "-1,0", "99999999999999999999,1"] {
        let (gateway, signed) = cheat(move |_| (StatusCode::OK, metered.into(), "free".into())).await;
        let home = TempDir::new().unwrap();
        let consumer = cheated(gateway, &home).await;
        for _ in 0..2 {
            send(&plain(), consumer.listen, "/", vec![]).await;
            assert_eq!(*signed.lock().await, [0, 0]);
        }
    }
}

#[tokio::test]
async fn a_web_page_spends_nothing() {
    let setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let client = plain();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example"),
    ] {
        let request = Request::builder()
            .uri(format!("http://{}/hello", consumer.listen))
            .header(name, value);
        let answer = client.request(request.body(Full::default()).unwrap());
        let answer = tokio::time::timeout(SOON, answer).await.unwrap().unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let (status, _) = send(&client, consumer.listen, "/hello", vec![]).await;
    assert_eq!(status, StatusCode::OK);
    paid_up(&setup, 0, [1, 5]).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_consumer_goes_on_when_its_chain_goes_on_under_another_name() {
    let mut setup = Setup::start().await;
    let home = TempDir::new().unwrap();
    let consumer = buyer(&setup, &home, &[0]).await;
    let client = plain();
    send(&client, consumer.listen, "/hello", vec![]).await;
    consumer.stop().await;
    setup.chain.rename("slsbft-test-2");
    setup.restart().await;
    let consumer = buyer(&setup, &home, &[0]).await;
    let (status, _) = send(&client, consumer.listen, "/hello", vec![]).await;
    assert_eq!(status, StatusCode::OK);
    paid_up(&setup, 0, [2, 10]).await;
    consumer.stop().await;
}
