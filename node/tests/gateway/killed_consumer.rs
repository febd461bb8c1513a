//! Kills a consumer with SIGKILL while local programs make requests through it,
//! and once takes its disk away, too. It must go on, and pay what it used.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rand::Rng;
use slsbft_node::{
    consumer::{
        Consumer,
        config::{Config, Tolerance},
        guard::Allowed,
    },
    provider::{Provider, chain::Chain},
};
use slsbft_proto::metering::v1::{SessionRequest, SessionResponse, vouchers_client::VouchersClient};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{
    SOON, any_port,
    chain::{CHAIN_ID, session_key},
    gateway_config, metered_chain,
    upstream::Upstream,
};

/// Folder and gateway of the child.
pub const CHILD: &str = "SLSBFT_TEST_CONSUMER";
const ROUNDS: usize = 10;

/// A consumer of deal 1.
pub async fn child(arguments: &str) {
    let mut parts = arguments.split(' ');
    let mut next = || parts.next().unwrap();
    let config = Config {
        home: next().into(),
        gateway: format!("http://{}", next()).parse().unwrap(),
        vouchers: format!("http://{}", next()).parse().unwrap(),
        listen: any_port(),
        allowed: Allowed::default(),
        spending_cap: None,
        rating: 0,
        tolerance: Tolerance::default(),
        parallel: 8,
        flush_after: Duration::from_millis(50),
        queue_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        connections: 64,
    };
    let deal = metered_chain().deal(1).await.unwrap().unwrap();
    let consumer = Consumer::start(config, CHAIN_ID, &deal, vec![session_key(1, 0)]).await;
    println!("{}", consumer.as_ref().unwrap().listen);
    std::future::pending().await
}

async fn spawn(home: &Path, provider: &Provider) -> (Child, SocketAddr) {
    let arguments = format!("{} {} {}", home.display(), provider.http, provider.vouchers);
    let mut process = Command::new(std::env::current_exe().unwrap())
        .env(CHILD, arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = timeout(SOON, lines.next_line()).await.unwrap().unwrap();
    (process, line.expect("it starts").parse().unwrap())
}

/// Makes requests until the consumer dies; how many were answered.
async fn use_up(to: SocketAddr) -> usize {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    for served in 0.. {
        let request = Request::get(format!("http://{to}/bytes/5000")).body(Full::default());
        let Ok(answer) = client.request(request.unwrap()).await else {
            return served;
        };
        let (status, body) = (answer.status(), answer.into_body().collect().await);
        let Ok(body) = body else { return served };
        assert_eq!(status, StatusCode::OK, "{:?}", body.to_bytes());
    }
    0
}

async fn session(provider: &Provider) -> SessionResponse {
    let mut vouchers = VouchersClient::connect(format!("http://{}", provider.vouchers))
        .await
        .unwrap();
    let session_key = session_key(1, 0).public_key().as_bytes().to_vec().into();
    let request = SessionRequest {
        deal_id: 1,
        session_key,
    };
    vouchers.session(request).await.unwrap().into_inner()
}

pub async fn a_consumer_goes_on_and_pays_however_often_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start().await;
    let mut config = gateway_config(folder.path(), &upstream.address.to_string());
    config.credit.requests = 8;
    let provider = Provider::start(config, std::sync::Arc::new(metered_chain()))
        .await
        .unwrap();
    let home = folder.path().join("consumer");
    let mut served = 0;
    for round in 0..ROUNDS {
        let (mut process, to) = spawn(&home, &provider).await;
        let programs: Vec<_> = (0..6).map(|_| tokio::spawn(use_up(to))).collect();
        sleep(Duration::from_millis(rand::thread_rng().gen_range(20..400))).await;
        process.kill().await.unwrap();
        for program in programs {
            served += timeout(SOON, program).await.unwrap().unwrap();
        }
        if round == ROUNDS / 2 {
            std::fs::remove_dir_all(&home).unwrap();
        }
    }
    let (_process, to) = spawn(&home, &provider).await;
    let program = tokio::spawn(use_up(to));
    sleep(Duration::from_millis(200)).await;
    program.abort();
    // At rest it has paid: all that it was served, but what was under way when it
    // was killed, and of that at most the credit.
    let start = Instant::now();
    loop {
        let session = session(&provider).await;
        let held = session.voucher.unwrap().counters;
        let unpaid = session.metered[0].saturating_sub(held[0]);
        if unpaid == 0 && held[0] >= served as u64 {
            break println!("{ROUNDS} kills, {served} answers counted, {held:?} paid");
        }
        assert!(start.elapsed() < SOON, "{unpaid} of {:?} unpaid", session.metered);
        sleep(Duration::from_millis(20)).await;
    }
    provider.stop().await;
}
