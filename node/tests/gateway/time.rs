//! Offers that are paid by the millisecond.

use std::time::Duration;

use http::StatusCode;
use slsbft_node::metering::wire::Reason;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    chain::meter,
    setup::{Consumer, SOON, Setup, header_text, refusal, whole},
};

async fn by_time(credit: u64) -> Setup {
    Setup::with(&[meter("cpu-ms", 1, 0)], |config| config.credit.millis = credit).await
}

#[tokio::test]
async fn a_wait_longer_than_the_credit_is_cut_off_unless_it_is_paid() {
    let setup = by_time(200).await;
    let mut consumer = Consumer::new(&setup, 1, 0);
    let (_, body) = refusal(consumer.get("/slow/10000", &[0]).await).await;
    assert_eq!(body.error, Reason::Unpaid);
    let unpaid = setup.session(1, 0).await.metered[0];
    assert!((200..2_000).contains(&unpaid), "{unpaid} ms of a credit of 200");
    // It is owed, although no answer came: whoever does not pay gets no more.
    let (_, body) = refusal(consumer.get("/hello", &[0]).await).await;
    assert_eq!(body.error, Reason::Unpaid);
    assert_eq!(
        whole(consumer.get("/hello", &[unpaid]).await).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn requests_at_a_time_share_one_credit() {
    let setup = by_time(300).await;
    let mut consumer = Consumer::new(&setup, 1, 0).h2();
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let signed = consumer.sign(&[0]);
        let request = consumer.request("/slow/5000", &signed);
        let sent = consumer.client.request(request.body(Default::default()).unwrap());
        waiting.push(tokio::spawn(sent));
    }
    for request in waiting {
        let response = tokio::time::timeout(SOON, request)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_ne!(response.status(), StatusCode::OK);
    }
    let unpaid = setup.session(1, 0).await.metered[0];
    assert!(unpaid < 3_000, "{unpaid} ms of a credit of 300");
}

#[tokio::test]
async fn a_slow_client_does_not_pay_for_its_own_time() {
    let setup = by_time(30_000).await;
    let consumer = Consumer::new(&setup, 1, 0);
    let signed = consumer.sign_as(crate::chain::CHAIN_ID, 1, &[0]);
    let mut socket = TcpStream::connect(setup.http()).await.unwrap();
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nconnection: close\r\nx-slsbft-voucher: {}\r\n\r\n",
        header_text(&signed)
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(b"01234").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    socket.write_all(b"56789").await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(SOON, socket.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.ends_with("0123456789"), "{answer}");
    let millis = setup.session(1, 0).await.metered[0];
    assert!(millis < 1_000, "{millis} ms");
}
