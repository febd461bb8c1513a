//! Vouchers that a gateway acknowledges as durable, through its real gRPC socket
//! and onto a real disk. Prints `name value unit`, one figure a line.
//!
//! Consumers and gateway share the machine. Vouchers are signed before the clock
//! starts: in life that is the consumers' work, on their machines. Each voucher
//! is verified, none is skipped as superseded: a session sends its next one only
//! when the last was acknowledged, so pipelining goes across sessions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/gateway/chain.rs"]
mod chain;
mod gateway;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use slsbft_client::voucher;
use slsbft_node::{
    metering::{
        store::{RecordKey, Store, Survives, Writer},
        voucher::ShapedVoucher,
    },
    provider::Provider,
};
use slsbft_proto::metering::v1::{SignedVoucher, SubmitRequest, Voucher, vouchers_client::VouchersClient};
use slsbft_types::metering::voucher::verify_batch;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    chain::{CHAIN_ID, session_key},
    gateway::{Clock, Run},
};

const STREAMS: u64 = 8;
/// Sessions of each stream: as many vouchers are on their way at a time.
const SESSIONS: [u8; 2] = [16, 128];
const RUN: Duration = Duration::from_secs(5);
/// A run ends early when these are used up.
const PRESIGNED: u64 = 150_000;

fn main() {
    let runtime = gateway::runtime();
    let folder = tempfile::tempdir().unwrap();
    references(folder.path(), &runtime);
    for sessions in SESSIONS {
        let home = folder.path().join(format!("gateway-{sessions}"));
        let name = format!("gateway::acknowledge/in_flight={}", STREAMS * u64::from(sessions));
        runtime.block_on(run(home, sessions)).report(&name, "vouchers");
    }
}

/// What each part costs alone.
fn references(folder: &std::path::Path, runtime: &tokio::runtime::Runtime) {
    let vouchers: Vec<SignedVoucher> = (1..=64).map(|n| signed(1, (n % 16) as u8, n)).collect();
    let start = Instant::now();
    const BATCHES: u32 = 50;
    for _ in 0..BATCHES {
        assert!(verify_batch(&vouchers).iter().all(|good| *good));
    }
    let each = start.elapsed() / BATCHES / vouchers.len() as u32;
    println!("gateway::verify/batch=64 {:.1} µs", each.as_secs_f64() * 1e6);

    let store = Store::open(&folder.join("reference"), "bench", Survives::PowerCut).unwrap();
    let (writer, _writing) = Writer::spawn(store).unwrap();
    let key = RecordKey {
        deal_id: 1,
        session: [1; 32],
    };
    runtime.block_on(async {
        let start = Instant::now();
        const WRITES: u32 = 200;
        for _ in 0..WRITES {
            writer.try_put(key, vec![7; 150]).unwrap().await.unwrap();
        }
        println!(
            "gateway::sync/batch=1 {:.2} ms",
            (start.elapsed() / WRITES).as_secs_f64() * 1e3
        );
    });
}

fn signed(deal: u64, number: u8, sequence: u64) -> SignedVoucher {
    let key = session_key(deal, number);
    let voucher = Voucher {
        chain_id: CHAIN_ID.into(),
        deal_id: deal,
        session_key: key.public_key().as_bytes().to_vec().into(),
        sequence,
        counters: vec![sequence, 1_000 * sequence],
        rating: 0,
    };
    let signed = voucher::sign(&key, &voucher).unwrap();
    assert!(ShapedVoucher::new(signed.clone()).is_ok());
    signed
}

async fn run(home: std::path::PathBuf, sessions: u8) -> Run {
    let chain = Arc::new(gateway::chain());
    (1..=STREAMS).for_each(|deal| chain.open_deal(deal, sessions, 1 << 60));
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let config = gateway::config(home, nowhere, Default::default());
    let provider = Provider::start(config, chain).await.unwrap();
    let each = PRESIGNED / STREAMS / u64::from(sessions);
    let presign = |deal| {
        move || {
            (0..sessions)
                .map(|n| (1..=each).map(|s| signed(deal, n, s)).collect())
                .collect()
        }
    };
    let mut wallets: Vec<Vec<Vec<SignedVoucher>>> = Vec::new();
    for deal in 1..=STREAMS {
        wallets.push(tokio::task::spawn_blocking(presign(deal)).await.unwrap());
    }
    let clock = Clock::start();
    let streams: Vec<_> = (1..=STREAMS)
        .zip(wallets)
        .map(|(deal, wallet)| tokio::spawn(stream(provider.vouchers, deal, wallet)))
        .collect();
    let mut latencies = Vec::new();
    for stream in streams {
        latencies.extend(stream.await.unwrap());
    }
    let run = clock.stop(latencies);
    provider.stop().await;
    run
}

/// Keeps one voucher of every session on its way; answers come in order.
async fn stream(vouchers: SocketAddr, deal: u64, wallet: Vec<Vec<SignedVoucher>>) -> Vec<Duration> {
    let mut client = VouchersClient::connect(format!("http://{vouchers}"))
        .await
        .unwrap();
    let (send, requests) = mpsc::channel(wallet.len());
    let mut sessions: Vec<_> = wallet.into_iter().map(Vec::into_iter).collect();
    let start = Instant::now();
    let mut sent = std::collections::VecDeque::new();
    for (n, session) in sessions.iter_mut().enumerate() {
        send.try_send(SubmitRequest {
            voucher: session.next(),
        })
        .unwrap();
        sent.push_back((n, Instant::now()));
    }
    let mut answers = client
        .submit_stream(ReceiverStream::new(requests))
        .await
        .unwrap()
        .into_inner();
    let mut latencies = Vec::new();
    while let Some((n, at)) = sent.pop_front() {
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(answer.deal_id, deal);
        latencies.push(at.elapsed());
        if start.elapsed() < RUN
            && let Some(voucher) = sessions[n].next()
        {
            sent.push_back((n, Instant::now()));
            send.send(SubmitRequest {
                voucher: Some(voucher),
            })
            .await
            .unwrap();
        }
    }
    latencies
}
