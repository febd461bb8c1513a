//! The chain behind a node: a claim is priced, sent, and followed to its end.

use std::time::Duration;

use slsbft_client::{Client, KeyKind, SigningKey};
use slsbft_node::provider::{
    chain::{Chain, ChainError},
    remote::RemoteChain,
};
use slsbft_proto::metering::v1::{ClaimVerdict, SignedVoucher};

use crate::{
    node::Node,
    setup::{SOON, eventually},
};

fn vouchers(count: usize) -> Vec<SignedVoucher> {
    let voucher = SignedVoucher {
        voucher: vec![1; 150].into(),
        signature: vec![2; 64].into(),
    };
    vec![voucher; count]
}

async fn remote(inclusion: Duration) -> (Node, RemoteChain) {
    let key = SigningKey::generate(KeyKind::Secp256k1);
    let node = Node::start(&key, Duration::from_millis(30)).await;
    let client = Client::connect(&node.endpoint()).await.unwrap();
    let chain = RemoteChain::new(client, key, inclusion).await.unwrap();
    (node, chain)
}

#[tokio::test]
async fn a_claim_offers_the_gas_that_its_vouchers_need() {
    let (_node, chain) = remote(SOON).await;
    for count in [1, 30, 1_000] {
        let verdicts = chain.claim(vouchers(count)).await.unwrap();
        assert_eq!(verdicts, vec![ClaimVerdict::Accepted; count]);
    }
}

#[tokio::test]
async fn a_claim_in_no_block_is_followed_until_it_is_in_one() {
    let (node, chain) = remote(Duration::from_millis(200)).await;
    chain.settled().await.unwrap();
    node.state().halted = true;
    let unknown = chain.claim(vouchers(3)).await.unwrap_err();
    assert!(matches!(unknown, ChainError::Unreachable(_)), "{unknown}");
    chain.settled().await.unwrap_err();
    node.state().halted = false;
    eventually("it is settled", async || chain.settled().await.is_ok()).await;
    assert_eq!(node.state().included.len(), 1);
}

#[tokio::test]
async fn the_head_of_the_chain_is_read_from_the_node() {
    let (node, chain) = remote(SOON).await;
    let first = chain.head().await.unwrap();
    eventually("a block", async || {
        chain.head().await.unwrap().height > first.height
    })
    .await;
    assert!(node.state().height >= first.height);
}
