//! `GET /.well-known/slsbft/throughput?bytes=N`: bytes for auditors to measure bandwidth by, see
//! `docs/auditing.md`. They are free, so nobody gets many of them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use parking_lot::Mutex;
use rand::RngCore;
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;

use super::refusal::Refusal;
use crate::{
    auditor::probe::throughput::{MOST, PATH},
    metering::server::{Body, BodyError},
    serving::owner,
};

/// Answers under way.
const PLACES: usize = 64;
/// Longest that one may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Addresses remembered.
const ADDRESSES: usize = 10_000;
const PART: usize = 64 << 10;
const MINUTE: Duration = Duration::from_secs(60);

/// Serves samples of throughput.
pub struct Throughput {
    /// Bytes a minute for one address; 0 serves none.
    per_minute: u64,
    /// What each address may still have, and since when.
    left: Mutex<BTreeMap<IpAddr, (u64, Instant)>>,
    places: Arc<Semaphore>,
    part: Bytes,
}

impl Throughput {
    pub fn new(per_minute: u64) -> Self {
        // Nothing on the way can make it shorter.
        let mut part = vec![0; PART];
        rand::thread_rng().fill_bytes(&mut part);
        Self {
            per_minute,
            left: Mutex::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            part: part.into(),
        }
    }

    /// The answer to a request for a sample; `None` if it is another request.
    pub fn answer(
        &self,
        request: &Request<Incoming>,
        peer: SocketAddr,
    ) -> Option<Result<Response<Body>, Refusal>> {
        let asked = request.uri().path() == PATH && request.method() == Method::GET;
        (asked && self.per_minute > 0).then(|| self.serve(bytes(request.uri().query()), peer.ip()))
    }

    fn serve(&self, bytes: u64, to: IpAddr) -> Result<Response<Body>, Refusal> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Refusal::Busy)?;
        if !self.grant(bytes, to, Instant::now()) {
            return Err(Refusal::Busy);
        }
        let (parts, received) = mpsc::channel(1);
        let part = self.part.clone();
        // A task of its own, so that who does not read is cut off in time.
        tokio::spawn(async move {
            let _ = timeout(LONGEST, send(part, bytes, parts)).await;
            drop(place);
        });
        let mut response = Response::new(StreamBody::new(ReceiverStream::new(received)).boxed_unsync());
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }

    /// Takes so many bytes from what an address may have.
    fn grant(&self, bytes: u64, to: IpAddr, now: Instant) -> bool {
        // A proxy on this machine speaks for many, and has to limit them itself.
        let Some(owner) = owner(to) else { return true };
        let mut all = self.left.lock();
        if all.len() >= ADDRESSES {
            all.retain(|_, (left, since)| self.filled(*left, *since, now) < self.per_minute);
        }
        if all.len() >= ADDRESSES && !all.contains_key(&owner) {
            return false;
        }
        let entry = all.entry(owner).or_insert((self.per_minute, now));
        *entry = (self.filled(entry.0, entry.1, now), now);
        match entry.0.checked_sub(bytes) {
            Some(left) => {
                entry.0 = left;
                true
            }
            None => false,
        }
    }

    fn filled(&self, left: u64, since: Instant, now: Instant) -> u64 {
        let gone = now.saturating_duration_since(since).min(MINUTE).as_millis() as u64;
        let more = self.per_minute.saturating_mul(gone) / MINUTE.as_millis() as u64;
        left.saturating_add(more).min(self.per_minute)
    }
}

/// How many are asked for, within bounds.
fn bytes(query: Option<&str>) -> u64 {
    let mut pairs = query.unwrap_or_default().split('&');
    let value = pairs.find_map(|pair| pair.strip_prefix("bytes="));
    value.and_then(|text| text.parse().ok()).unwrap_or(MOST).min(MOST)
}

async fn send(part: Bytes, mut bytes: u64, parts: mpsc::Sender<Result<Frame<Bytes>, BodyError>>) {
    while bytes > 0 {
        let next = part.slice(..part.len().min(usize::try_from(bytes).unwrap_or(usize::MAX)));
        bytes -= next.len() as u64;
        if parts.send(Ok(Frame::data(next))).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_so_much_a_minute_and_others_get_as_much() {
        let served = Throughput::new(3 * MOST);
        let (one, other) = (IpAddr::from([8, 8, 8, 8]), IpAddr::from([9, 9, 9, 9]));
        let now = Instant::now();
        assert!((0..3).all(|_| served.grant(MOST, one, now)));
        assert!(!served.grant(MOST, one, now));
        assert!(served.grant(MOST, other, now));
        assert!(!served.grant(MOST, one, now + Duration::from_secs(10)));
        assert!(served.grant(MOST, one, now + Duration::from_secs(30)));
        assert!(!served.grant(MOST, one, now + Duration::from_secs(30)));
        // Never more than a minute's.
        let later = now + Duration::from_secs(3_600);
        assert!((0..3).all(|_| served.grant(MOST, one, later)));
        assert!(!served.grant(MOST, one, later));
    }

    #[test]
    fn what_is_remembered_of_addresses_is_bounded() {
        let served = Throughput::new(MOST);
        let now = Instant::now();
        let address = |n: usize| IpAddr::from([8, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
        let granted = (0..ADDRESSES + 500)
            .filter(|n| served.grant(1, address(*n), now))
            .count();
        assert_eq!(granted, ADDRESSES);
        assert!(
            served.grant(1, address(ADDRESSES), now + MINUTE),
            "what is full again is forgotten"
        );
        assert!(served.left.lock().len() < 10);
    }

    #[test]
    fn a_query_asks_for_at_most_a_sample() {
        assert_eq!(bytes(Some("bytes=65536")), 65_536);
        assert_eq!(bytes(Some("x=1&bytes=99999999999")), MOST);
        assert_eq!(bytes(Some("bytes=-1")), MOST);
        assert_eq!(bytes(None), MOST);
    }
}
