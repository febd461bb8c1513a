//! Kills a gateway with SIGKILL at random instants, again and again, while
//! vouchers and requests pour in. What it acknowledged must be there when it
//! comes back, and must be claimed in the end.
//!
//! The gateway is this same program, started as a child with `CHILD` set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

#[allow(dead_code, reason = "shared with the other tests")]
mod chain;
mod killed_consumer;
#[allow(dead_code, reason = "shared with the other tests")]
mod upstream;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::StreamExt;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use parking_lot::Mutex;
use rand::Rng;
use slsbft_client::voucher;
use slsbft_node::{
    metering::wire,
    provider::{
        Provider,
        config::{Claims, Config, Limits},
    },
};
use slsbft_proto::metering::v1::{
    DealStatus, SessionRequest, SignedVoucher, SubmitRequest, Voucher, vouchers_client::VouchersClient,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    chain::{CHAIN_ID, MemoryChain, OFFER, meter, session_key},
    upstream::Upstream,
};

const CHILD: &str = "SLSBFT_TEST_GATEWAY_FOLDER";
const UPSTREAM: &str = "SLSBFT_TEST_GATEWAY_UPSTREAM";
const DEALS: u64 = 4;
const SESSIONS: u8 = 3;
const ROUNDS: usize = 12;
const SOON: Duration = Duration::from_secs(60);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if let Ok(arguments) = std::env::var(killed_consumer::CHILD) {
        return runtime.block_on(killed_consumer::child(&arguments));
    }
    match std::env::var_os(CHILD) {
        Some(folder) => runtime.block_on(child(&PathBuf::from(folder))),
        None => {
            runtime.block_on(killed_consumer::a_consumer_goes_on_and_pays_however_often_it_is_killed());
            println!("test a_consumer_goes_on_and_pays_however_often_it_is_killed ... ok");
            runtime.block_on(no_acknowledged_voucher_is_lost_however_often_the_gateway_is_killed());
            println!("test no_acknowledged_voucher_is_lost_however_often_the_gateway_is_killed ... ok");
        }
    }
}

fn chain(folder: &Path) -> MemoryChain {
    let chain = MemoryChain::new(&[meter("requests", 1_000, 0)]);
    for deal in 1..=DEALS {
        chain.open_deal(deal, SESSIONS, 1 << 60);
    }
    chain.logged(&folder.join("claims"))
}

/// A chain with one deal of one session, metered by requests and bytes.
fn metered_chain() -> MemoryChain {
    let chain = MemoryChain::new(&[meter("requests", 1_000, 0), meter("bytes", 1, 3)]);
    chain.open_deal(1, 1, 1 << 60);
    chain
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn gateway_config(folder: &Path, upstream: &str) -> Config {
    Config {
        offer_id: OFFER,
        upstream: format!("http://{upstream}").parse().unwrap(),
        upstream_h2: false,
        listen: any_port(),
        vouchers_listen: any_port(),
        home: folder.join("store"),
        credit: Default::default(),
        limits: Limits::default(),
        claims: Claims {
            interval: Duration::from_millis(100),
            batch: 5,
            least: 1,
            least_each: 0,
        },
        refresh: Duration::from_millis(50),
        expiry_margin: Duration::from_secs(60),
        keep_ended: Duration::from_secs(3_600),
        proofs: None,
    }
}

/// A gateway that closes its deals when a file named `close` appears.
async fn child(folder: &Path) {
    let chain = Arc::new(chain(folder));
    let config = gateway_config(folder, &std::env::var(UPSTREAM).unwrap());
    let provider = Provider::start(config, chain.clone()).await.unwrap();
    println!("{} {}", provider.http, provider.vouchers);
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if folder.join("close").exists() {
            (1..=DEALS).for_each(|deal| chain.change(deal, |deal| deal.set_status(DealStatus::Closing)));
        }
    }
}

struct Gateway {
    process: Child,
    http: SocketAddr,
    vouchers: SocketAddr,
}

