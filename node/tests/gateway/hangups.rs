//! Who pays when somebody hangs up in the middle.

use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    chain::CHAIN_ID,
    setup::{Consumer, Setup, eventually, header_text, whole},
};

async fn metered(setup: &Setup, counters: [u64; 2]) {
    eventually("it is metered", async || {
        setup.session(1, 0).await.metered == counters
    })
    .await;
}

#[tokio::test]
async fn what_the_upstream_answers_is_charged_also_to_a_consumer_that_has_hung_up() {
    let setup = Setup::start().await;
    for (n, h2) in [(1, false), (2, true)] {
        let mut consumer = Consumer::new(&setup, 1, 0);
        if h2 {
            consumer = consumer.h2();
        }
        consumer.sequence = 10 * n;
        let signed = consumer.sign(&[n - 1, 0]);
        let request = consumer.request("/slow/400", &signed).body(Full::default());
        let sent = tokio::spawn(consumer.client.request(request.unwrap()));
        eventually("it is at the upstream", async || {
            setup.upstream.hits() == n as usize
        })
        .await;
        sent.abort();
        drop(consumer);
        metered(&setup, [n, 0]).await;
    }
}

#[tokio::test]
async fn an_upload_broken_off_by_the_consumer_is_charged_for_what_was_passed_on() {
    let setup = Setup::start().await;
    let consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign_as(CHAIN_ID, 1, &[0, 0]);
    let mut socket = TcpStream::connect(setup.http()).await.unwrap();
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\nx-slsbft-voucher: {}\r\n\r\n",
        header_text(&signed)
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&[7; 1_000]).await.unwrap();
    metered(&setup, [0, 1_000]).await;
    drop(socket);
    // The session is free for the next request, and what was passed on stays charged.
    let mut next = Consumer::new(&setup, 1, 0);
    next.sequence = 10;
    eventually("it is served", async || {
        whole(next.get("/hello", &[0, 0]).await).await.0 == StatusCode::OK
    })
    .await;
    metered(&setup, [1, 1_005]).await;
}

#[tokio::test]
async fn an_upload_that_the_upstream_never_answers_is_given_back() {
    let setup = Setup::with(&crate::setup::meters(), |config| {
        config.limits.upstream_timeout = Duration::from_millis(300)
    })
    .await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign(&[0, 0]);
    let request = Request::post(format!("http://{}/slow/5000", setup.http()))
        .header("x-slsbft-voucher", header_text(&signed))
        .body(Full::from(vec![1; 700]))
        .unwrap();
    assert_ne!(whole(consumer.send(request).await).await.0, StatusCode::OK);
    metered(&setup, [0, 0]).await;
}
