//! What a broken or hostile upstream can not do.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt;
use slsbft_node::metering::wire::Reason;

use crate::{
    setup::{Consumer, Setup, meters, refusal, whole},
    upstream,
};

async fn before(answer: Vec<u8>) -> Setup {
    let address = upstream::raw(answer).await;
    Setup::with(&meters(), |config| {
        config.upstream = format!("http://{address}").parse().unwrap();
        config.limits.upstream_timeout = Duration::from_millis(500);
    })
    .await
}

#[tokio::test]
async fn an_upstream_that_sends_less_than_it_announced_is_metered_for_what_came() {
    let setup = before(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this".to_vec()).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let response = consumer.get("/", &[0, 0]).await;
    assert_eq!(
        response.headers()["x-slsbft-metered"],
        "1,1000",
        "announced, so known up front"
    );
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(setup.session(1, 0).await.metered, [1, 9]);
}

#[tokio::test]
async fn an_upstream_that_sends_more_than_it_announced_is_cut_at_that() {
    let setup = before(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour and more".to_vec()).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let (status, body, metered) = whole(consumer.get("/", &[0, 0]).await).await;
    assert_eq!(
        (status, body.as_ref(), metered),
        (StatusCode::OK, b"four".as_slice(), Some(vec![1, 4]))
    );
}

#[tokio::test]
async fn an_upstream_that_talks_no_http_or_bombs_with_headers_is_a_bad_gateway() {
    let bomb: String = (0..10_000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let bomb = format!("HTTP/1.1 200 OK\r\n{bomb}\r\n");
    for answer in [b"garbage\r\n\r\n".to_vec(), bomb.into_bytes(), Vec::new()] {
        let setup = before(answer).await;
        let mut consumer = Consumer::new(&setup, 1, 0);
        let (status, body) = refusal(consumer.get("/", &[0, 0]).await).await;
        assert_eq!(
            (status, body.error),
            (StatusCode::BAD_GATEWAY, Reason::UpstreamFailed)
        );
        assert_eq!(setup.session(1, 0).await.metered, [0, 0]);
    }
}

#[tokio::test]
async fn an_answer_without_end_that_is_not_metered_by_bytes_stops_at_its_bound() {
    let setup = Setup::with(&meters()[..1], |config| config.limits.response_body = 1 << 20).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let mut body = consumer.get("/endless", &[0]).await.into_body();
    let mut received = 0;
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(frame) => received += frame.data_ref().map_or(0, bytes::Bytes::len),
            Err(error) => break error,
        }
    };
    assert!(received <= 1 << 20, "{received} {error}");
}