async fn spawn(folder: &Path, upstream: SocketAddr) -> Gateway {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .env(CHILD, folder)
        .env(UPSTREAM, upstream.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(SOON, lines.next_line())
        .await
        .unwrap()
        .unwrap()
        .expect("it starts");
    let (http, vouchers) = line.split_once(' ').unwrap();
    Gateway {
        process,
        http: http.parse().unwrap(),
        vouchers: vouchers.parse().unwrap(),
    }
}

/// What the consumers know, over all rounds.
#[derive(Default)]
struct Known {
    /// The last sequence signed; counters are the same number.
    signed: u64,
    acknowledged: u64,
}

type Book = Arc<Mutex<BTreeMap<(u64, u8), Known>>>;

fn next(book: &Book, deal: u64, number: u8) -> SignedVoucher {
    let key = session_key(deal, number);
    let mut book = book.lock();
    let known = book.entry((deal, number)).or_default();
    known.signed += 1;
    let voucher = Voucher {
        chain_id: CHAIN_ID.into(),
        deal_id: deal,
        session_key: key.public_key().as_bytes().to_vec().into(),
        sequence: known.signed,
        counters: vec![known.signed],
        rating: 0,
    };
    voucher::sign(&key, &voucher).unwrap()
}

fn acknowledge(book: &Book, deal: u64, number: u8, sequence: u64) {
    let mut book = book.lock();
    let known = book.get_mut(&(deal, number)).unwrap();
    known.acknowledged = known.acknowledged.max(sequence);
}

/// Streams vouchers of one session until the gateway dies.
async fn stream(book: Book, vouchers: SocketAddr, deal: u64, number: u8) {
    let Ok(mut client) = VouchersClient::connect(format!("http://{vouchers}")).await else {
        return;
    };
    let signed = book.clone();
    let requests = futures::stream::repeat_with(move || SubmitRequest {
        voucher: Some(next(&signed, deal, number)),
    });
    let paced = requests.then(|request| async {
        tokio::time::sleep(Duration::from_micros(200)).await;
        request
    });
    let Ok(answers) = client.submit_stream(paced).await else {
        return;
    };
    let mut answers = answers.into_inner();
    while let Ok(Some(answer)) = answers.message().await {
        acknowledge(&book, deal, number, answer.sequence);
    }
}

/// Makes requests in one session until the gateway dies.
async fn request(book: Book, http: SocketAddr, deal: u64, number: u8) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    loop {
        let signed = next(&book, deal, number);
        let sequence = book.lock()[&(deal, number)].signed;
        let request = Request::get(format!("http://{http}/hello"))
            .header(wire::VOUCHER, wire::voucher_header(&signed).unwrap())
            .body(Full::default())
            .unwrap();
        let Ok(answer) = client.request(request).await else {
            return;
        };
        assert_eq!(answer.status(), StatusCode::OK);
        acknowledge(&book, deal, number, sequence);
        if answer.into_body().collect().await.is_err() {
            return;
        }
    }
}

/// The gateway holds at least what it acknowledged before it was killed.
async fn check(book: &Book, vouchers: SocketAddr) {
    let mut client = VouchersClient::connect(format!("http://{vouchers}"))
        .await
        .unwrap();
    let acknowledged: Vec<_> = book
        .lock()
        .iter()
        .map(|(session, known)| (*session, known.acknowledged))
        .collect();
    for ((deal_id, number), sequence) in acknowledged {
        let session_key = session_key(deal_id, number)
            .public_key()
            .as_bytes()
            .to_vec()
            .into();
        let session = client
            .session(SessionRequest { deal_id, session_key })
            .await
            .unwrap()
            .into_inner();
        let held = session.voucher.unwrap();
        assert!(
            held.sequence >= sequence,
            "deal {deal_id}: {} held, {sequence} acknowledged",
            held.sequence
        );
        assert_eq!(held.counters, [held.sequence]);
    }
}

async fn no_acknowledged_voucher_is_lost_however_often_the_gateway_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start().await;
    let book = Book::default();
    for _ in 0..ROUNDS {
        let mut gateway = spawn(folder.path(), upstream.address).await;
        check(&book, gateway.vouchers).await;
        let mut consumers = Vec::new();
        for deal in 1..=DEALS {
            consumers.push(tokio::spawn(request(book.clone(), gateway.http, deal, 0)));
            for number in 1..SESSIONS {
                consumers.push(tokio::spawn(stream(book.clone(), gateway.vouchers, deal, number)));
            }
        }
        let life = rand::thread_rng().gen_range(5..600);
        tokio::time::sleep(Duration::from_millis(life)).await;
        gateway.process.kill().await.unwrap();
        for consumer in consumers {
            tokio::time::timeout(SOON, consumer).await.unwrap().unwrap();
        }
    }
    let last = spawn(folder.path(), upstream.address).await;
    check(&book, last.vouchers).await;
    std::fs::write(folder.path().join("close"), []).unwrap();
    let start = Instant::now();
    while !all_claimed(&book, folder.path()) {
        assert!(start.elapsed() < SOON, "what was acknowledged is not claimed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let book = book.lock();
    let total: u64 = book.values().map(|known| known.acknowledged).sum();
    assert!(
        book.values().all(|known| known.acknowledged > 0),
        "every session had vouchers acknowledged"
    );
    println!("{ROUNDS} kills, {total} vouchers acknowledged, all there");
}

/// Reads the claims back as the chain took them.
fn all_claimed(book: &Book, folder: &Path) -> bool {
    let chain = chain(folder);
    book.lock().iter().all(|((deal, number), known)| {
        let claimed = chain.claimed(*deal, *number).first().copied().unwrap_or(0);
        claimed >= known.acknowledged && claimed <= known.signed
    })
}
