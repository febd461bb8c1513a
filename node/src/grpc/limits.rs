//! What every request passes through: bounds on requests at once, on what one
//! client has of them and on the time of each, the height header, and metrics.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{Request, State as Extract},
    middleware::Next,
};
use http::{HeaderMap, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status};

use super::{
    state::State,
    status::{HEIGHT, set_height},
};
use crate::{
    metrics::Metrics,
    serving::{Guarded, Peer, Share, Shares},
};

/// The one method that waits by design; it costs next to nothing while it does.
pub(super) const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Methods whose answers may be whole blocks or whose work is a search: each
/// costs consensus' process time, and both of us memory.
const HEAVY: [&str; 4] = [
    "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight",
    "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock",
    "/cosmos.tx.v1beta1.Service/GetBlockWithTxs",
    "/cosmos.tx.v1beta1.Service/GetTxsEvent",
];
/// A full block takes some 150 MB on its way through this process, and a search
/// some 400 MB in consensus'.
const HEAVY_AT_ONCE: usize = 4;

/// What a request holds until its answer is sent.
struct Place {
    _one: OwnedSemaphorePermit,
    heavy: Option<OwnedSemaphorePermit>,
    _shares: Vec<Share>,
}

pub(super) struct Limits {
    requests: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    shares: Arc<Shares>,
    heavy_shares: Arc<Shares>,
    timeout: Duration,
    state: Arc<dyn State>,
    metrics: Arc<Metrics>,
    /// Paths of the methods served. Others share one label, since labels cost memory.
    methods: BTreeSet<String>,
}

impl Limits {
    pub(super) fn new(
        max_requests: usize,
        timeout: Duration,
        state: Arc<dyn State>,
        metrics: Arc<Metrics>,
        methods: BTreeSet<String>,
    ) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(max_requests)),
            heavy: Arc::new(Semaphore::new(HEAVY_AT_ONCE)),
            shares: Shares::of(max_requests),
            heavy_shares: Shares::of(HEAVY_AT_ONCE),
            timeout,
            state,
            metrics,
            methods,
        }
    }

    fn place(&self, request: &Request) -> Result<Place, Status> {
        let full = |what| Status::resource_exhausted(format!("{what}; try again, or ask another node"));
        let one = self.requests.clone().try_acquire_owned();
        let one = one.map_err(|_| full("too many requests at once"))?;
        let heavy = if HEAVY.contains(&request.uri().path()) {
            let permit = self.heavy.clone().try_acquire_owned();
            Some(permit.map_err(|_| full("too many requests for blocks and searches at once"))?)
        } else {
            None
        };
        let mut shares = Vec::new();
        if let Some(peer) = request.extensions().get::<Peer>() {
            let of = [Some(&self.shares), heavy.as_ref().map(|_| &self.heavy_shares)];
            for part in of.into_iter().flatten() {
                let share = part.take(peer.0);
                shares.push(share.ok_or_else(|| full("too many requests at once from your address"))?);
            }
        }
        Ok(Place {
            _one: one,
            heavy,
            _shares: shares,
        })
    }

    async fn bounded(&self, request: Request, next: Next) -> Response<Body> {
        if request.uri().path() == WATCH {
            return next.run(request).await;
        }
        let place = match self.place(&request) {
            Ok(place) => place,
            Err(status) => return status.into_http(),
        };
        let wanted = client_timeout(request.headers()).unwrap_or(Duration::MAX);
        let heavy = place.heavy.is_some();
        // An answer that waits to be taken costs memory as a running request does.
        let answer = async move { Guarded::wrap(next.run(request).await, place) };
        let patience = self.timeout.min(wanted);
        let answered = if heavy {
            // A task of its own: consensus goes on with what it was asked, whoever has
            // hung up or lost patience meanwhile, and until then there is no place.
            let answer = tokio::spawn(answer);
            tokio::time::timeout(patience, answer)
                .await
                .map(|answer| answer.unwrap_or_else(|_| Status::internal("the request failed").into_http()))
        } else {
            tokio::time::timeout(patience, answer).await
        };
        match answered {
            Ok(response) => response,
            Err(_) => {
                Status::deadline_exceeded("the request took too long; ask for less at once, or try again")
                    .into_http()
            }
        }
    }
}

/// The middleware itself.
pub(super) async fn guard(
    Extract(limits): Extract<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let started = Instant::now();
    let method = limits
        .methods
        .get(request.uri().path())
        .map_or("unknown", String::as_str);
    let mut response = limits.bounded(request, next).await;
    if !response.headers().contains_key(HEIGHT) {
        set_height(response.headers_mut(), limits.state.latest().block.height);
    }
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
    limits
        .metrics
        .grpc(method, &format!("{code:?}"), started.elapsed());
    response
}

/// `grpc-timeout`: up to eight digits and a unit.
fn client_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (amount, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if amount.len() > 8 {
        return None;
    }
    let amount: u64 = amount.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount.saturating_mul(3600))),
        "M" => Some(Duration::from_secs(amount.saturating_mul(60))),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_timeout_is_read_in_every_unit_and_nonsense_is_ignored() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", http::HeaderValue::from_static(text));
            client_timeout(&headers)
        };
        assert_eq!(read("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(read("15S"), Some(Duration::from_secs(15)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        for nonsense in ["", "S", "-1S", "123456789S", "5x", "5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
