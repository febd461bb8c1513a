//! What a client cannot use up.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::{
    base::{
        node::v1beta1::{StatusRequest, service_client::ServiceClient as NodeClient},
        tendermint::v1beta1::{GetLatestBlockRequest, service_client::ServiceClient as TendermintClient},
    },
    tx::v1beta1::{GetTxsEventRequest, SimulateRequest, service_client::ServiceClient as TxClient},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, Request};

use crate::support::{BALANCE, CONTRACT, Node, SLOW, call, call_with, eventually};

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused_and_the_connection_goes_on() {
    let node = Node::with(|config| config.max_request_bytes = 2 << 20).await;
    let channel = node.channel().await;
    let query = call(&channel, BALANCE, vec![0; (1 << 20) + 1]).await.unwrap_err();
    assert_eq!(query.code(), Code::OutOfRange);

    let mut tx = TxClient::new(channel.clone());
    let sized = |bytes| SimulateRequest {
        tx_bytes: vec![0; bytes],
        ..Default::default()
    };
    assert_eq!(
        tx.simulate(sized(2 << 20)).await.unwrap_err().code(),
        Code::OutOfRange
    );
    assert!(tx.simulate(sized(3 << 19)).await.is_ok());
    assert!(call(&channel, BALANCE, Bytes::new()).await.is_ok());
}

#[tokio::test]
async fn a_slow_query_is_given_up_at_the_servers_limit_or_the_clients() {
    let node = Node::with(|config| config.request_timeout_ms = 300).await;
    let channel = node.channel().await;
    let late = call(&channel, SLOW, Bytes::new()).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);

    let patient = Node::start().await;
    let channel = patient.channel().await;
    let mut request = Request::new(Bytes::new());
    request.set_timeout(Duration::from_millis(200));
    let started = Instant::now();
    assert!(call_with(&channel, SLOW, request).await.is_err());
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "the client's timeout was not honoured"
    );
}

#[tokio::test]
async fn a_contract_that_nobody_waits_for_any_more_is_interrupted() {
    let node = Node::start().await;
    let channel = node.channel().await;
    for patience in [None, Some(Duration::from_millis(200))] {
        let mut request = Request::new(Bytes::new());
        patience
            .into_iter()
            .for_each(|patience| request.set_timeout(patience));
        let asked = tokio::spawn({
            let channel = channel.clone();
            async move { call_with(&channel, CONTRACT, request).await }
        });
        eventually("the contract", || async { node.gate.waiting() == 1 }).await;
        match patience {
            None => asked.abort(),
            Some(_) => assert!(asked.await.unwrap().is_err()),
        }
        eventually("its end", || async { node.gate.waiting() == 0 }).await;
    }
}

#[tokio::test]
async fn beyond_the_limit_of_requests_at_once_resources_are_exhausted_until_one_ends() {
    let node = Node::with(|config| config.max_requests = 1).await;
    let channel = node.channel().await;
    let slow = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel, SLOW, Bytes::new()).await }
    });
    eventually("the slow query", || async { node.gate.waiting() == 1 }).await;
    let refused = call(&channel, BALANCE, Bytes::new()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    node.gate.open();
    assert!(slow.await.unwrap().is_ok());
    eventually("the recovery", || async {
        call(&channel, BALANCE, Bytes::new()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn whole_blocks_and_searches_are_few_at_once_and_leave_the_rest_to_others() {
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let consensus = format!("tcp://{}", silent.local_addr().unwrap());
    let node = Node::over(&consensus, |_| {}).await;
    let channel = node.channel().await;
    let blocks = (0..20).map(|_| {
        let mut client = TendermintClient::new(channel.clone());
        tokio::spawn(async move { client.get_latest_block(GetLatestBlockRequest {}).await })
    });
    let (first, _, waiting) = futures::future::select_all(blocks).await;
    assert_eq!(first.unwrap().unwrap_err().code(), Code::ResourceExhausted);
    assert!(call(&channel, BALANCE, Bytes::new()).await.is_ok());
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_search_of_any_length_is_refused_before_consensus_sees_it() {
    let node = Node::start().await;
    let mut client = TxClient::new(node.channel().await);
    let request = GetTxsEventRequest {
        query: "tx.height>5 AND ".repeat(1_000),
        ..Default::default()
    };
    let refused = client.get_txs_event(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn slow_queries_hold_no_more_than_their_threads_and_the_rest_of_the_node_answers() {
    let node = Node::with(|config| {
        config.query_threads = 1;
        config.request_timeout_ms = 300;
    })
    .await;
    let channel = node.channel().await;
    assert_eq!(
        call(&channel, SLOW, Bytes::new()).await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
    // Given up, but still running: its thread is not given to another.
    assert_eq!(
        call(&channel, BALANCE, Bytes::new()).await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
    eventually("an answer that needs no query", || async {
        NodeClient::new(channel.clone())
            .status(StatusRequest {})
            .await
            .is_ok()
    })
    .await;
    node.gate.open();
    eventually("the recovery", || async {
        call(&channel, BALANCE, Bytes::new()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_connection_too_many_is_closed_and_a_freed_place_is_given_again() {
    let node = Node::with(|config| config.max_connections = 2).await;
    let first = TcpStream::connect(node.address).await.unwrap();
    let second = node.channel().await;
    assert!(call(&second, BALANCE, Bytes::new()).await.is_ok());

    let mut third = TcpStream::connect(node.address).await.unwrap();
    assert!(closed(&mut third).await, "the third connection was served");
    drop(first);
    eventually("the free place", || async {
        let endpoint = tonic::transport::Endpoint::from_shared(node.url("")).unwrap();
        let Ok(channel) = endpoint.connect().await else {
            return false;
        };
        call(&channel, BALANCE, Bytes::new()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_never_ends_its_headers_is_closed() {
    let node = Node::with(|config| config.idle_timeout_s = 1).await;
    for opening in [
        "",
        "P",
        "POST / HTTP/1.1\r\nhost: x\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        stream.write_all(opening.as_bytes()).await.unwrap();
        assert!(closed(&mut stream).await, "still open after {opening:?}");
    }
}

/// Whether the server ends the connection, whatever it says before.
async fn closed(stream: &mut TcpStream) -> bool {
    let mut said = Vec::new();
    tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut said))
        .await
        .is_ok()
}
