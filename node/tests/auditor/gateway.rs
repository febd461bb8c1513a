//! Our own gateway, measured by our own auditor.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use slsbft_node::{
    auditor::probe::throughput::{MOST, PATH},
    provider::{
        Provider,
        compute::Proofs,
        config::{Claims, Config, Limits},
    },
};
use tempfile::TempDir;

use crate::{
    chain::{MemoryChain, OFFER, meter},
    setup::{measure, probe, within},
    targets,
};

async fn gateway(home: &TempDir, throughput_per_minute: u64) -> Provider {
    gateway_with(home, throughput_per_minute, None).await
}

pub async fn gateway_with(
    home: &TempDir,
    throughput_per_minute: u64,
    proofs: Option<Arc<Proofs>>,
) -> Provider {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        offer_id: OFFER,
        upstream: format!("http://{}", targets::dead()).parse().unwrap(),
        upstream_h2: false,
        listen: any,
        vouchers_listen: any,
        home: home.path().join("provider"),
        credit: Default::default(),
        limits: Limits {
            throughput_per_minute,
            ..Limits::default()
        },
        claims: Claims::default(),
        refresh: Duration::from_secs(1),
        expiry_margin: Duration::from_secs(60),
        keep_ended: Duration::from_secs(3_600),
        proofs,
    };
    let chain = Arc::new(MemoryChain::new(&[meter("requests", 1_000, 0)]));
    Provider::start(config, chain).await.unwrap()
}

#[tokio::test]
async fn a_gateway_is_reached_and_shows_its_throughput_without_a_voucher() {
    let home = TempDir::new().unwrap();
    let provider = gateway(&home, 16 << 20).await;
    let endpoint = format!("http://{}/", provider.http);
    // It refuses to serve for nothing, which is an answer.
    probe(endpoint.as_str()).await.unwrap();
    assert!(measure(endpoint, 1_000_000).await > 10_000);
    let asked = |query: &str| reqwest::get(format!("http://{}{PATH}{query}", provider.http));
    let sample = within(asked("?bytes=70000")).await.unwrap();
    assert_eq!(sample.status(), 200);
    assert!(!sample.headers().contains_key("x-slsbft-metered"), "it is free");
    assert_eq!(within(sample.bytes()).await.unwrap().len(), 70_000);
    let most = within(asked("?bytes=99999999")).await.unwrap();
    assert_eq!(within(most.bytes()).await.unwrap().len() as u64, MOST);
    provider.stop().await;
}

#[tokio::test]
async fn a_gateway_that_serves_no_samples_shows_no_throughput() {
    let home = TempDir::new().unwrap();
    let provider = gateway(&home, 0).await;
    assert_eq!(measure(format!("http://{}/", provider.http), 1_000).await, 0);
    provider.stop().await;
}

#[tokio::test]
async fn a_sample_that_nobody_reads_gives_its_place_free() {
    let home = TempDir::new().unwrap();
    let provider = gateway(&home, 16 << 20).await;
    // More of them than there are places.
    let mut idle = Vec::new();
    for _ in 0..100 {
        let mut stream = tokio::net::TcpStream::connect(provider.http).await.unwrap();
        let request = format!("GET {PATH}?bytes={MOST} HTTP/1.1\r\nhost: x\r\n\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
            .await
            .unwrap();
        idle.push(stream);
    }
    let free = async {
        while measure(format!("http://{}/", provider.http), 1_000).await == 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    within(free).await;
    drop(idle);
    provider.stop().await;
}
