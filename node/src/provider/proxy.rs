//! What happens to one HTTP request: its voucher is taken, it is admitted,
//! passed to the upstream, and answered once the voucher is durable.

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderValue, Method, Request, Response, Version, header};
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    body,
    book::Book,
    config::Config,
    intake::{Intake, Purpose},
    refusal::Refusal,
    throughput::Throughput,
    upstream::Upstream,
    usage::Usage,
};
use crate::metering::{
    headers,
    server::{Body, Handler},
    voucher::ShapedVoucher,
    wire,
};

/// Everything a request needs.
pub struct Proxy {
    config: Config,
    book: Arc<Book>,
    intake: Intake,
    upstream: Arc<Upstream>,
    throughput: Throughput,
    places: Arc<Semaphore>,
}

impl Proxy {
    pub fn new(config: Config, book: Arc<Book>, intake: Intake) -> Self {
        let places = config.limits.in_flight.min(Semaphore::MAX_PERMITS);
        Self {
            upstream: Arc::new(Upstream::new(config.clone())),
            throughput: Throughput::new(config.limits.throughput_per_minute),
            config,
            book,
            intake,
            places: Arc::new(Semaphore::new(places)),
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
        if request.method() == Method::CONNECT || headers::asks_upgrade(request.headers()) {
            return Err(Refusal::Unsupported);
        }
        let limit = self.config.limits.request_body;
        if request.body().size_hint().lower() > limit {
            return Err(Refusal::TooLarge(limit));
        }
        let signed = wire::read_voucher(request.headers())?;
        let voucher = ShapedVoucher::new(signed)?;
        let session = voucher.session;
        let entry = self.book.find(voucher.deal_id, &session).await?;
        let accepted = self
            .intake
            .offer(voucher, entry.clone(), Purpose::Request)?
            .accepted()
            .await?;
        let usage = Usage::admit(&self.book, entry, session, &self.config).await?;

        // A task of its own: what the upstream has been asked is charged when it
        // answers, also if the consumer has hung up meanwhile.
        let (upstream, asking) = (self.upstream.clone(), usage.clone());
        let asked = tokio::spawn(async move { (upstream.ask(request, peer, asking).await, place) });
        let (answer, place) = asked.await.map_err(|_| Refusal::Busy)?;
        // The answer acknowledges the voucher, so it waits for the disk; most of
        // that time went by while the upstream was at work.
        accepted.durable().await?;
        Ok(self.answer(answer?, usage, place))
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
        let bounds = self.upstream.bounds(self.config.limits.response_body);
        Response::from_parts(
            head,
            body::response(source, usage, bounds, length.is_none(), place),
        )
    }
}

impl Handler for Proxy {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let proofs = self.config.proofs.as_ref();
        if let Some(proof) = proofs.and_then(|proofs| proofs.answer(&request)) {
            return proof;
        }
        let answer = match self.throughput.answer(&request, peer) {
            Some(sample) => sample,
            None => self.try_serve(request, peer).await,
        };
        answer.unwrap_or_else(Refusal::into_response)
    }
}
