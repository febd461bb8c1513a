//! What happens to one HTTP request: its voucher is taken, it is admitted,
//! passed to the upstream, and answered once the voucher is durable.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, Version, header, uri};
use hyper::body::{Body as _, Incoming};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    body::{self, Bounds},
    book::Book,
    config::Config,
    intake::{Intake, Purpose},
    refusal::Refusal,
    usage::Usage,
};
use crate::metering::{
    headers,
    server::{Body, Handler},
    voucher::ShapedVoucher,
    wire,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Largest head of an upstream's answer.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// Everything a request needs.
pub struct Proxy {
    config: Config,
    book: Arc<Book>,
    intake: Intake,
    upstream: Client<HttpConnector, Body>,
    places: Arc<Semaphore>,
}

impl Proxy {
    pub fn new(config: Config, book: Arc<Book>, intake: Intake) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(config.limits.connect_timeout));
        connector.set_nodelay(true);
        let upstream = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(MAX_HEAD)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEAD as u32)
            .http2_only(config.upstream_h2)
            .build(connector);
        let places = Arc::new(Semaphore::new(config.limits.in_flight));
        Self {
            config,
            book,
            intake,
            upstream,
            places,
        }
    }

    async fn try_serve(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Refusal> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Refusal::Busy)?;
        if request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE) {
            return Err(Refusal::Unsupported);
        }
        let limit = self.config.limits.request_body;
        if request.body().size_hint().lower() > limit {
            return Err(Refusal::TooLarge(limit));
        }
        let signed = wire::read_voucher(request.headers())?;
        let voucher = ShapedVoucher::new(signed, self.book.chain_id())?;
        let session = voucher.session;
        let entry = self.book.find(voucher.deal_id, &session).await?;
        let accepted = self
            .intake
            .offer(voucher, entry.clone(), Purpose::Request)?
            .accepted()
            .await?;
        let usage = Usage::admit(&self.book, entry, session, &self.config).await?;

        let forwarded = self.forward(request, peer, usage.clone()).await;
        // The answer acknowledges the voucher, so it waits for the disk; most of
        // that time went by while the upstream was at work.
        accepted.durable().await?;
        Ok(self.answer(forwarded?, usage, place))
    }

    /// Sends the request on and waits for the head of the answer.
    async fn forward(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        usage: Arc<Usage>,
    ) -> Result<Response<Incoming>, Refusal> {
        let limits = &self.config.limits;
        let (mut head, source) = request.into_parts();
        let trailers = headers::takes_trailers(&head.headers);
        forwarded_headers(&mut head, peer);
        headers::strip(&mut head.headers);
        if trailers {
            head.headers
                .insert(header::TE, HeaderValue::from_static("trailers"));
        }
        head.headers
            .insert(wire::DEAL, HeaderValue::from(usage.deal_id()));
        if let Ok(session) = HeaderValue::try_from(hex::encode(usage.session())) {
            head.headers.insert(wire::SESSION, session);
        }
        head.uri = target(&self.config.upstream, &head.uri)?;
        head.version = if self.config.upstream_h2 {
            Version::HTTP_2
        } else {
            Version::HTTP_11
        };

        let bounds = self.bounds(limits.request_body);
        let (refuse, mut refused) = oneshot::channel();
        let body = body::request(source, usage.clone(), bounds, refuse);
        let started = Instant::now();
        // A body that waits for payment may take as long as that.
        let patience = limits.upstream_timeout + limits.pay_timeout;
        let sent = self.upstream.request(Request::from_parts(head, body));
        let answer = tokio::time::timeout(patience, sent).await;
        if let Ok(refusal) = refused.try_recv() {
            return Err(refusal);
        }
        let answer = answer.map_err(|_| Refusal::UpstreamTimeout(patience.as_secs()))?;
        let answer = answer.map_err(|error| Refusal::UpstreamFailed(cause(&error)))?;
        usage.answered();
        usage.waited(started.elapsed());
        Ok(answer)
    }

    fn answer(
        &self,
        answer: Response<Incoming>,
        usage: Arc<Usage>,
        place: OwnedSemaphorePermit,
    ) -> Response<Body> {
        let (mut head, source) = answer.into_parts();
        let length = source.size_hint().exact();
        headers::strip(&mut head.headers);
        head.version = Version::default();
        let metered = usage.metered(length.unwrap_or(0));
        head.headers
            .insert(wire::METERED, wire::counters_header(&metered));
        head.headers
            .insert(wire::CREDIT, wire::counters_header(&usage.credit()));
        if length.is_none() {
            head.headers
                .insert(header::TRAILER, HeaderValue::from_static("x-slsbft-metered"));
        }
        let bounds = self.bounds(self.config.limits.response_body);
        Response::from_parts(
            head,
            body::response(source, usage, bounds, length.is_none(), place),
        )
    }

    fn bounds(&self, bytes: u64) -> Bounds {
        let limits = &self.config.limits;
        Bounds {
            bytes,
            idle: limits.upstream_timeout,
            deadline: Instant::now() + limits.total_timeout,
        }
    }
}

impl Handler for Proxy {
    async fn handle(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        self.try_serve(request, peer)
            .await
            .unwrap_or_else(Refusal::into_response)
    }
}

/// Tells the upstream who asked; what the client claims about that goes.
fn forwarded_headers(head: &mut http::request::Parts, peer: SocketAddr) {
    let host = head.headers.remove(header::HOST);
    let host = match head.uri.authority() {
        Some(authority) => HeaderValue::try_from(authority.as_str()).ok(),
        None => host,
    };
    head.headers.remove(FORWARDED_HOST);
    if let Some(host) = host {
        head.headers.insert(FORWARDED_HOST, host);
    }
    if let Ok(peer) = HeaderValue::try_from(peer.ip().to_string()) {
        head.headers.insert(FORWARDED_FOR, peer);
    }
    head.headers
        .insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
}

/// The upstream's address with its path prefix, and the request's path and query.
fn target(upstream: &Uri, asked: &Uri) -> Result<Uri, Refusal> {
    let prefix = upstream.path().trim_end_matches('/');
    let asked = asked.path_and_query().map_or("/", uri::PathAndQuery::as_str);
    // `OPTIONS *` asks about the server itself, which is not what is sold.
    if !asked.starts_with('/') {
        return Err(Refusal::Unsupported);
    }
    let path = format!("{prefix}{asked}");
    let mut parts = upstream.clone().into_parts();
    parts.path_and_query = Some(path.parse().map_err(|_| Refusal::Unsupported)?);
    Uri::from_parts(parts).map_err(|_| Refusal::Unsupported)
}

/// The last cause of an error: the one that says what happened.
fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_to_its_path_below_the_upstreams_prefix() {
        let to = |upstream: &str, asked: &str| {
            target(&upstream.parse().unwrap(), &asked.parse().unwrap())
                .unwrap()
                .to_string()
        };
        assert_eq!(to("http://a:1", "/x?y=1"), "http://a:1/x?y=1");
        assert_eq!(to("http://a:1/api/", "/x"), "http://a:1/api/x");
        assert_eq!(to("http://a:1", "http://evil/x"), "http://a:1/x");
        assert!(target(&"http://a:1".parse().unwrap(), &"*".parse().unwrap()).is_err());
    }
}
