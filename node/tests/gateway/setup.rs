//! A gateway before a real upstream over a chain in memory, and a consumer that
//! signs whatever a test tells it to.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use prost::Message;
use slsbft_client::{SigningKey, voucher};
use slsbft_node::{
    metering::wire,
    provider::{
        Provider,
        config::{Claims, Config, Limits},
    },
};
use slsbft_proto::metering::v1::{
    Meter, SessionRequest, SessionResponse, SignedVoucher, SubmitRequest, SubmitResponse, Voucher,
    vouchers_client::VouchersClient,
};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::{
    chain::{CHAIN_ID, MemoryChain, OFFER, meter, session_key},
    upstream::Upstream,
};

/// A generous bound for whatever should happen soon.
pub const SOON: Duration = Duration::from_secs(20);

/// Requests at 1,000 uankr each, bytes at 1 uankr per 1,000.
pub fn meters() -> Vec<Meter> {
    vec![meter("requests", 1_000, 0), meter("bytes", 1, 3)]
}

pub fn config(home: &TempDir, upstream: SocketAddr) -> Config {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        offer_id: OFFER,
        upstream: format!("http://{upstream}").parse().unwrap(),
        upstream_h2: false,
        listen: any,
        vouchers_listen: any,
        home: home.path().join("provider"),
        credit: Default::default(),
        limits: Limits {
            pay_timeout: Duration::from_millis(300),
            ..Limits::default()
        },
        claims: Claims {
            interval: Duration::from_secs(3_600),
            least_each: 0,
            ..Claims::default()
        },
        refresh: Duration::from_millis(200),
        expiry_margin: Duration::from_secs(60),
        keep_ended: Duration::from_secs(3_600),
        proofs: None,
    }
}

/// Everything a test needs, with deal 1 of two sessions open.
pub struct Setup {
    pub home: TempDir,
    pub chain: Arc<MemoryChain>,
    pub upstream: Upstream,
    pub config: Config,
    pub provider: Option<Provider>,
}

impl Setup {
    pub async fn start() -> Self {
        Self::with(&meters(), |_| {}).await
    }

    pub async fn with(meters: &[Meter], change: impl FnOnce(&mut Config)) -> Self {
        let chain = Arc::new(MemoryChain::new(meters));
        chain.open_deal(1, 2, 1_000_000);
        let (home, upstream) = (TempDir::new().unwrap(), Upstream::start().await);
        let mut config = config(&home, upstream.address);
        change(&mut config);
        let provider = Some(Provider::start(config.clone(), chain.clone()).await.unwrap());
        Self {
            home,
            chain,
            upstream,
            config,
            provider,
        }
    }

    pub async fn restart(&mut self) {
        self.provider.take().unwrap().stop().await;
        self.provider = Some(
            Provider::start(self.config.clone(), self.chain.clone())
                .await
                .unwrap(),
        );
    }

    pub fn http(&self) -> SocketAddr {
        self.provider.as_ref().unwrap().http
    }

    pub async fn vouchers(&self) -> VouchersClient<Channel> {
        let address = self.provider.as_ref().unwrap().vouchers;
        VouchersClient::connect(format!("http://{address}"))
            .await
            .unwrap()
    }

    pub async fn session(&self, deal: u64, number: u8) -> SessionResponse {
        let session_key = session_key(deal, number).public_key().as_bytes().to_vec().into();
        let request = SessionRequest {
            deal_id: deal,
            session_key,
        };
        self.vouchers().await.session(request).await.unwrap().into_inner()
    }
}

/// One session's hand-driven consumer.
pub struct Consumer {
    pub deal: u64,
    pub key: SigningKey,
    pub sequence: u64,
    pub client: Client<HttpConnector, Full<Bytes>>,
    pub http: SocketAddr,
}

impl Consumer {
    pub fn new(setup: &Setup, deal: u64, number: u8) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            deal,
            key: session_key(deal, number),
            sequence: 0,
            client,
            http: setup.http(),
        }
    }

    /// The same over HTTP/2.
    pub fn h2(mut self) -> Self {
        self.client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        self
    }

    /// The next voucher, with any counters.
    pub fn sign(&mut self, counters: &[u64]) -> SignedVoucher {
        self.sequence += 1;
        self.sign_as(CHAIN_ID, self.sequence, counters)
    }

    pub fn sign_as(&self, chain_id: &str, sequence: u64, counters: &[u64]) -> SignedVoucher {
        let voucher = Voucher {
            chain_id: chain_id.into(),
            deal_id: self.deal,
            session_key: self.key.public_key().as_bytes().to_vec().into(),
            sequence,
            counters: counters.to_vec(),
            rating: 0,
        };
        voucher::sign(&self.key, &voucher).unwrap()
    }

    /// GET with the next voucher.
    pub async fn get(&mut self, path: &str, counters: &[u64]) -> Response<Incoming> {
        let signed = self.sign(counters);
        self.get_with(path, &signed).await
    }

    pub async fn get_with(&self, path: &str, signed: &SignedVoucher) -> Response<Incoming> {
        self.send(self.request(path, signed).body(Full::default()).unwrap())
            .await
    }

    pub fn request(&self, path: &str, signed: &SignedVoucher) -> http::request::Builder {
        let header = wire::voucher_header(signed).unwrap();
        Request::get(format!("http://{}{path}", self.http)).header(wire::VOUCHER, header)
    }

    pub async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        tokio::time::timeout(SOON, self.client.request(request))
            .await
            .unwrap()
            .unwrap()
    }

    pub async fn submit(&mut self, setup: &Setup, counters: &[u64]) -> Result<SubmitResponse, tonic::Status> {
        let voucher = Some(self.sign(counters));
        let answer = setup.vouchers().await.submit(SubmitRequest { voucher }).await;
        answer.map(tonic::Response::into_inner)
    }
}

/// Status, body and counters metered, of a whole answer.
pub async fn whole(response: Response<Incoming>) -> (StatusCode, Bytes, Option<Vec<u64>>) {
    let (head, body) = response.into_parts();
    let collected = tokio::time::timeout(SOON, body.collect()).await.unwrap().unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let metered = counters(&trailers).or_else(|| counters(&head.headers));
    (head.status, collected.to_bytes(), metered)
}

fn counters(headers: &HeaderMap) -> Option<Vec<u64>> {
    let text = headers.get(wire::METERED)?.to_str().unwrap();
    Some(text.split(',').map(|n| n.parse().unwrap()).collect())
}

/// The reason of a refusal.
pub async fn refusal(response: Response<Incoming>) -> (StatusCode, wire::RefusalBody) {
    let (status, body, metered) = whole(response).await;
    assert_eq!(metered, None, "a refusal is not metered");
    (
        status,
        serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status} {body:?}")),
    )
}

/// Looks again until it holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds().await {
        assert!(start.elapsed() < SOON, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Bytes of a voucher header for raw sockets.
pub fn header_text(signed: &SignedVoucher) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(signed.encode_to_vec())
}
