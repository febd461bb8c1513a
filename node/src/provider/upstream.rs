//! The way to the upstream, until the head of its answer.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderName, HeaderValue, Request, Response, Uri, Version, header, request, uri};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

use super::{
    body::{self, Bounds},
    config::Config,
    refusal::Refusal,
    usage::Usage,
};
use crate::metering::{headers, server::Body, upload, wire};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Largest head of an upstream's answer.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// The service behind the gateway.
pub struct Upstream {
    config: Config,
    client: Client<HttpConnector, Body>,
}

impl Upstream {
    pub fn new(config: Config) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(config.limits.connect_timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(MAX_HEAD)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEAD as u32)
            .http2_only(config.upstream_h2)
            .build(connector);
        Self { config, client }
    }

    /// Sends a request on and waits for the head of the answer, from which on it
    /// is charged.
    pub async fn ask(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        usage: Arc<Usage>,
    ) -> Result<Response<Incoming>, Refusal> {
        let (mut head, source) = request.into_parts();
        self.address(&mut head, peer, &usage)?;
        let (refuse, mut refused) = oneshot::channel();
        let (progress, parts) = watch::channel(());
        let bounds = self.bounds(self.config.limits.request_body);
        let body = body::request(source, usage.clone(), bounds, refuse, progress);
        let sent = self.client.request(Request::from_parts(head, body));
        let answer = self.head(sent, parts, &usage).await;
        if let Ok(refusal) = refused.try_recv() {
            return Err(refusal);
        }
        let answer = answer?.map_err(|error| Refusal::UpstreamFailed(cause(&error)))?;
        usage.answered();
        Ok(answer)
    }

    /// Waits while the body is on its way, and then, on the session's time, for
    /// the head of the answer.
    async fn head<T>(
        &self,
        sent: impl Future<Output = T>,
        parts: watch::Receiver<()>,
        usage: &Usage,
    ) -> Result<T, Refusal> {
        let limits = &self.config.limits;
        tokio::pin!(sent);
        tokio::select! {
            biased;
            answer = &mut sent => return Ok(answer),
            // A part that waits for payment may take as long as that.
            passed = upload::passed(parts, limits.upstream_timeout + limits.pay_timeout) => {
                passed.map_err(|stalled| Refusal::UpstreamTimeout(stalled.0.as_secs()))?;
            }
        }
        let patience = limits.upstream_timeout;
        let answer = usage.wait(timeout(patience, sent)).await?;
        answer.map_err(|_| Refusal::UpstreamTimeout(patience.as_secs()))
    }

    /// Makes a request's head one for the upstream.
    fn address(&self, head: &mut request::Parts, peer: SocketAddr, usage: &Usage) -> Result<(), Refusal> {
        let trailers = headers::takes_trailers(&head.headers);
        forwarded_headers(head, peer);
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
        Ok(())
    }

    /// Bounds on a body of at most so many bytes that begins now.
    pub fn bounds(&self, bytes: u64) -> Bounds {
        let limits = &self.config.limits;
        Bounds {
            bytes,
            idle: limits.upstream_timeout,
            deadline: Instant::now() + limits.total_timeout,
        }
    }
}

/// Tells the upstream who asked; what the client claims about that goes.
fn forwarded_headers(head: &mut request::Parts, peer: SocketAddr) {
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
