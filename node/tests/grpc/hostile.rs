//! Bytes that no client would send.

use std::time::Duration;

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::bank::v1beta1::QueryBalanceRequest;
use proptest::{collection::vec, prelude::*};
use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
};

use crate::support::{BALANCE, Node, call};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
const PATHS: [&str; 6] = [
    BALANCE,
    "/cosmos.tx.v1beta1.Service/Simulate",
    "/cosmos.tx.v1beta1.Service/TxDecode",
    "/cosmos.base.tendermint.v1beta1.Service/ABCIQuery",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.health.v1.Health/Check",
];

async fn answers(node: &Node) -> bool {
    let request = QueryBalanceRequest {
        denom: "uankr".to_owned(),
        ..Default::default()
    };
    call(&node.channel().await, BALANCE, request.encode_to_vec())
        .await
        .is_ok()
}

/// What a stranger writes to the socket; the answer is read and thrown away.
async fn write(node: &Node, bytes: &[u8]) {
    let mut stream = TcpStream::connect(node.address).await.unwrap();
    let (mut read, mut write) = stream.split();
    let _ = write.write_all(bytes).await;
    let _ = write.shutdown().await;
    let mut sink = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), read.read_to_end(&mut sink)).await;
    assert!(ended.is_ok(), "the server neither answered nor closed");
}

#[test]
fn whatever_is_written_to_the_port_the_server_answers_the_next_client() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(Node::with(|config| config.idle_timeout_s = 1));
    proptest!(ProptestConfig::with_cases(48), |(kind in 0..3usize, noise in vec(any::<u8>(), 0..512))| {
        let opening: &[u8] = [PREFACE, b"POST /cosmos.bank.v1beta1.Query/Balance HTTP/1.1\r\nhost: x\r\n", b""][kind];
        runtime.block_on(async {
            write(&node, &[opening, &noise].concat()).await;
            assert!(answers(&node).await);
        });
    });
}

#[test]
fn whatever_a_message_holds_the_method_answers_or_fails_with_a_status_of_its_own() {
    let runtime = Runtime::new().unwrap();
    let (node, channel) = runtime.block_on(async {
        let node = Node::start().await;
        let channel = node.channel().await;
        (node, channel)
    });
    let valid = QueryBalanceRequest {
        address: "ankr1x".to_owned(),
        denom: "uankr".to_owned(),
    }
    .encode_to_vec();
    proptest!(ProptestConfig::with_cases(256), |(
        path in 0..PATHS.len(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        noise in vec(any::<u8>(), 0..64),
    )| {
        let mut message = valid.clone();
        let at = at.index(message.len());
        message[at] = byte;
        message.extend(noise);
        if let Err(status) = runtime.block_on(call(&channel, PATHS[path], Bytes::from(message))) {
            // What a broken connection or a panic would look like.
            prop_assert!(!matches!(status.code(), tonic::Code::Unavailable | tonic::Code::Unknown), "{status:?}");
        }
    });
    assert!(runtime.block_on(answers(&node)));
}
